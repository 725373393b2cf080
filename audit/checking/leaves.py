"""Events one by one: bytes against index columns, places without gaps, leaves against tiles, openings."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.db import connection

from audit.canonical import commitment, utc_text
from audit.checking.findings import Findings
from audit.log import selectors, tiles
from audit.log.errors import OutsideLog
from audit.log.models import Log
from audit.merkle import HASH_SIZE, leaf_hash
from audit.verifier import Disproved, commitments_named, read_entry

Beat = Callable[[int, int], None]
"""Told how many events were checked, and of how many."""

_ROWS: Final = """
SELECT p.n, e.kind, e.actor, e.entity_type, e.entity_id, e.entity_version, e.system_id, e.at, e.body
FROM audit_position AS p LEFT JOIN audit_event AS e ON e.seq = p.ref
WHERE p.feed = 1 AND p.n > %s AND p.n <= %s ORDER BY p.n
"""
_STRAY_OPENINGS: Final = """
SELECT entity_type, entity_id, entity_version FROM audit_opening AS o WHERE NOT EXISTS (
    SELECT FROM audit_event AS e WHERE e.entity_type = o.entity_type AND e.entity_id = o.entity_id
        AND e.entity_version = o.entity_version)
LIMIT 1000
"""
_OPENINGS: Final = """
SELECT p.n, o.name, o.value, o.salt, e.body
FROM audit_position AS p JOIN audit_event AS e ON e.seq = p.ref
JOIN audit_opening AS o USING (entity_type, entity_id, entity_version)
WHERE p.feed = 1 AND p.n > %s AND p.n <= %s ORDER BY p.n, o.name
"""
_COLUMNS: Final = ("kind", "actor", "entity_type", "entity_id", "entity_version", "system", "at")


def check_leaves(findings: Findings, logs: Sequence[Log], *, after: int, upto: int, beat: Beat) -> None:
    """Check the events at positions after + 1 to `upto`, a tile at a time."""
    for log in logs:
        first, last = max(after, log.base), min(upto, log.base + log.size)
        for n in range((first - log.base) // tiles.WIDTH, -(-(last - log.base) // tiles.WIDTH)):
            start = log.base + n * tiles.WIDTH
            _check_tile(findings, log, n, max(start, first), min(start + tiles.WIDTH, last))
            beat(min(start + tiles.WIDTH, last) - after, upto - after)


def _check_tile(findings: Findings, log: Log, n: int, after: int, upto: int) -> None:
    start = log.base + n * tiles.WIDTH
    try:
        stored = selectors.tile(log, 0, n, upto - start)
    except OutsideLog as error:
        findings.add("TILE", f"Log {log.number}: {error}")
        stored = b""
    said: dict[int, dict[str, Any]] = {}
    expected = after + 1
    for position, *columns, body in _rows(after, upto):
        if position != expected:
            findings.add("POSITION", f"Positions {expected} to {position - 1} hold no event.")
        expected = position + 1
        if body is None:
            findings.add("EVENT_GONE", f"The event at position {position} is gone.")
            continue
        found = _check_event(findings, position, columns, bytes(body))
        if found is not None:
            said[position] = found
        at = (position - start - 1) * HASH_SIZE
        if stored and stored[at : at + HASH_SIZE] != leaf_hash(bytes(body)):
            findings.add("LEAF", f"The event at position {position} is not the leaf in the tree.")
    if expected != upto + 1:
        findings.add("POSITION", f"Positions {expected} to {upto} hold no event.")
    findings.counts["events"] += upto - after
    _check_openings(findings, after, upto, said)


def _rows(after: int, upto: int) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [after, upto])
        yield from cursor.fetchall()


def _check_event(
    findings: Findings, position: int, columns: Sequence[Any], body: bytes
) -> dict[str, Any] | None:
    try:
        said = read_entry(body, f"The event at position {position}")
    except Disproved as error:
        findings.add("ENTRY", str(error))
        return None
    kind, actor, type_, id_, version, system, at = columns
    indexed = (kind, actor, type_, str(id_), version, system and str(system), utc_text(at))
    for name, value in zip(_COLUMNS, indexed, strict=True):
        if said[name] != value:
            findings.add("COLUMN", f"Position {position}: the column of {name} is not what the bytes say.")
    return said


def check_stray_openings(findings: Findings) -> None:
    """Openings that belong to no event: what they open was put aside, or is not what was committed to."""
    with connection.cursor() as cursor:
        cursor.execute(_STRAY_OPENINGS)
        for entity_type, entity_id, version in cursor.fetchall():
            findings.add(
                "OPENING", f"An opening is of version {version} of {entity_type}:{entity_id}; no event."
            )


def _check_openings(findings: Findings, after: int, upto: int, said: dict[int, dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OPENINGS, [after, upto])
        rows = cursor.fetchall()
    for position, name, value, salt, _ in rows:
        findings.counts["openings"] += 1
        if position not in said:
            continue
        digest = commitment(value.encode(), bytes(salt)).hex() if len(bytes(salt)) == 32 else ""
        if digest not in commitments_named(said[position]["details"], name):
            findings.add("OPENING", f"The opening {name!r} of the event at position {position} was changed.")
