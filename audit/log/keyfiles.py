"""Private Ed25519 keys in files (PKCS 8, PEM, mode 0600), and the public keys of before beside them."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from audit.log.errors import CannotSign


def load(path: Path) -> Ed25519PrivateKey:
    """The key in a file.

    Raises:
        CannotSign: the file cannot be read, or holds something else.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CannotSign(f"The signing key cannot be read: {type(error).__name__}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotSign("The signing key is no Ed25519 key.")
    return key


def make(path: Path) -> None:
    """Make a key, unless another process did so first: its file appears whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _draft(path)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def rotate(path: Path, names: str) -> None:
    """Put a fresh key in the place of the one in use, whose public key stays beside it.

    `names` is what the files of former public keys are called, with a * for the key's SHA-256. The new key
    appears whole; a crash leaves one of the two in use, and at worst the same one among the former.

    Raises:
        CannotSign: there is no key that could be retired.
    """
    former = load(path).public_key()
    name = names.replace("*", hashlib.sha256(former.public_bytes_raw()).hexdigest())
    path.with_name(name).write_bytes(pem_of(former))
    _draft(path).replace(path)


def retired(path: Path, names: str) -> list[tuple[Path, Ed25519PublicKey]]:
    """The public keys of before, each with its file, and without the one in use.

    Raises:
        CannotSign: one of them cannot be read, or the one in use cannot.
    """
    in_use = load(path).public_key()
    try:
        found = [(file, load_pem_public_key(file.read_bytes())) for file in sorted(path.parent.glob(names))]
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise CannotSign(f"A retired key cannot be read: {type(error).__name__}") from error
    return [(file, key) for file, key in found if isinstance(key, Ed25519PublicKey) and key != in_use]


def pem_of(key: Ed25519PublicKey) -> bytes:
    """A public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _draft(path: Path) -> Path:
    """A fresh key in a file of its own beside `path`."""
    draft = path.with_name(f".{secrets.token_hex(8)}.pem")
    body = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    return draft
