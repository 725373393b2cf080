"""What a bundle is made of, in which order: pure. `docs/reference/bundle.md` says it in words.

Members stand where a reader needs them, so that it checks everything in one pass with little memory: the
signed states before the tree they are of, a tile of the tree behind the tiles that it is over.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from audit.bundles.archive import ArchiveWriter
from audit.bundles.readme import README
from audit.canonical import canonical_bytes
from audit.verifier import FORMAT, PART, WIDTH, Tree, partial_path, tile_path

Filter = Mapping[str, Any]
"""`from`, `to`, `system`, `subject` (a commitment), `sample`: None is anything."""
EVERYTHING: Filter = {"from": None, "to": None, "system": None, "subject": None, "sample": None}

Beat = Callable[[int], None]
"""Told how many leaves were written."""


class Opened(NamedTuple):
    """The value behind a commitment of an entry."""

    leaf: int
    """The index of the entry."""
    name: str
    value: str
    salt: bytes


class Anchor(NamedTuple):
    """Where a state was written down outside."""

    kind: str
    size: int
    evidence: str


class Tile(NamedTuple):
    """Up to 256 leaves: all their hashes, those entries that go along (by index), and openings of those."""

    hashes: bytes
    entries: list[tuple[int, bytes]]
    openings: list[Opened]


class LogPart(NamedTuple):
    """What a bundle holds of one log."""

    number: int
    origin: str
    base: int
    size: int
    newest: str | None
    """The newest signed checkpoint, with cosignatures."""
    checkpoints: Iterable[str]
    anchors: Iterable[Anchor]
    tiles: Iterable[Tile]


class Order(NamedTuple):
    """What the manifest says. `request`: the log and index of the event that asked for the bundle."""

    bundle: UUID
    asked_at: str
    filter: Filter
    openings: bool
    software: str
    request: Mapping[str, int] | None

    @property
    def is_whole(self) -> bool:
        return all(value is None for value in self.filter.values())


def write(file: BinaryIO, order: Order, logs: list[LogPart], beat: Beat) -> dict[str, int]:
    """Write a bundle; answer how much of what it holds. The same order and logs give the same bytes."""
    archive = ArchiveWriter(file)
    counts: Counter[str] = Counter()
    archive.add("manifest.json", canonical_bytes(_manifest(order, logs)))
    archive.add("README.txt", README)
    for log in logs:
        _write_log(archive, order, log, counts, beat)
    found = {name: counts[name] for name in ("anchors", "checkpoints", "entries", "leaves", "openings")}
    archive.add("counts.json", canonical_bytes(found))
    archive.finish()
    return found


def _manifest(order: Order, logs: list[LogPart]) -> dict[str, Any]:
    left_out = ["payloads"] + ([] if order.openings else ["openings"])
    return {
        "format": FORMAT,
        "bundle": order.bundle,
        "request": None if order.request is None else dict(order.request),
        "asked_at": order.asked_at,
        "filter": dict(order.filter),
        "openings": order.openings,
        "software": order.software,
        "logs": [
            {"number": log.number, "origin": log.origin, "base": log.base, "size": log.size} for log in logs
        ],
        "left_out": sorted(left_out + ([] if order.is_whole else ["entries that were not asked for"])),
    }


def _write_log(
    archive: ArchiveWriter, order: Order, log: LogPart, counts: "Counter[str]", beat: Beat
) -> None:
    folder = f"logs/{log.number}"
    if log.newest is not None:
        archive.add(f"{folder}/checkpoint", log.newest.encode())
    counts["checkpoints"] += _write_lines(archive, f"{folder}/checkpoints", log.checkpoints)
    anchors = (anchor._asdict() for anchor in log.anchors)
    counts["anchors"] += _write_lines(archive, f"{folder}/anchors", anchors)
    tree, start = Tree([]), 0
    for tile in log.tiles:
        width = len(tile.hashes) // 32
        path = partial_path(start // WIDTH, width)
        _write_entries(archive, folder, path, tile, is_whole=order.is_whole)
        archive.add(f"{folder}/tile/0/{path}", tile.hashes)
        if tile.openings:
            archive.add(f"{folder}/openings/{path}", b"".join(map(_opening, sorted(tile.openings))))
        for above, content in tree.add(tile.hashes):
            archive.add(f"{folder}/tile/{above}", content)
        counts.update(leaves=width, entries=len(tile.entries), openings=len(tile.openings))
        start += width
        beat(counts["leaves"])
    if start != log.size:
        raise ValueError(f"Log {log.number} has {start} leaves, not {log.size}.")
    for above, content in tree.edge():
        archive.add(f"{folder}/tile/{above}", content)


def _write_lines(archive: ArchiveWriter, folder: str, values: Iterable[object]) -> int:
    written, lines = 0, _lines(values)
    while part := list(islice(lines, PART)):
        archive.add(f"{folder}/{tile_path(written // PART)}", b"".join(part))
        written += len(part)
    return written


def _lines(values: Iterable[object]) -> Iterator[bytes]:
    return (canonical_bytes(value) + b"\n" for value in values)


def _write_entries(archive: ArchiveWriter, folder: str, path: str, tile: Tile, *, is_whole: bool) -> None:
    if is_whole:
        content = b"".join(len(body).to_bytes(2, "big") + body for _, body in tile.entries)
        archive.add(f"{folder}/tile/entries/{path}", content)
    elif tile.entries:
        content = b"".join(b"%d %s\n" % entry for entry in tile.entries)
        archive.add(f"{folder}/chosen/{path}", content)


def _opening(opened: Opened) -> bytes:
    said = {"index": opened.leaf, "name": opened.name, "value": opened.value, "salt": opened.salt.hex()}
    return canonical_bytes(said) + b"\n"
