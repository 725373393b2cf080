"""Refusals about labels."""

from audit.refusals import Refusal


class NothingToWithdraw(Refusal):
    """There is no label in force here: there never was one, or it is withdrawn already."""


class LabelSuperseded(Refusal):
    """This label was superseded by a later one. Withdraw that."""
