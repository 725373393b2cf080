"""Refusals of the gate. A denial is none: it is an answer."""

from audit.refusals import Refusal


class CannotSign(Refusal):
    """The key that signs receipts cannot be read, so the gate gives no answer."""

    retry_after = 30
