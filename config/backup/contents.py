"""What a backup holds beside the dump: files that the database speaks of, public keys, anchors."""

import hashlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from governance.gate.keys import NAMES_OF_FORMER

DUMP: Final = "database.dump"
MANIFEST: Final = "manifest.json"
FORMAT: Final = "countersign backup 1"
BLOCK: Final = 1024 * 1024

FILES: Final[tuple[tuple[str, str], ...]] = (
    (
        "reviews_export",
        "SELECT 'exports/' || id || '/' || (file->>'name'), file->>'sha256' "
        "FROM reviews_export, jsonb_array_elements(manifest->'files') AS file WHERE state = 'done'",
    ),
    (
        "governance_evidence",
        "SELECT DISTINCT 'evidence/' || left(sha256, 2) || '/' || sha256, sha256 "
        "FROM governance_evidence WHERE kind = 'file' AND uri = ''",
    ),
    (
        "audit_bundle",
        "SELECT 'bundles/' || id || '.zip', manifest->>'sha256' FROM audit_bundle WHERE state = 'done'",
    ),
)
"""Table, and the paths below `MEDIA_ROOT` with their sha256 that its rows speak of."""


class Spoken(NamedTuple):
    """A file that the database speaks of."""

    path: str
    sha256: str


def spoken_of(connection: "psycopg.Connection[Any]") -> list[Spoken]:
    """Every file that the database speaks of, as the connection's snapshot sees it."""
    found = []
    for table, query in FILES:
        row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
        if row and row[0]:
            found += [Spoken(*row) for row in connection.execute(query.encode()).fetchall()]
    return sorted(found)


def public_keys() -> dict[str, bytes]:
    """The public keys of this copy as PEM, named as keys of before: a restored copy signs with its own."""
    found: dict[str, bytes] = {}
    for folder in key_folders():
        found |= {path.name: path.read_bytes() for path in folder.glob("*.pub")}
        for path in folder.glob("[!.]*.pem"):
            if (public := public_part(path)) is not None:
                found[_name_of_former(path.stem, public)] = public
    return dict(sorted(found.items()))


def public_part(path: Path) -> bytes | None:
    """The public key, as PEM, of a private one; None where this user cannot read it."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None).public_key()
    except (OSError, ValueError, TypeError):
        return None
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _name_of_former(stem: str, pem: bytes) -> str:
    """As `governance.gate.keys` (for receipts) and `audit.log.keys` name keys of before."""
    key = load_pem_public_key(pem)
    keyid = hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()
    return (NAMES_OF_FORMER if stem == "receipt" else f"{stem}-retired-*.pub").replace("*", keyid)


def anchors() -> list[Path]:
    """The files that remember outside the database what was signed."""
    named = getattr(settings, "AUDIT_ANCHOR_FILE", "")
    folder = Path(settings.VAR_DIR) / "anchors"
    return [Path(named)] if named else sorted(path for path in folder.glob("*") if path.is_file())


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def key_folders() -> list[Path]:
    """Where keys lie."""
    named = (settings.RECEIPT_KEY_FILE, getattr(settings, "AUDIT_LOG_KEY_FILE", ""))
    folders = {Path(settings.VAR_DIR) / "keys", *(Path(name).parent for name in named if name)}
    return sorted(folder for folder in folders if folder.is_dir())
