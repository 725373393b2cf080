"""The log held against its definition: read by plain SQL and hashed here, without the code that grew it.

Trees are remembered outside the database, as an anchor is, and everything found later has to extend them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from audit import merkle

PLACES = """
SELECT place.n, place.ref, event.seq, event.body FROM audit_position AS place
FULL JOIN audit_event AS event ON event.seq = place.ref AND place.feed = 1
WHERE place.feed = 1 OR place.feed IS NULL ORDER BY place.n
"""
LOGS = """
SELECT number, base, size, root, lead(base) OVER (ORDER BY number) FROM audit_log ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Head:
    """A tree that was seen: of which log, how large, with which root."""

    log: int
    size: int
    root: bytes


class Tree:
    """All perfect subtrees over some leaves, so that the root of every size costs a few steps."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self.rows = [[merkle.leaf_hash(body) for body in leaves]]
        while len(below := self.rows[-1]) > 1:
            self.rows.append([merkle.node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])

    @property
    def size(self) -> int:
        return len(self.rows[0])

    def root(self, size: int) -> bytes:
        return merkle.range_hash(0, size, self._subtree)

    def _subtree(self, start: int, end: int) -> bytes:
        height = (end - start).bit_length() - 1
        return self.rows[height][start >> height]


def heads(connection: "psycopg.Connection[Any]") -> list[Head]:
    """The trees as they stand."""
    rows = connection.execute("SELECT number, size, root FROM audit_log ORDER BY number").fetchall()
    return [Head(number, size, bytes(root)) for number, size, root in rows]


def findings(connection: "psycopg.Connection[Any]", remembered: Iterable[Head] = ()) -> list[str]:
    """What is wrong with a log at rest, against its definition and against trees that were seen earlier."""
    rows = connection.execute(PLACES).fetchall()
    placed = [row for row in rows if row[0] is not None]
    found = [f"event {seq} has no place" for n, _, seq, _ in rows if n is None]
    found += [f"place {n} has no event" for n, _, seq, _ in placed if seq is None]
    if [n for n, *_ in placed] != list(range(1, len(placed) + 1)):
        found.append("the places are not 1, 2, 3 and so on")
    if len({ref for _, ref, _, _ in placed}) != len(placed):
        found.append("an event has two places")
    bodies = [bytes(body) for *_, body in placed if body is not None]
    for number, base, size, root, end in connection.execute(LOGS).fetchall():
        tree = Tree(bodies[base:end])
        found += _tree_findings(connection, number, size, bytes(root), tree)
        found += _head_findings(number, tree, remembered)
    return found


def _tree_findings(
    connection: "psycopg.Connection[Any]", number: int, size: int, root: bytes, tree: Tree
) -> list[str]:
    found = []
    if size != tree.size:
        found.append(f"log {number} says {size} leaves, its events are {tree.size}")
    if root != tree.root(tree.size):
        found.append(f"the root of log {number} is not that of its events")
    stored = connection.execute(
        "SELECT level, n, hashes FROM audit_tile WHERE log = %s "
        "UNION ALL SELECT level, n, hashes FROM audit_edge WHERE log = %s AND hashes <> ''",
        [number, number],
    ).fetchall()
    expected = {}
    for level, row in enumerate(tree.rows[::8]):
        for n in range(0, len(row), 256):
            expected[level, n // 256] = b"".join(row[n : n + 256])
    if {(level, n): bytes(hashes) for level, n, hashes in stored} != expected:
        found.append(f"the tiles of log {number} are not those of its events")
    signed = connection.execute("SELECT size, root FROM audit_checkpoint WHERE log = %s", [number])
    for at, of in signed.fetchall():
        if at > tree.size or tree.root(at) != bytes(of):
            found.append(f"the checkpoint of log {number} at {at} is of another tree")
    return found


def _head_findings(number: int, tree: Tree, remembered: Iterable[Head]) -> list[str]:
    found = []
    for head in remembered:
        if head.log == number and head.size > tree.size:
            found.append(f"log {number} had {head.size} leaves and has {tree.size}")
        elif head.log == number and tree.root(head.size) != head.root:
            found.append(f"the first {head.size} leaves of log {number} are not what they were")
    return found
