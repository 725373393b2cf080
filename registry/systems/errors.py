"""Refusals about AI systems."""

from audit.refusals import Refusal


class SlugTaken(Refusal):
    """Something with this slug exists already."""
