"""How urgent a review item is: a number from 0 to 100 with visible parts, and its place in the queue. Pure.

The priority is fixed when the item is routed, and so is its place: `sort_at`. All items age alike, so an
urgent one overtakes only those that came up to `LONGEST_PATIENCE` before it, and nothing starves.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from reviews.routing.reasons import FLAGGED, TABLE, Kind

CANNOT_BE_JUDGED: Final = 40
"""A hold or a fail-safe: no rule vouches for this prediction at all."""
DISPUTED: Final = 30
"""Somebody says that an outcome in force is wrong."""
MOST_UNCERTAIN: Final = 30
"""The confidence is absent or 0; less in proportion to how far below its threshold it is."""
GRAVE_CLASS: Final = 20
"""Of a class that is always reviewed, or held to a higher threshold than others."""
CALLER_WAITS: Final = 10
"""No outcome stands until a person decides."""

_UNJUDGED: Final = frozenset(row.code for row in TABLE if row.kind in (Kind.FAILSAFE, Kind.HOLD))

MOST_URGENT: Final = 100
LONGEST_PATIENCE: Final = dt.timedelta(hours=1)


def priority_parts(
    reasons: Sequence[str], *, uncertainty: float = 0.0, grave_class: bool = False, blocks: bool = True
) -> Mapping[str, int]:
    """What makes an item urgent; only parts above 0.

    `uncertainty` from 0 to 1: how far below its threshold the confidence lies, as a share of the threshold.
    """
    parts: dict[str, int] = {}
    if not _UNJUDGED.isdisjoint(reasons):
        parts["failsafe"] = CANNOT_BE_JUDGED
    if FLAGGED in reasons:
        parts["dispute"] = DISPUTED
    if points := round(MOST_UNCERTAIN * uncertainty):
        parts["uncertainty"] = points
    if grave_class:
        parts["class"] = GRAVE_CLASS
    if blocks:
        parts["waits"] = CALLER_WAITS
    return parts


def priority_of(parts: Mapping[str, int]) -> int:
    """The sum of the parts, at most 100."""
    return min(MOST_URGENT, sum(parts.values()))


def patience(priority: int) -> dt.timedelta:
    """How much later an item of this priority may be taken than the most urgent one: an hour down to nothing.

    Raises:
        ValueError: not from 0 to 100.
    """
    if not 0 <= priority <= MOST_URGENT:
        raise ValueError(priority)
    return LONGEST_PATIENCE * (MOST_URGENT - priority) / MOST_URGENT


def sort_at(*, routed_at: dt.datetime, priority: int, due_at: dt.datetime) -> dt.datetime:
    """The stored place in the queue, earliest first; never later than `due_at`."""
    return min(routed_at + patience(priority), due_at)
