"""The tree cut into tiles of 256 hashes, as C2SP tlog-tiles lays it out. Pure.

Level 0 holds the hashes of leaves. Hash i of level L + 1 is the root of tile i of level L, so that a
full tile never changes. What is not full yet is the right edge: at most one tile per level.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from audit.merkle import EMPTY_ROOT, HASH_SIZE, Subtree, node_hash, root_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
HIGHEST_LEVEL: Final = 5
"""Eight levels of nodes each: more leaves than a 64-bit position can count need no higher one."""

ReadTile = Callable[[int, int], bytes]
"""`read(level, n)`: the hashes of that tile, as many as there are, one behind the other."""

_NUMBER = re.compile(r"(?:x[0-9]{3}/){0,6}[0-9]{3}")


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that has become full."""

    level: int
    n: int
    hashes: bytes


def append(
    edge: Mapping[int, bytes], size: int, leaf_hashes: Sequence[bytes]
) -> tuple[dict[int, bytes], list[FullTile]]:
    """The right edge of a tree of `size` leaves after more were added, and the tiles this made full.

    `edge` has the hashes of each level's unfinished tile; a level without one may be missing.
    """
    grown, full = dict(edge), list[FullTile]()
    level, fresh, before = 0, b"".join(leaf_hashes), size
    while fresh:
        pending = grown.get(level, b"") + fresh
        n, roots = before >> HEIGHT, []
        for at in range(0, len(pending) - len(pending) % _BYTES, _BYTES):
            tile = pending[at : at + _BYTES]
            full.append(FullTile(level, n + at // _BYTES, tile))
            roots.append(root_hash(hashes_of(tile)))
        grown[level] = pending[len(pending) - len(pending) % _BYTES :]
        level, fresh, before = level + 1, b"".join(roots), before >> HEIGHT
    return grown, full


def root_of(edge: Mapping[int, bytes]) -> bytes:
    """The root of the tree that ends in this right edge."""
    root: bytes | None = None
    for level in sorted(edge):
        for perfect in _perfect(hashes_of(edge[level])):
            root = perfect if root is None else node_hash(perfect, root)
    return EMPTY_ROOT if root is None else root


def _perfect(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the perfect subtrees over a level's last hashes, the smallest (rightmost) first."""
    found, end, width = [], len(hashes), 1
    while end:
        if end & width:
            found.append(root_hash(hashes[end - width : end]))
            end -= width
        width <<= 1
    return found


def subtrees(read: ReadTile) -> Subtree:
    """Roots of perfect subtrees, found in tiles."""

    def subtree(start: int, end: int) -> bytes:
        height = (end - start).bit_length() - 1
        level = height // HEIGHT
        first, count = start >> (level * HEIGHT), 1 << (height % HEIGHT)
        tile = read(level, first // WIDTH)
        at = first % WIDTH * HASH_SIZE
        return root_hash(hashes_of(tile[at : at + count * HASH_SIZE]))

    return subtree


def hashes_of(tile: bytes) -> list[bytes]:
    """The hashes in a tile."""
    return [tile[at : at + HASH_SIZE] for at in range(0, len(tile), HASH_SIZE)]


def width_of(size: int, level: int, n: int) -> int:
    """How many hashes tile `n` of `level` has in a tree of `size` leaves."""
    return max(0, min(WIDTH, (size >> (level * HEIGHT)) - n * WIDTH))


def path_of(n: int) -> str:
    """The number of a tile as in addresses: 1234067 is `x001/x234/067`."""
    groups = [f"{n % 1000:03d}"]
    while n := n // 1000:
        groups.append(f"x{n % 1000:03d}")
    return "/".join(reversed(groups))


def number_in(path: str) -> int | None:
    """The number that a path names; None when it is written in any other way than `path_of` does."""
    if not _NUMBER.fullmatch(path):
        return None
    n = int(path.replace("x", "").replace("/", ""))
    return n if path_of(n) == path else None


_BYTES: Final = WIDTH * HASH_SIZE
