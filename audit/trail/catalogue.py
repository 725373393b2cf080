"""Every kind of event there is: its sentence, its members, and what it is evidence of. Pure.

The tables in `declared` are the one place where a kind is described: pages, `docs/reference/events.md` and
the check of every event that the suite writes are made from them.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from audit.trail.declared import (
    access,
    approvals,
    erasures,
    gate,
    log,
    predictions,
    registry,
    releases,
    reviews,
    risk,
)
from audit.trail.declaring import Area, Member, Row

AREAS: Final[tuple[Area, ...]] = (
    access.AREA,
    registry.AREA,
    risk.AREA,
    approvals.POLICIES,
    approvals.REQUESTS,
    approvals.SUPPORT,
    gate.AREA,
    releases.POLICIES,
    predictions.AREA,
    reviews.AREA,
    releases.LABELS,
    erasures.AREA,
    log.AREA,
)

_ROWS: Final[Mapping[str, Row]] = MappingProxyType({row.kind: row for area in AREAS for row in area.rows})


def rows() -> Iterable[Row]:
    """All rows, in the order of the reference."""
    return _ROWS.values()


def row(kind: str) -> Row | None:
    """What is known of a kind; None for one that an older or newer version wrote."""
    return _ROWS.get(kind)


def anchor(kind: str) -> str:
    """Where the kind stands on the page of the reference."""
    return kind.replace(".", "-")


def explained(kind: str, details: Mapping[str, Any]) -> list[tuple[str, Any, Member | None]]:
    """The details of an event by name, each with what its member means, in the order of the reference.

    A member that is not declared comes last, and with None.
    """
    known = _ROWS.get(kind)
    members = {member.name: member for member in known.members} if known else {}
    names = [name for name in members if name in details] + [name for name in details if name not in members]
    return [(name, details[name], members.get(name)) for name in names]


def by_area(kinds: Iterable[str]) -> list[tuple[str, list[Row]]]:
    """Those of the kinds that have a row, under the titles of their areas."""
    wanted = set(kinds)
    found = [(area.title, [row for row in area.rows if row.kind in wanted]) for area in AREAS]
    return [(title, of_area) for title, of_area in found if of_area]


def faults(said: Mapping[str, Any]) -> list[str]:
    """What of an event, as read from its bytes, is not as declared; none: all is."""
    kind = str(said["kind"])
    declared = _ROWS.get(kind)
    if declared is None:
        return [f"{kind}: the kind has no row"]
    return [f"{kind}: {fault}" for fault in declared.faults(said["entity_type"], said["details"])]
