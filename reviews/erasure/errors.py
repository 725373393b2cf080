"""Refusals about erasures."""

from audit.refusals import Refusal


class AlreadyAsked(Refusal):
    """The erasure of this data subject has been asked for already and is not done: see the list."""


class IllegalTransition(Refusal):
    """This is not possible in the state that the erasure is in."""
