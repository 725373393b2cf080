"""audit.merkle: the tree of RFC 6962, its proofs, and whatever is nearly one of them."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import merkle

LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(70)]


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 6962 writes it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    left, right = by_definition(leaves[:k]), by_definition(leaves[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree(start: int, end: int) -> bytes:
    assert (end - start) & (end - start - 1) == 0
    assert start % (end - start) == 0
    return by_definition(LEAVES[start:end])


def test_hashes_a_leaf_and_a_node_in_different_domains() -> None:
    assert merkle.leaf_hash(b"L123456").hex() == hashlib.sha256(b"\x00L123456").hexdigest()
    assert merkle.node_hash(b"N" * 32, b"M" * 32) == hashlib.sha256(b"\x01" + b"N" * 32 + b"M" * 32).digest()


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert merkle.root_hash(LEAVES[:size]) == by_definition(LEAVES[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 64, 70])
def test_every_leaf_is_proved_at_its_place_and_at_no_other(size: int) -> None:
    root = by_definition(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, subtree)

        proved = [n for n in range(size) if merkle.verify_inclusion(LEAVES[index], n, size, proof, root)]

        assert proved == [index]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 64, 70])
def test_every_beginning_is_proved_and_no_other_size(size: int) -> None:
    root = by_definition(LEAVES[:size])
    for first in range(1, size + 1):
        proof, first_root = merkle.consistency_proof(first, size, subtree), by_definition(LEAVES[:first])

        proved = [n for n in range(size + 1) if merkle.verify_consistency(n, first_root, size, root, proof)]

        assert proved == [first]


@given(st.data())
def test_a_proof_with_one_bit_changed_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, subtree)
    step, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))

    proof[step] = (int.from_bytes(proof[step], "big") ^ 1 << bit).to_bytes(32, "big")

    assert not merkle.verify_inclusion(LEAVES[index], index, size, proof, by_definition(LEAVES[:size]))


@pytest.mark.parametrize(
    "change", [lambda proof: proof[:-1], lambda proof: [*proof, b"\x00" * 32], lambda _: []]
)
def test_a_proof_of_another_length_proves_nothing(change) -> None:  # type: ignore[no-untyped-def]
    root, first = by_definition(LEAVES[:11]), by_definition(LEAVES[:6])

    assert not merkle.verify_inclusion(LEAVES[5], 5, 11, change(merkle.inclusion_proof(5, 11, subtree)), root)
    assert not merkle.verify_consistency(6, first, 11, root, change(merkle.consistency_proof(6, 11, subtree)))


def test_hashes_of_another_length_prove_nothing() -> None:
    root = by_definition(LEAVES[:2])

    assert not merkle.verify_inclusion(LEAVES[0][:31], 0, 2, [LEAVES[1]], root)
    assert not merkle.verify_inclusion(LEAVES[0], 0, 2, [LEAVES[1] + b"\x00"], root)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_no_proof_for_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="has none at"):
        merkle.inclusion_proof(index, size, subtree)


def test_no_proof_that_a_tree_begins_with_a_larger_one() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        merkle.consistency_proof(5, 4, subtree)
