"""Refusals about legal holds."""

from audit.refusals import Refusal


class AlreadyLifted(Refusal):
    """This hold has been lifted already."""
