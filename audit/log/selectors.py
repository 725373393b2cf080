"""Named reads of the log: its tiles and entries, and proofs made from them."""

from functools import cache
from typing import Final

from django.db import connection

from audit import merkle
from audit.log import tiles
from audit.log.errors import OutsideLog
from audit.log.models import Checkpoint, Log
from audit.merkle import HASH_SIZE

# One statement, one moment: a tile that becomes full moves from the edge to the tiles.
_TILE: Final = """
SELECT hashes FROM audit_tile WHERE log = %(log)s AND level = %(level)s AND n = %(n)s
UNION ALL
SELECT hashes FROM audit_edge WHERE log = %(log)s AND level = %(level)s AND n = %(n)s
LIMIT 1
"""

_ENTRIES: Final = """
SELECT body FROM audit_position JOIN audit_event ON audit_event.seq = audit_position.ref
WHERE feed = 1 AND n > %s AND n <= %s ORDER BY n
"""


def logs() -> list[Log]:
    """All logs, the oldest first."""
    return list(Log.objects.all())


def current() -> Log:
    """The log that grows."""
    return Log.objects.latest("number")


def log_of(position: int) -> Log:
    """The log in which the event at this position of the feed (from 1) is a leaf, now or soon."""
    return Log.objects.filter(base__lt=position).latest("number")


def log_by_number(number: int) -> Log:
    """One log.

    Raises:
        OutsideLog: there is none with this number.
    """
    if (log := Log.objects.filter(number=number).first()) is None:
        raise OutsideLog(f"There is no log {number}.")
    return log


def tile(log: Log, level: int, n: int, width: int = tiles.WIDTH) -> bytes:
    """The first `width` hashes of a tile, one behind the other.

    Raises:
        OutsideLog: the tile has fewer, or does not exist.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TILE, {"log": log.number, "level": level, "n": n})
        row = cursor.fetchone()
    hashes = bytes(row[0]) if row else b""
    if not 0 < width * HASH_SIZE <= len(hashes):
        raise OutsideLog(f"Tile {n} of level {level} has {len(hashes) // HASH_SIZE} hashes, not {width}.")
    return hashes[: width * HASH_SIZE]


def entries(log: Log, n: int, width: int = tiles.WIDTH) -> list[bytes]:
    """The bytes of the leaves from 256 n on, `width` of them.

    Raises:
        OutsideLog: the log does not have that many yet.
    """
    first = n * tiles.WIDTH
    if not 0 < width <= tiles.width_of(log.size, 0, n):
        raise OutsideLog(f"Log {log.number} has no {width} entries from {first} on.")
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [log.base + first, log.base + first + width])
        return [bytes(body) for (body,) in cursor.fetchall()]


def root_at(log: Log, size: int) -> bytes:
    """The root of the log when it had this size, computed from its tiles.

    Raises:
        OutsideLog: the log is smaller.
    """
    _require(log, size)
    return merkle.range_hash(0, size, _subtrees(log))


def inclusion(log: Log, index: int, size: int) -> list[bytes]:
    """The proof that the leaf at `index` is in the tree of `size` leaves.

    Raises:
        OutsideLog: the log is smaller, or the leaf is not in that tree.
    """
    _require(log, size)
    if not 0 <= index < size:
        raise OutsideLog(f"Leaf {index} is not among the first {size}.")
    return merkle.inclusion_proof(index, size, _subtrees(log))


def consistency(log: Log, size1: int, size2: int) -> list[bytes]:
    """The proof that the tree of `size1` leaves is the beginning of that of `size2`.

    Raises:
        OutsideLog: the log is smaller, or the first is the larger one.
    """
    _require(log, size2)
    if not 0 <= size1 <= size2:
        raise OutsideLog(f"A tree of {size2} leaves does not begin with one of {size1}.")
    return merkle.consistency_proof(size1, size2, _subtrees(log))


def newest_checkpoint(log: Log | None = None) -> Checkpoint | None:
    """The largest tree that was signed, of one log or of the current one."""
    number = (log or current()).number
    return Checkpoint.objects.filter(log=number).order_by("-size").first()


def checkpoint_covering(log: Log, index: int) -> Checkpoint | None:
    """The newest checkpoint of the log, if it covers the leaf."""
    newest = newest_checkpoint(log)
    return newest if newest is not None and newest.size > index else None


def position_of(seq: int) -> int | None:
    """The place in the feed (from 1) of an event by its `seq`; None while it has none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM audit_position WHERE feed = 1 AND ref = %s", [seq])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _subtrees(log: Log) -> merkle.Subtree:
    @cache
    def read(level: int, n: int) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute(_TILE, {"log": log.number, "level": level, "n": n})
            row = cursor.fetchone()
        if row is None:
            raise OutsideLog(f"Tile {n} of level {level} is not there.")
        return bytes(row[0])

    return tiles.subtrees(read)


def _require(log: Log, size: int) -> None:
    if not 0 <= size <= log.size:
        raise OutsideLog(f"Log {log.number} has {log.size} leaves, not {size}.")
