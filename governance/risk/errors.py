"""Refusals about assessments and overrides."""

from audit.refusals import Refusal


class CannotOverride(Refusal):
    """This class cannot be changed by hand. Assess the system again."""


class AlreadyProposed(Refusal):
    """The same has been proposed already and waits to be decided."""


class OverrideDecided(Refusal):
    """This has been decided or ended already."""


class NotTheNewest(Refusal):
    """There is a newer assessment of this system; act on that one."""


class DraftChanged(Refusal):
    """Somebody else has this draft now. Take it over to go on."""
