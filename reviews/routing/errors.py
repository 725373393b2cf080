"""Refusals about routing policies."""

from audit.refusals import Refusal


class NotADraft(Refusal):
    """This policy is not a draft any more, so it does not change. Make a new draft."""
