"""Who signs notes and how: keys by their names, and the lines of signatures they make. Pure.

Sources: C2SP signed-note and tlog-cosignature. A key is written `name+id+base64`, a vkey.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DASH: Final = "\u2014 "
ED25519: Final = 0x01
COSIGNATURE: Final = 0x04

_PRIVATE: Final = "PRIVATE+KEY+"


class InvalidNote(ValueError):
    """Not a note, not a key, or not signed as it has to be. The message says which."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How one kind of signature is made and read."""

    key_length: int
    signature_length: int
    message: Callable[[str, bytes], bytes]
    """What is signed, from the note's text and the signature's first bytes, which are no part of it."""
    prefix: int = 0
    """How many bytes stand before the signature itself."""


def _plain(text: str, _prefix: bytes) -> bytes:
    return text.encode()


def _timestamped(text: str, prefix: bytes) -> bytes:
    return f"cosignature/v1\ntime {int.from_bytes(prefix, 'big')}\n{text}".encode()


# ML-DSA-44 (0x06 in tlog-cosignature) gets its row here, with the library that signs it.
ALGORITHMS: Final = {
    ED25519: Algorithm(32, 64, _plain),
    COSIGNATURE: Algorithm(32, 64, _timestamped, prefix=8),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of signature as it stands in a note."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        return f"{DASH}{self.name} {encoded(self.key_id + self.signature)}\n"

    @property
    def timestamp(self) -> int:
        """When a cosignature says that it was made, in seconds since 1970.

        Raises:
            InvalidNote: it is no cosignature.
        """
        if len(self.signature) != 72:
            raise InvalidNote("this is no timestamped cosignature")
        return int.from_bytes(self.signature[:8], "big")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name; written `name+id+base64` (a vkey)."""

    name: str
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        require_name(self.name)
        known = ALGORITHMS.get(self.algorithm)
        if known is not None and len(self.public_key) != known.key_length:
            raise InvalidNote(f"a key of this kind has {known.key_length} bytes, not {len(self.public_key)}")

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read a vkey.

        Raises:
            InvalidNote: it is none, its id is not that of the key, or its algorithm is not known here.
        """
        name, key_id, key = _key_parts(vkey)
        found = cls(name, key[0], key[1:])
        if found.algorithm not in ALGORITHMS:
            raise InvalidNote(f"keys of algorithm {found.algorithm} are not known")
        if found.key_id.hex() != key_id:
            raise InvalidNote(f"the id of key {name} does not belong to it")
        return found

    @property
    def key_id(self) -> bytes:
        """Four bytes: a hint which key this is, no protection."""
        hashed = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public_key
        return hashlib.sha256(hashed).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{encoded(bytes([self.algorithm]) + self.public_key)}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made that signature (without the key's id) of a note's text."""
        algorithm = ALGORITHMS[self.algorithm]
        prefix, signed = signature[: algorithm.prefix], signature[algorithm.prefix :]
        if len(signed) != algorithm.signature_length:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(
                signed, algorithm.message(text, prefix)
            )
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private Ed25519 key with the name it signs under; as a log (0x01) or as a witness (0x04)."""

    name: str
    key: Ed25519PrivateKey
    algorithm: int = ED25519

    @classmethod
    def parse(cls, skey: str) -> "Signer":
        """Read `PRIVATE+KEY+name+id+base64`.

        Raises:
            InvalidNote: it is none.
        """
        if not skey.startswith(_PRIVATE):
            raise InvalidNote("this is no private key")
        name, key_id, key = _key_parts(skey.removeprefix(_PRIVATE))
        if key[0] not in ALGORITHMS or len(key) != 33:
            raise InvalidNote("this private key is of no known kind")
        found = cls(name, Ed25519PrivateKey.from_private_bytes(key[1:]), key[0])
        if found.verifier.key_id.hex() != key_id:
            raise InvalidNote(f"the id of key {name} does not belong to it")
        return found

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.algorithm, self.key.public_key().public_bytes_raw())

    def sign(self, text: str, *, timestamp: int | None = None) -> Signature:
        """Sign the text of a note; a witness says when, in seconds since 1970."""
        algorithm = ALGORITHMS[self.algorithm]
        if (timestamp is not None) != bool(algorithm.prefix):
            raise ValueError("a cosignature has a timestamp, another signature has none")
        prefix = b"" if timestamp is None else timestamp.to_bytes(algorithm.prefix, "big")
        signed = prefix + self.key.sign(algorithm.message(text, prefix))
        return Signature(self.name, self.verifier.key_id, signed)


def decoded(text: str) -> bytes:
    """The bytes of standard base64, which has to be written the one right way.

    Raises:
        InvalidNote: it is not.
    """
    try:
        found = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidNote("this is no base64") from error
    if encoded(found) != text:
        raise InvalidNote("this base64 is not written the one right way")
    return found


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def encoded(raw: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(raw).decode()


def _key_parts(text: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise InvalidNote("a key is a name, an id and the key itself, with + between them")
    require_name(parts[0])
    key = decoded(parts[2])
    if not re.fullmatch("[0-9a-f]{8}", parts[1]) or len(key) < 2:
        raise InvalidNote(f"key {parts[0]} is malformed")
    return parts[0], parts[1], key


def require_name(name: str) -> None:
    """Refuse what cannot name a key.

    Raises:
        InvalidNote: empty, or with a plus, a space or a control character.
    """
    if not name or "+" in name or any(each.isspace() or each < " " for each in name):
        raise InvalidNote(f"{name[:30]!r} cannot be the name of a key")
