"""The key that signs checkpoints, and the public keys that verify them.

The private key is a file that the signer alone reads. Public keys are in the database too, so that the web
can list them without being able to read the file; who verifies gets the key over another way.
"""

import base64
import datetime as dt
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from audit.log import keyfiles
from audit.log.errors import CannotSign
from audit.log.models import Log, LogKey
from audit.note import ED25519, Signer, Verifier

NO_KEY: Final = (
    "There is no signing key at {}. Run this as the account of the signer, with its environment. The signer "
    "makes the key when it starts for the first time."
)
ANOTHER_KEY: Final = (
    "The key at {} has never signed this log. Run this as the account of the signer, with its environment."
)


def key_file() -> Path:
    """Where the key in use is."""
    return Path(settings.AUDIT_LOG_KEY_FILE or settings.VAR_DIR / "keys" / "log.pem")


def names_of_former() -> str:
    """What the files of public keys of before are called, beside the private one."""
    return f"{key_file().stem}-retired-*.pub"


def signer(origin: str) -> Signer:
    """The key in use under the name of a log; made when there is none and none is named.

    Raises:
        CannotSign: the file is missing or no Ed25519 key.
    """
    path = key_file()
    if not settings.AUDIT_LOG_KEY_FILE and not path.exists():
        keyfiles.make(path)
    return Signer(origin, keyfiles.load(path))


def verifiers(origin: str) -> list[Verifier]:
    """What verifies the signatures of this place under the name of a log, those of before too.

    Read from beside the private key: the database must not be able to add one.

    Raises:
        CannotSign: as `signer`.
    """
    present = signer(origin).verifier
    before = keyfiles.retired(key_file(), names_of_former())
    return [present, *(Verifier(origin, ED25519, key.public_bytes_raw()) for _, key in before)]


def listed(log: Log) -> list[Verifier]:
    """The public keys that were listed with a log, the last one last."""
    vkeys = LogKey.objects.filter(log=log.number).order_by("seq").values_list("vkey", flat=True)
    return [Verifier.parse(vkey) for vkey in vkeys]


def require_in_use(log: Log) -> None:
    """Refuse a key that does not sign this log: whoever runs the command may not be the signer's account.

    Raises:
        CannotSign: there is no key, or another one has signed the log.
    """
    path, listed = key_file(), LogKey.objects.filter(log=log.number)
    if not path.exists():
        raise CannotSign(NO_KEY.format(path))
    if listed.exists() and not listed.filter(vkey=signer(log.origin).verifier.vkey).exists():
        raise CannotSign(ANOTHER_KEY.format(path))


def remember(log: Log, verifier: Verifier, *, now: dt.datetime) -> None:
    """List a public key with its log; once is enough."""
    if not LogKey.objects.filter(log=log.number, vkey=verifier.vkey).exists():
        LogKey.objects.bulk_create(
            [LogKey(log=log.number, vkey=verifier.vkey, since=now)], ignore_conflicts=True
        )


def published() -> list[dict[str, Any]]:
    """The public keys of all logs as `/.well-known/countersign/keys.json` says them, the one in use first."""
    rows = list(LogKey.objects.order_by("-seq"))
    active = rows[0].seq if rows else None
    origins = dict(Log.objects.values_list("number", "origin"))
    return [
        _described(row, origins.get(row.log, ""), "active" if row.seq == active else "retired")
        for row in rows
    ]


def _described(row: LogKey, origin: str, state: str) -> dict[str, Any]:
    verifier = Verifier.parse(row.vkey)
    key = Ed25519PublicKey.from_public_bytes(verifier.public_key)
    return {
        "keyid": verifier.key_id.hex(),
        "use": "audit log",
        "algorithm": "ed25519",
        "public_key": base64.b64encode(verifier.public_key).decode(),
        "pem": keyfiles.pem_of(key).decode(),
        "vkey": row.vkey,
        "origin": origin,
        "state": state,
        "since": row.since.replace(microsecond=0),
    }
