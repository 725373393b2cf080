"""Refusals of repeated requests."""

from audit.refusals import Refusal


class IdempotencyConflict(Refusal):
    """This Idempotency-Key was used with another body. Use a new key for a new request."""


class IdempotencyInProgress(Refusal):
    """The first request with this Idempotency-Key is still running. Send it again in a moment."""
