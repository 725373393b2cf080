"""Refusals about delegations."""

from audit.refusals import Refusal


class DelegationEnded(Refusal):
    """This delegation has ended already."""
