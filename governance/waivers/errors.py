"""Refusals about waivers."""

from audit.refusals import Refusal


class WaiverDecided(Refusal):
    """This waiver is decided or ended already."""
