"""Writes a bundle from the database. Flat in memory, whatever the log holds.

What it reads never changes (leaves below a signed size), so it needs no long transaction.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, BinaryIO, Final, NamedTuple
from uuid import UUID

from django.db import connection

from audit.bundles import layout
from audit.bundles.choosing import Choice
from audit.log import selectors, tiles
from audit.log.models import Anchor, Checkpoint, Log
from audit.verifier import WIDTH

MAY_HOLD_PAYLOADS: Final = ("judgement",)
"""Openings that repeat what a prediction said: as much content as a payload."""

# One opening of a name and event: a second would have no commitment.
_OPENINGS: Final = """
SELECT DISTINCT ON (n, o.name) n, o.name, o.value, o.salt
FROM audit_position AS p JOIN audit_event AS e ON e.seq = p.ref
JOIN audit_opening AS o USING (entity_type, entity_id, entity_version)
WHERE p.feed = 1 AND n > %s AND n <= %s AND n = ANY(%s) AND o.name <> ALL(%s) ORDER BY n, o.name
"""
_POSITION: Final = """
SELECT n FROM audit_event AS e JOIN audit_position AS p ON p.feed = 1 AND p.ref = e.seq
WHERE e.entity_type = 'bundle' AND e.entity_id = %s AND e.entity_version = 1
"""

Beat = Callable[[int, int], None]
"""Told how many leaves were written, and of how many."""


class Extent(NamedTuple):
    """How much of which logs is signed, and where among it the bundle was asked for."""

    logs: list[tuple[Log, int]]
    """Each log with the number of its leaves that go along."""
    request: dict[str, int] | None
    """`log` and `index` of the event; None: no checkpoint covers it."""

    @property
    def leaves(self) -> int:
        return sum(size for _, size in self.logs)


def extent_for(bundle_id: UUID) -> Extent | None:
    """What can go into a bundle now; None: nothing is signed yet.

    A log that another follows goes along to its end, which the next one quotes.
    """
    found = [(log, log.size) for log in selectors.logs()]
    last, _ = found[-1]
    newest = selectors.newest_checkpoint(last)
    if newest is None:
        return None
    found[-1] = (last, newest.size)
    with connection.cursor() as cursor:
        cursor.execute(_POSITION, [bundle_id])
        row = cursor.fetchone()
    position = row[0] if row else 0
    covered = [(log, size) for log, size in found if log.base < position <= log.base + size]
    request = {"log": covered[0][0].number, "index": position - covered[0][0].base - 1} if covered else None
    return Extent(found, request)


def write(
    file: BinaryIO, order: layout.Order, extent: Extent, *, subject: str | None, beat: Beat
) -> dict[str, Any]:
    """Write a bundle; answer its counts, its logs and the positions of its sample."""
    log, size = extent.logs[-1]
    position = None
    if extent.request is not None:
        base = next(log.base for log, _ in extent.logs if log.number == extent.request["log"])
        position = base + extent.request["index"] + 1
    choice = None
    if not order.is_whole:
        choice = Choice(order.filter, subject=subject, upto=log.base + size, request=position)
    parts = [_part(order, log, size, choice) for log, size in extent.logs]
    total = extent.leaves
    counts = layout.write(file, order, parts, lambda done: beat(done, total))
    return {
        "counts": counts,
        "logs": [{"number": part.number, "origin": part.origin, "size": part.size} for part in parts],
        "sample": choice.picked if choice and order.filter["sample"] else None,
        "request": extent.request,
    }


def _part(order: layout.Order, log: Log, size: int, choice: Choice | None) -> layout.LogPart:
    signed = Checkpoint.objects.filter(log=log.number, size__lte=size, size__gt=0).order_by("size")
    newest = signed.last()
    return layout.LogPart(
        number=log.number,
        origin=log.origin,
        base=log.base,
        size=size,
        newest=None if newest is None else _cosigned(newest, _anchors(log, newest.size, newest.size)),
        checkpoints=(each.note for each in signed.iterator()),
        anchors=_anchors(log, size),
        tiles=_tiles(order, log, size, choice),
    )


def _cosigned(checkpoint: Checkpoint, anchors: Iterable[layout.Anchor]) -> str:
    """The signed note with the lines of the witnesses behind it."""
    of_witnesses = (each.evidence for each in anchors if each.kind == Anchor.WITNESS)
    lines = (line for evidence in of_witnesses for line in evidence.splitlines(keepends=True))
    return checkpoint.note + "".join(dict.fromkeys(lines))


def _anchors(log: Log, size: int, first: int = 0) -> Iterator[layout.Anchor]:
    """By size, kind and evidence, each once; rows without evidence only say where a checkpoint is."""
    shown = Anchor.objects.filter(log=log.number, size__gte=first, size__lte=size).exclude(evidence="")
    for of_size, group in groupby(shown.order_by("size").iterator(), key=lambda each: each.size):
        for kind, evidence in sorted({(each.kind, _evidence(each)) for each in group}):
            yield layout.Anchor(kind, of_size, evidence)


def _evidence(anchor: Anchor) -> str:
    """Of a witness its signatures alone: the text over them is that of the checkpoint."""
    if anchor.kind != Anchor.WITNESS:
        return anchor.evidence
    own = [line for line in anchor.evidence.splitlines() if line.startswith("\N{EM DASH} ")]
    return "".join(f"{line}\n" for line in own)


def _tiles(order: layout.Order, log: Log, size: int, choice: Choice | None) -> Iterator[layout.Tile]:
    for n in range(-(-size // WIDTH)):
        width = min(WIDTH, size - n * WIDTH)
        first = log.base + n * WIDTH
        hashes = selectors.tile(log, 0, n, tiles.width_of(size, 0, n))
        if choice is None:
            found = list(enumerate(selectors.entries(log, n, width), first + 1))
        else:
            found = choice.in_tile(first, first + width)
        openings = _openings(first, first + width, [n for n, _ in found]) if order.openings else []
        yield layout.Tile(
            hashes,
            [(position - log.base - 1, body) for position, body in found],
            [each._replace(leaf=each.leaf - log.base - 1) for each in openings],
        )


def _openings(after: int, upto: int, positions: list[int]) -> list[layout.Opened]:
    with connection.cursor() as cursor:
        cursor.execute(_OPENINGS, [after, upto, positions, list(MAY_HOLD_PAYLOADS)])
        return [layout.Opened(n, name, value, bytes(salt)) for n, name, value, salt in cursor.fetchall()]
