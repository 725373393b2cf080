"""Signed notes and checkpoints: texts about a tree that anybody can verify. Pure.

A note is a text, a blank line and lines of signatures (C2SP signed-note). A checkpoint is the note about a
tree of one size (tlog-checkpoint); a witness adds a line that also says when it saw it (tlog-cosignature).
Texts are taken as `str` or UTF-8 bytes and answered as `str`; keys as `Verifier` or as the text of a vkey.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from audit.notekeys import (
    COSIGNATURE,
    DASH,
    ED25519,
    InvalidNote,
    Signature,
    Signer,
    Verifier,
    decoded,
    encoded,
    require_name,
)

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "Checkpoint",
    "InvalidNote",
    "Note",
    "Signature",
    "Signer",
    "Verifier",
    "number_in",
    "open_note",
    "sign_note",
    "signatures_in",
    "split_note",
]

LONGEST: Final = 1_000_000
MOST_SIGNATURES: Final = 100

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was opened: its text, the signatures that verified, and those of keys nobody knows here."""

    text: str
    signatures: tuple[Signature, ...]
    unknown: tuple[Signature, ...] = ()


def open_note(text: str | bytes, verifier_keys: Iterable[Verifier | str]) -> Note:
    """Verify a note with the keys one knows.

    Raises:
        InvalidNote: malformed; or a known key's signature is wrong; or no known key has signed.
    """
    known = [Verifier.parse(key) if isinstance(key, str) else key for key in verifier_keys]
    body, signatures = split_note(text)
    verified, unknown = list[Signature](), list[Signature]()
    for signature in signatures:
        keys = [key for key in known if (key.name, key.key_id) == (signature.name, signature.key_id)]
        if len(keys) > 1 and len(set(keys)) > 1:
            raise InvalidNote(f"two of the known keys are called {signature.name}+{signature.key_id.hex()}")
        if not keys:
            unknown.append(signature)
        elif not keys[0].verifies(body, signature.signature):
            raise InvalidNote(f"the signature of {signature.name} is wrong")
        elif signature not in verified:
            verified.append(signature)
    if not verified:
        raise InvalidNote("no known key has signed this note")
    return Note(body, tuple(verified), tuple(unknown))


def sign_note(text: str | bytes, signer: Signer | str, *, timestamp: int | None = None) -> str:
    """The note with this text and one signature. Ed25519 is deterministic: the same bytes every time.

    Raises:
        InvalidNote: this cannot be the text of a note.
    """
    signer = Signer.parse(signer) if isinstance(signer, str) else signer
    body = _decoded_text(text)
    _require_text(body)
    return f"{body}\n{signer.sign(body, timestamp=timestamp).line}"


def split_note(text: str | bytes) -> tuple[str, tuple[Signature, ...]]:
    """The text of a note and its signatures, none of them verified.

    Raises:
        InvalidNote: it is not a note.
    """
    whole = _decoded_text(text)
    if len(whole) > LONGEST:
        raise InvalidNote(f"a note has at most {LONGEST} characters")
    body, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise InvalidNote("a note is a text, a blank line and lines of signatures")
    body += "\n"
    _require_text(body)
    return body, signatures_in(lines)


def signatures_in(lines: str) -> tuple[Signature, ...]:
    """Lines of signatures, as a note ends in them and a witness answers them.

    Raises:
        InvalidNote: they are none.
    """
    if not lines.endswith("\n"):
        raise InvalidNote("a line of signature ends with a new line")
    signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise InvalidNote(f"a note has at most {MOST_SIGNATURES} signatures")
    return signatures


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The text about a tree: whose, how many leaves, which root (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a note (not the whole note).

        Raises:
            InvalidNote: it is not the text of a checkpoint.
        """
        *lines, end = text.split("\n")
        if end or len(lines) < 3 or not all(lines):
            raise InvalidNote("a checkpoint has at least three lines, none of them empty, all of them ended")
        origin, size, root, *extensions = lines
        if len(decoded_root := decoded(root)) != hashlib.sha256().digest_size:
            raise InvalidNote("the root of a checkpoint has 32 bytes")
        return cls(origin, number_in(size), decoded_root, tuple(extensions))

    @property
    def text(self) -> str:
        lines = (self.origin, str(self.size), encoded(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def number_in(text: str) -> int:
    """A count as these formats write it: decimal, no sign, no leading zero, below 2^63.

    Raises:
        InvalidNote: it is written otherwise.
    """
    if not _NUMBER.fullmatch(text) or int(text) >= 1 << 63:
        raise InvalidNote(f"{text[:30]!r} is no number")
    return int(text)


def _signature(line: str) -> Signature:
    name, _, signed = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH):
        raise InvalidNote("a line of signature begins with an em dash and a space")
    require_name(name)
    raw = decoded(signed)
    if len(raw) < 5:
        raise InvalidNote(f"the signature of {name} is too short")
    return Signature(name, raw[:4], raw[4:])


def _require_text(body: str) -> None:
    if not body.endswith("\n"):
        raise InvalidNote("the text of a note ends with a new line")
    if any(each < " " and each != "\n" for each in body):
        raise InvalidNote("the text of a note has control characters")


def _decoded_text(text: str | bytes) -> str:
    try:
        found = text.decode() if isinstance(text, bytes) else text
        found.encode()
    except UnicodeError as error:
        raise InvalidNote("a note is UTF-8") from error
    return found
