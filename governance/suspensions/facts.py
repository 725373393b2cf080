"""What suspensions ask the rooms below about a system: its class, and whether a lifting is approved."""

import datetime as dt
from typing import Final
from uuid import UUID

from governance.approvals.selectors import lifting_approved
from governance.risk.selectors import standing_of

DEMANDING: Final = frozenset({"prohibited", "high_risk", "exempt", "undetermined"})
"""Classes that demand an approval for lifting a suspension and, where intake enforces it, for every version.
Unknown never lowers: what is undetermined stands as high-risk."""


def class_of(system_id: UUID) -> str | None:
    """How a system is classified now; None: never."""
    found = standing_of(system_id)
    return str(found.class_) if found else None


def demands_approval(class_: str | None) -> bool:
    """Whether the class demands a signature before a version stands alone again."""
    return class_ in DEMANDING


def lifting_is_approved(suspension_id: UUID, now: dt.datetime) -> bool:
    """Whether an approval for lifting this suspension is in force."""
    return lifting_approved(suspension_id, now)
