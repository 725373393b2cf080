"""The list of events that a page shows: newest first, filtered, in pages that begin where the last ended."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from audit.ids import first_at
from audit.trail.actors import Actor
from audit.trail.kinds import ROUTED
from audit.trail.models import Event
from audit.trail.selectors import CONDITIONS, Filter

WINDOW: Final = 200_000
"""Events that one page looks at where no index helps."""
AT_ONCE: Final = 500
"""Events that a file reads together."""
LATE: Final = 10_000
"""An event may stand so far from where its time would put it: ids are given before the commit."""

_CONDITIONS: Final = f"""
    {CONDITIONS}
    AND e.seq > %(low)s AND e.seq <= %(high)s
    AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)
"""
_WITHOUT_ROUTED: Final = f"AND e.kind <> '{ROUTED}'"
"""In the words of the partial indexes, or they would not be used."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list, newest first, and where the neighbouring pages begin (None: there is none)."""

    events: Sequence[Event]
    older_before: int | None
    newer_after: int | None


def listed(
    wanted: Filter,
    *,
    actor: Actor,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    routed: bool = False,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Listed:
    """Events by time, newest first. Without `routed` those of posted predictions are left out.

    `before` and `after` are sequence numbers that a page ended at.
    """
    lowest, highest = _bounds(since, until)
    low, high = max(lowest, after or 0), min(highest, (before or highest + 1) - 1)
    leaves_out = not routed and wanted.kind != ROUTED and wanted.entity is None
    looked_from, looked_to = low, high
    if not (leaves_out or wanted.entity or (wanted.actor is None and wanted.kind is None)):
        # Neither an index nor the order finds these soon enough; look at a part and offer the next.
        looked_from = max(low, high - WINDOW) if after is None else low
        looked_to = high if after is None else min(high, low + WINDOW)
    conditions = _CONDITIONS + (_WITHOUT_ROUTED if leaves_out else "")
    direction = "DESC" if after is None else "ASC"
    span = {"low": looked_from, "high": looked_to, "since": since, "until": until, "limit": limit + 1}
    found = list(
        Event.objects.raw(
            f"SELECT * FROM audit_event AS e WHERE {conditions} ORDER BY e.seq {direction} LIMIT %(limit)s",
            wanted.parameters(actor) | span,
        )
    )
    more, found = len(found) > limit, found[:limit]
    if after is not None:
        found.reverse()
        return Listed(found, found[-1].seq if found else after + 1, found[0].seq if more else None)
    older = found[-1].seq if more else looked_from + 1 if looked_from > low else None
    newer = found[0].seq if found and before is not None else None
    return Listed(found, older, newer)


def every(wanted: Filter, *, actor: Actor, **span: Any) -> Iterator[Event]:
    """All events that the filter finds, newest first, read page by page."""
    before: int | None = None
    while True:
        page = listed(wanted, actor=actor, before=before, limit=AT_ONCE, **span)
        yield from page.events
        if page.older_before is None:
            return
        before = page.older_before


def _bounds(since: dt.datetime | None, until: dt.datetime | None) -> tuple[int, int]:
    """Sequence numbers around a span of time, a little wider: exclusive below, inclusive above."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT seq FROM audit_event WHERE id >= %s ORDER BY id LIMIT 1),
                   (SELECT seq FROM audit_event WHERE id >= %s ORDER BY id LIMIT 1),
                   (SELECT max(seq) FROM audit_event)
            """,
            [first_at(since) if since else None, first_at(until) if until else None],
        )
        row = cursor.fetchone()
    assert row is not None  # it has no FROM
    first, last, newest = row
    newest = newest or 0
    lowest = 0 if since is None else max(0, (first if first is not None else newest) - LATE)
    return lowest, newest if last is None else min(newest, last + LATE)


def kinds_that_happened() -> list[str]:
    """Every kind there is an event of but the bulk's, by jumping from one to the next in the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE each AS (
                (SELECT kind FROM audit_event WHERE kind <> '{ROUTED}' ORDER BY kind LIMIT 1)
                UNION ALL
                SELECT (SELECT kind FROM audit_event WHERE kind <> '{ROUTED}' AND kind > each.kind
                        ORDER BY kind LIMIT 1)
                FROM each WHERE each.kind IS NOT NULL
            ) SELECT kind FROM each WHERE kind IS NOT NULL
            """
        )
        return [kind for (kind,) in cursor.fetchall()]
