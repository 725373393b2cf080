"""Adds the events that have a place in their feed to the tree: the second half of the sequencer's work.

The feed and the tree are two transactions. A crash between them leaves events that have their place and
are no leaves yet; the next call adds them, and their index follows from the place alone.
"""

from collections.abc import Sequence
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from audit.log import tiles
from audit.log.errors import LogBroken
from audit.log.models import TILE_BYTES, Log
from audit.merkle import HASH_SIZE
from audit.prepared import execute

BATCH: Final = 20_000

_WAITING = """
SELECT number FROM (
    SELECT number, base + log.size AS reached, coalesce(lead(base) OVER (ORDER BY number), feed.size) AS upto
    FROM audit_log AS log, audit_feedstate AS feed WHERE feed = 1
) AS logs WHERE reached < upto ORDER BY number LIMIT 1
"""

# The limit is where the next log begins: read under the lock, since a restart takes it too.
_UPTO = """
SELECT coalesce((SELECT min(base) FROM audit_log WHERE number > %s),
                (SELECT size FROM audit_feedstate WHERE feed = 1))
"""

# PostgreSQL hashes the leaves: their bytes need not come here.
_LEAVES = """
SELECT count(*), min(n), max(n), string_agg(sha256('\\x00'::bytea || body), ''::bytea ORDER BY n)
FROM (SELECT n, ref FROM audit_position WHERE feed = 1 AND n > %(after)s AND n <= %(upto)s ORDER BY n
      OFFSET 0) AS place
JOIN audit_event ON audit_event.seq = place.ref
"""

# Tiles travel as they are (`%b`): as text they would be twice as long and take four times as long.
_STORE_TILES = """
INSERT INTO audit_tile (log, level, n, hashes)
SELECT %s, level, n, hashes FROM unnest(%s::smallint[], %s::bigint[], %b::bytea[]) AS fresh (level, n, hashes)
"""

_STORE_EDGE = """
INSERT INTO audit_edge (log, level, n, hashes)
SELECT %s, level, n, hashes FROM unnest(%s::smallint[], %s::bigint[], %b::bytea[]) AS fresh (level, n, hashes)
ON CONFLICT (log, level) DO UPDATE SET n = excluded.n, hashes = excluded.hashes
"""


def grow() -> int:
    """Add the oldest waiting events to their log; answer how many that was (at most `BATCH`).

    Raises:
        LogBroken: a place is empty, or the edge does not belong to the size.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        if not (row := cursor.fetchone()):
            return 0
    with transaction.atomic():
        log = Log.objects.select_for_update().get(number=row[0])
        leaves = _leaves_behind(log)
        if leaves:
            _append(log, leaves)
    return len(leaves)


def _leaves_behind(log: Log) -> list[bytes]:
    """The hashes of the next events of a log, without a gap."""
    after = log.base + log.size
    with connection.cursor() as cursor:
        cursor.execute(_UPTO, [log.number])
        (limit,) = cursor.fetchone()
        upto = min(limit, after + BATCH)
        if upto <= after:
            return []
        cursor.execute(_LEAVES, {"after": after, "upto": upto})
        count, first, last, hashes = cursor.fetchone()
    if (count, first, last) != (upto - after, after + 1, upto):
        raise LogBroken(
            f"between positions {after + 1} and {upto} of the events {upto - after - count} are missing"
        )
    return tiles.hashes_of(bytes(hashes))


def _append(log: Log, leaves: Sequence[bytes]) -> None:
    edge, full = tiles.append(_edge_of(log), log.size, leaves)
    log.size += len(leaves)
    log.root, log.integrated_at = tiles.root_of(edge), timezone.now()
    if full:
        execute(
            _STORE_TILES,
            [log.number, [t.level for t in full], [t.n for t in full], [t.hashes for t in full]],
        )
    changed = {0, *(tile.level for tile in full), *(tile.level + 1 for tile in full)}
    levels = [level for level in sorted(edge) if level in changed]
    numbers = [(log.size >> (level * tiles.HEIGHT)) // tiles.WIDTH for level in levels]
    execute(_STORE_EDGE, [log.number, levels, numbers, [edge[level] for level in levels]])
    log.save(update_fields=["size", "root", "integrated_at"])


def _edge_of(log: Log) -> dict[int, bytes]:
    """The right edge of a log, which has to belong to its size."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, hashes FROM audit_edge WHERE log = %s", [log.number])
        edge = {level: bytes(hashes) for level, hashes in cursor.fetchall()}
    for level in range(max(edge, default=0) + 1):
        expected = (log.size >> (level * tiles.HEIGHT)) * HASH_SIZE % TILE_BYTES
        if len(edge.get(level, b"")) != expected:
            raise LogBroken(f"the right edge of log {log.number} does not belong to {log.size} leaves")
    return edge
