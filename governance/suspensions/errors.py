"""Refusals about suspensions."""

from audit.refusals import Refusal


class AlreadySuspended(Refusal):
    """It is suspended already."""


class AlreadyLifted(Refusal):
    """This suspension was lifted already."""


class LiftNotApproved(Refusal):
    """Lifting this suspension needs an approval that is signed and in force; ask for one first."""
