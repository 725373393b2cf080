"""audit.log.tiles: the tree in tiles is the tree, and only full tiles are ever written."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import merkle
from audit.log import tiles

LEAVES = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(256 * 256 + 700)]


def grown(counts: Sequence[int]) -> tuple[dict[int, bytes], dict[tuple[int, int], bytes]]:
    """The edge and the full tiles after adding leaves in batches of these sizes."""
    edge: dict[int, bytes] = {}
    full: dict[tuple[int, int], bytes] = {}
    size = 0
    for count in counts:
        edge, fresh = tiles.append(edge, size, LEAVES[size : size + count])
        size += count
        for tile in fresh:
            assert (tile.level, tile.n) not in full
            full[tile.level, tile.n] = tile.hashes
    return edge, full


@given(st.lists(st.integers(1, 700), max_size=8))
def test_the_root_is_that_of_the_tree_however_it_grew(counts: list[int]) -> None:
    edge, full = grown(counts)

    assert tiles.root_of(edge) == merkle.root_hash(LEAVES[: sum(counts)])
    assert all(len(hashes) == 8192 for hashes in full.values())
    assert all(len(hashes) < 8192 for hashes in edge.values())


def test_two_levels_of_full_tiles_make_the_third() -> None:
    edge, full = grown([256 * 256, 700])

    assert tiles.root_of(edge) == merkle.root_hash(LEAVES)
    assert full[1, 0][:32] == merkle.root_hash(LEAVES[:256])
    assert edge[2] == merkle.root_hash(LEAVES[: 256 * 256])


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 66_236])
def test_proofs_are_made_from_tiles(size: int) -> None:
    edge, full = grown([len(LEAVES)])

    def read(level: int, n: int) -> bytes:
        return full.get((level, n)) or edge[level]

    root = merkle.range_hash(0, size, tiles.subtrees(read))
    assert root == merkle.root_hash(LEAVES[:size])
    for index in {0, size // 2, size - 1}:
        proof = merkle.inclusion_proof(index, size, tiles.subtrees(read))
        assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    proof = merkle.consistency_proof(size, len(LEAVES), tiles.subtrees(read))
    assert merkle.verify_consistency(size, root, len(LEAVES), tiles.root_of(edge), proof)


@pytest.mark.parametrize(
    ("n", "path"), [(0, "000"), (67, "067"), (1067, "x001/067"), (1234067, "x001/x234/067")]
)
def test_writes_numbers_as_paths(n: int, path: str) -> None:
    assert tiles.path_of(n) == path
    assert tiles.number_in(path) == n


@pytest.mark.parametrize(
    "path", ["", "1", "0067", "x000/067", "001/067", "x001/x067", "../000", "\u0660\u0660\u0661"]
)
def test_takes_no_other_way_of_writing_them(path: str) -> None:
    assert tiles.number_in(path) is None


@pytest.mark.parametrize(
    ("size", "level", "full", "rest"),
    [(70_000, 0, 273, 112), (70_000, 1, 1, 17), (70_000, 2, 0, 1), (256, 0, 1, 0), (256, 1, 0, 1)],
)
def test_knows_how_wide_a_tile_is(size: int, level: int, full: int, rest: int) -> None:
    assert tiles.width_of(size, level, full) == rest
    assert full == 0 or tiles.width_of(size, level, full - 1) == 256
