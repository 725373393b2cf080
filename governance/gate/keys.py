"""The keys that sign receipts: files outside the database, one in use, those before it listed for ever.

`VAR_DIR/keys/receipt.pem` (PKCS 8, mode 0600) is made when it is first needed; `RECEIPT_KEY_FILE` names
another, which is never made but has to be there. Beside it, `retired-<keyid>.pub` are public keys of before:
receipts live for minutes, but somebody may ask years later what one of them proved.
"""

import base64
import contextlib
import datetime as dt
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

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
from django.conf import settings

from governance.gate.errors import CannotSign
from governance.gate.receipts import Signer, keyid_of, signer_of

RETIRED: Final = "retired-"
UNUSABLE: Final = "The key that signs receipts cannot be read, so the gate gives no answer: {}"


def signer() -> Signer:
    """The key in use; made when there is none and none is named.

    Raises:
        CannotSign: the file is missing or no Ed25519 key.
    """
    path = key_file()
    try:
        if not path.exists() and not settings.RECEIPT_KEY_FILE:
            make(path)
        return _loaded(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CannotSign(UNUSABLE.format(type(error).__name__)) from error


def key_file() -> Path:
    """Where the key in use is."""
    return Path(settings.RECEIPT_KEY_FILE or settings.VAR_DIR / "keys" / "receipt.pem")


def make(path: Path) -> None:
    """Make a key, unless another process did so first: its file appears whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{secrets.token_hex(8)}.pem")
    _write_private(draft, Ed25519PrivateKey.generate())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def rotate(path: Path | None = None) -> tuple[str, str]:
    """Put a fresh key in the place of the one in use; the ids of the former and the new one.

    Receipts of the former stay valid as long as they live, and checkable for ever.

    Raises:
        CannotSign: there is no key that could be retired.
    """
    former, path = signer(), path or key_file()
    retired = path.with_name(f"{RETIRED}{former.keyid}.pub")
    retired.write_bytes(former.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    draft = path.with_name(f".{secrets.token_hex(8)}.pem")
    _write_private(draft, Ed25519PrivateKey.generate())
    draft.replace(path)
    return former.keyid, signer().keyid


def published() -> dict[str, Any]:
    """The public keys as `/.well-known/countersign/keys.json` says them, the one in use first.

    Raises:
        CannotSign: as `signer`.
    """
    path = key_file()
    current = _described(signer().key.public_key(), "active", path)
    retired = [
        _described(key, "retired", file)
        for file in sorted(path.parent.glob(f"{RETIRED}*.pub"), key=lambda file: -file.stat().st_mtime_ns)
        if isinstance(key := load_pem_public_key(file.read_bytes()), Ed25519PublicKey)
    ]
    return {"keys": [current, *retired]}


def _described(key: Ed25519PublicKey, state: str, file: Path) -> dict[str, Any]:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    since = dt.datetime.fromtimestamp(file.stat().st_mtime, tz=dt.UTC).replace(microsecond=0)
    return {
        "keyid": keyid_of(raw),
        "use": "receipts",
        "algorithm": "ed25519",
        "public_key": base64.b64encode(raw).decode(),
        "pem": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "state": state,
        "since": since,
    }


def _write_private(path: Path, key: Ed25519PrivateKey) -> None:
    body = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(body)


@lru_cache(maxsize=4)
def _loaded(path: Path, _changed: int) -> Signer:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("not an Ed25519 key")
    return signer_of(key)
