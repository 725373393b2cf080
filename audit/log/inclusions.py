"""The proof that an event is in the log, and under which signature."""

import base64
from dataclasses import dataclass
from typing import Any

from audit import merkle
from audit.log import selectors
from audit.log.models import Checkpoint, Log
from audit.merkle import Step
from audit.trail.models import Event


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A leaf, and the way from it to the root of a tree.

    The tree is that of the newest checkpoint; the current one as long as no checkpoint covers the leaf.
    """

    log: Log
    index: int
    leaf_hash: bytes
    size: int
    root: bytes
    proof: list[bytes]
    checkpoint: Checkpoint | None

    @property
    def number(self) -> int:
        """The event's number over all logs, counted from 1: what the verifier and pages call it."""
        return self.log.base + self.index + 1

    @property
    def steps(self) -> list[Step] | None:
        """The way up, recomputed; None when the proof does not lead to a root."""
        return merkle.climb(self.leaf_hash, self.index, self.size, self.proof)

    @property
    def holds(self) -> bool:
        return merkle.verify_inclusion(self.leaf_hash, self.index, self.size, self.proof, self.root)

    def as_json(self) -> dict[str, Any]:
        return {
            "log": self.log.number,
            "origin": self.log.origin,
            "index": self.index,
            "leaf_hash": _text(self.leaf_hash),
            "tree_size": self.size,
            "root": _text(self.root),
            "proof": [_text(each) for each in self.proof],
            "checkpoint": self.checkpoint.note if self.checkpoint else None,
        }


def inclusion_of(event: Event) -> Inclusion | None:
    """Where the event is in the log; None as long as it is no leaf."""
    if (position := selectors.position_of(event.seq)) is None:
        return None
    log = selectors.log_of(position)
    index = position - 1 - log.base
    if index >= log.size:
        return None
    checkpoint = selectors.checkpoint_covering(log, index)
    size, root = (checkpoint.size, checkpoint.root) if checkpoint else (log.size, log.root)
    return Inclusion(
        log=log,
        index=index,
        leaf_hash=merkle.leaf_hash(bytes(event.body)),
        size=size,
        root=bytes(root),
        proof=selectors.inclusion(log, index, size),
        checkpoint=checkpoint,
    )


def _text(hash_: bytes) -> str:
    return base64.b64encode(hash_).decode()
