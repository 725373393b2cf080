"""The tree over the events: hashes and proofs of RFC 6962 and RFC 9162. Pure.

`MTH(D[n])` is the root over n leaves: a leaf is hashed behind a zero byte, a node behind a one, and a list
is split at the largest power of two that is smaller than its length. Hashes are 32 bytes.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""`subtree(start, end)`: the root over leaves start..end-1, a power of two of them, which divides start."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf with these bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over leaves, given by their hashes in order."""
    row = list(leaf_hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        # A node without a neighbour moves up as it is: the same tree as splitting from above.
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)] + odd
    return row[0]


class Step(NamedTuple):
    """One step of a proof on the way from a leaf to the root."""

    left: bytes
    right: bytes
    node: bytes
    """The hash over both."""
    from_left: bool
    """Whether the proof gave the left one; the other was there already."""


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf stands at `index` in the tree of `size` leaves with `root`."""
    if not 0 <= index < size or not _are_hashes([leaf_hash, root, *proof]):
        return False
    steps = climb(leaf_hash, index, size, proof)
    return steps is not None and (steps[-1].node if steps else leaf_hash) == root


def climb(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> list[Step] | None:
    """The way up that `proof` describes; None when it does not end where such a tree has its root.

    Source: RFC 9162, 2.1.3.2.
    """
    at, last, steps = index, size - 1, list[Step]()
    for sibling in proof:
        if last == 0:
            return None
        found = steps[-1].node if steps else leaf_hash
        if at & 1 or at == last:
            steps.append(Step(sibling, found, node_hash(sibling, found), from_left=True))
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            steps.append(Step(found, sibling, node_hash(found, sibling), from_left=False))
        at, last = at >> 1, last >> 1
    return steps if last == 0 else None


def verify_consistency(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the first tree is the beginning of the second.

    Every tree begins with the empty one: that says nothing, so nothing proves it. Source: RFC 9162, 2.1.4.2.
    """
    if not 0 <= size1 <= size2:
        return False
    if size1 == size2:
        return not proof and root1 == root2 and (size1 > 0 or root1 == EMPTY_ROOT)
    if size1 == 0:
        return False
    return _are_hashes([root1, root2, *proof]) and _extends(size1, root1, size2, root2, proof)


def _extends(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> bool:
    if not proof:
        return False
    # A perfect first tree is its own first step.
    steps = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == root1 and second == root2


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The proof that the leaf at `index` is in the tree of `size` leaves. Source: RFC 9162, 2.1.3.1.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has none at {index}")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(range_hash(middle, end, subtree))
            end = middle
        else:
            proof.append(range_hash(start, middle, subtree))
            start = middle
    return proof[::-1]


def consistency_proof(size1: int, size2: int, subtree: Subtree) -> list[bytes]:
    """The proof that the tree of `size1` leaves is the beginning of that of `size2`.

    Source: RFC 9162, 2.1.4.1.

    Raises:
        ValueError: the first is the larger one.
    """
    if not 0 <= size1 <= size2:
        raise ValueError(f"a tree of {size2} leaves does not begin with one of {size1}")
    if size1 in (0, size2):
        return []
    proof, start, end, whole = [], 0, size2, True
    while end != size1:
        middle = start + _split(end - start)
        if size1 <= middle:
            proof.append(range_hash(middle, end, subtree))
            end = middle
        else:
            proof.append(range_hash(start, middle, subtree))
            start, whole = middle, False
    if not whole:
        proof.append(range_hash(start, end, subtree))
    return proof[::-1]


def range_hash(start: int, end: int, subtree: Subtree) -> bytes:
    """The root over leaves start..end-1, where `start` is a place at which a tree is split."""
    if start == end:
        return EMPTY_ROOT
    width = end - start
    if width & (width - 1) == 0:
        return subtree(start, end)
    middle = start + _split(width)
    return node_hash(subtree(start, middle), range_hash(middle, end, subtree))


def _split(width: int) -> int:
    """The largest power of two smaller than `width`, which is at least 2."""
    return 1 << (width - 1).bit_length() - 1


def _are_hashes(hashes: Sequence[bytes]) -> bool:
    return all(isinstance(each, bytes) and len(each) == HASH_SIZE for each in hashes)
