"""Which part of a split a row belongs to: pure, and the same in every export of a model.

By a hash of the data subject, so that nobody stands in two parts; without a subject, of the external id. The
salt is the model's name: the same subject stays in the same part when labels are added and exported again,
and test data never leaks into training.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

WHOLE = "labels"
"""The one part of an export without a split."""


class Splitter:
    """Puts rows into parts by share."""

    def __init__(self, model: str, split: Mapping[str, float] | None) -> None:
        self.names = sorted(split) if split else [WHOLE]
        # The last part takes what rounding leaves.
        self._bounds = list(accumulate(split[name] for name in self.names))[:-1] if split else []
        self._salt = hashlib.sha256(b"countersign split\0" + model.encode()).digest()

    def part_of(self, *, subject_hash: bytes | None, external_id: str) -> str:
        """The name of the row's part."""
        if not self._bounds:
            return self.names[0]
        # The first byte keeps a subject and an external id of the same bytes apart.
        key = b"e" + external_id.encode() if subject_hash is None else b"s" + subject_hash
        number = int.from_bytes(hashlib.sha256(self._salt + key).digest()[:8], "big")
        return self.names[bisect_right(self._bounds, number / 2**64)]
