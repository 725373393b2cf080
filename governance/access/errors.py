"""Refusals about people, roles and keys."""

from audit.refusals import Refusal


class EmailTaken(Refusal):
    """Somebody with this e-mail address has an account already."""


class AlreadyGranted(Refusal):
    """This person holds that role there already."""


class NotGranted(Refusal):
    """This person does not hold that role there."""


class AlreadyDeactivated(Refusal):
    """This account is deactivated already."""


class AlreadyRevoked(Refusal):
    """This key was revoked already."""


class LastAdministrator(Refusal):
    """Nobody else could administer then. Give the role to another person first."""


class KeyEnded(Refusal):
    """This key is unknown, expired or revoked."""
