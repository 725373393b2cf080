"""Refusals about the schema's fingerprint."""

from audit.refusals import Refusal


class NothingToExplain(Refusal):
    """The last change of the schema has its explanation."""
