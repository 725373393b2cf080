"""The file that shows one leaf to be in a log: its proof and a checkpoint (C2SP tlog-proof). Pure."""

from dataclasses import dataclass
from typing import Final

from audit import merkle
from audit.note import InvalidNote, number_in
from audit.notekeys import decoded, encoded

HEADER: Final = "c2sp.org/tlog-proof@v1"
MOST_HASHES: Final = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """A leaf's index, its proof of inclusion, and the signed checkpoint that the proof leads to."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    """The signed note, unopened."""
    extra: bytes | None = None

    @classmethod
    def parse(cls, text: str) -> "Proof":
        """Read the file; what it claims is yet to be verified.

        Raises:
            InvalidNote: it is written otherwise.
        """
        head, blank, checkpoint = text.partition("\n\n")
        header, *lines = head.split("\n")
        if header != HEADER or not blank or not checkpoint:
            raise InvalidNote("a proof has a header, an index, hashes, a blank line and a checkpoint")
        extra = decoded(lines.pop(0).removeprefix("extra ")) if lines and lines[0][:6] == "extra " else None
        if not lines or not lines[0].startswith("index "):
            raise InvalidNote("a proof names the index of its leaf")
        index, hashes = number_in(lines[0].removeprefix("index ")), tuple(map(decoded, lines[1:]))
        if len(hashes) > MOST_HASHES or any(len(each) != merkle.HASH_SIZE for each in hashes):
            raise InvalidNote(f"a proof has at most {MOST_HASHES} hashes of 32 bytes")
        return cls(index, hashes, checkpoint, extra)

    @property
    def text(self) -> str:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {encoded(self.extra)}")
        lines.append(f"index {self.index}")
        lines += (encoded(each) for each in self.hashes)
        return "\n".join(lines) + f"\n\n{self.checkpoint}"
