"""The keys that sign receipts: files outside the database, one in use, those before it listed for ever.

`VAR_DIR/keys/receipt.pem` (PKCS 8, mode 0600) is made when it is first needed; `RECEIPT_KEY_FILE` names
another, which is never made but has to be there. Beside it, `retired-<keyid>.pub` are public keys of before:
receipts live for minutes, but somebody may ask years later what one of them proved.
"""

import base64
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from audit.log import errors, keyfiles
from governance.gate.errors import CannotSign
from governance.gate.receipts import Signer, keyid_of, signer_of

NAMES_OF_FORMER: Final = "retired-*.pub"
UNUSABLE: Final = "The key that signs receipts cannot be read, so the gate gives no answer: {}"


def signer() -> Signer:
    """The key in use; made when there is none and none is named.

    Raises:
        CannotSign: the file is missing or no Ed25519 key.
    """
    path = key_file()
    with _refusing():
        if not path.exists() and not settings.RECEIPT_KEY_FILE:
            keyfiles.make(path)
        return _loaded(path, path.stat().st_mtime_ns)


def key_file() -> Path:
    """Where the key in use is."""
    return Path(settings.RECEIPT_KEY_FILE or settings.VAR_DIR / "keys" / "receipt.pem")


def rotate() -> tuple[str, str]:
    """Put a fresh key in the place of the one in use; the ids of the former and the new one.

    Receipts of the former stay valid as long as they live, and checkable for ever.

    Raises:
        CannotSign: there is no key that could be retired.
    """
    former = signer()
    with _refusing():
        keyfiles.rotate(key_file(), NAMES_OF_FORMER)
    return former.keyid, signer().keyid


def published() -> dict[str, Any]:
    """The public keys as `/.well-known/countersign/keys.json` says them, the one in use first.

    Raises:
        CannotSign: as `signer`, or one of those before cannot be read.
    """
    path = key_file()
    current = _described(signer().key.public_key(), "active", path)
    with _refusing():
        former = keyfiles.retired(path, NAMES_OF_FORMER)
    former.sort(key=lambda found: -found[0].stat().st_mtime_ns)
    return {"keys": [current, *(_described(key, "retired", file) for file, key in former)]}


def _described(key: Ed25519PublicKey, state: str, file: Path) -> dict[str, Any]:
    raw = key.public_bytes_raw()
    since = dt.datetime.fromtimestamp(file.stat().st_mtime, tz=dt.UTC).replace(microsecond=0)
    return {
        "keyid": keyid_of(raw),
        "use": "receipts",
        "algorithm": "ed25519",
        "public_key": base64.b64encode(raw).decode(),
        "pem": keyfiles.pem_of(key).decode(),
        "state": state,
        "since": since,
    }


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (OSError, errors.CannotSign) as error:
        why = type(error).__name__ if isinstance(error, OSError) else str(error)
        raise CannotSign(UNUSABLE.format(why)) from error


@lru_cache(maxsize=4)
def _loaded(path: Path, _changed: int) -> Signer:
    return signer_of(keyfiles.load(path))
