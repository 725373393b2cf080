"""What the queue says no with."""

import datetime as dt

from audit.refusals import Refusal


class Leased(Refusal):
    """Somebody else is working on this review."""

    def __init__(self, until: dt.datetime | None = None, message: str = "") -> None:
        self.until = until
        super().__init__(message)


class LeaseLost(Refusal):
    """Your lease on this review has ended. What you typed is kept as your draft; take the review again."""


class TooManyLeases(Refusal):
    """You hold two reviews of this queue already. Decide or release one first."""


class TooManySkips(Refusal):
    """You have passed over too many reviews of this queue. Decide, escalate or release this one."""


class TooLate(Refusal):
    """This decision is final and cannot be taken back any more."""


class AlreadyDecided(Refusal):
    """This review is already decided."""


class AlreadyOpen(Refusal):
    """People are reviewing this prediction already."""


class IllegalTransition(Refusal):
    """This is not possible in the state that the review is in."""


class NotLeased(Refusal):
    """Nobody holds this review."""


class QueueExists(Refusal):
    """There is a queue with this slug already."""
