"""Makes a backup while everything runs: first the database under one snapshot, then the files it speaks of.

Files are immutable once the database names them, so what the snapshot speaks of is there afterwards, or was
deleted since for a reason that an event tells.
"""

import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings

from audit.fingerprint import digesting, reading
from config.backup import contents, tools
from config.backup.contents import DUMP, FORMAT, MANIFEST
from config.backup.errors import CannotBackUp
from config.backup.reaching import Reach
from config.embedded.folders import write_private
from config.version import VERSION

LEFT_OUT: Final = [
    "Private keys, of receipts and of the audit log: the restored copy signs with its own.",
    "SECRET_KEY: keep it elsewhere; without it everybody signs in again, and data subjects are not found "
    "for erasure.",
    "Passwords of database logins.",
]

SIGNERS: Final = (
    "The anchor file and the log's public keys: this account does not reach them. Copy them as the account "
    "of the signer, and keep the copy elsewhere than this backup."
)

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What a backup came to."""

    folder: Path
    digest: str
    """SHA-256 of the manifest."""
    gone: list[str] = field(default_factory=list)
    """Files that were deleted between dump and copy."""
    damaged: list[str] = field(default_factory=list)
    """Files that are not what the database says they are."""
    out_of_reach: list[str] = field(default_factory=list)
    """What another account keeps, each a sentence for people."""


def make(folder: Path, reach: Reach, *, now: dt.datetime, say: Say) -> Outcome:
    """Write a backup into `folder`, which appears when all of it is on disk.

    Raises:
        CannotBackUp: the folder is there already, or the dump failed.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotBackUp(f"{folder} is not empty. A backup gets a folder of its own.")
    draft = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    manifest, spoken = _dump(draft, reach, say)
    outcome = Outcome(folder, "")
    manifest["files"] = [_listed(draft, draft / DUMP)]
    manifest["files"] += _copy_files(draft, spoken, outcome, say)
    manifest["files"] += _copy_outside(draft, manifest["logs"], outcome, say)
    manifest |= {
        "format": FORMAT,
        "software": f"countersign {VERSION}",
        "created_at": now.isoformat(),
        "gone": outcome.gone,
        "damaged": outcome.damaged,
        "left_out": LEFT_OUT + outcome.out_of_reach,
    }
    write_private(draft / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    outcome.digest = contents.digest_of(draft / MANIFEST)
    for path in (draft, *draft.rglob("*")):
        _sync(path)
    if folder.exists():
        folder.rmdir()
    draft.rename(folder)
    _sync(folder.parent)
    return outcome


def _dump(draft: Path, reach: Reach, say: Say) -> tuple[dict[str, Any], list[contents.Spoken]]:
    """Dump the database, and read under the same snapshot what it speaks of."""
    with reach.connected() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot, version = _row(
            connection,
            "SELECT pg_export_snapshot(), current_setting('server_version_num')::integer / 10000",
        )
        say(f"database: dumping {reach.database}")
        try:
            tools.run(
                "pg_dump", "--format=custom", f"--snapshot={snapshot}", "--lock-wait-timeout=60s",
                f"--file={draft / DUMP}", *([f"--role={reach.owner}"] if reach.owner else []),
                login=reach.login, database=reach.database, version=version,
            )  # fmt: skip
        except (tools.ToolMissing, tools.ToolFailed) as error:
            raise CannotBackUp(str(error)) from error
        with connection.cursor() as cursor:
            schema = digesting.digests_of(found := reading.read_by(cursor))
        facts = {
            "database": {"name": reach.database, "postgresql": version},
            "schema": {"digest": digesting.whole(schema), "parts": schema, "objects": found},
            "logs": _logs(connection),
            "events": _row(connection, "SELECT count(*) FROM audit_event")[0],
        }
        return facts, contents.spoken_of(connection)


def _copy_files(
    draft: Path, spoken: list[contents.Spoken], outcome: Outcome, say: Say
) -> list[dict[str, Any]]:
    """Copy what the database speaks of; what is gone or damaged is said, and the rest is kept."""
    root = Path(settings.MEDIA_ROOT)
    listed = []
    for count, (name, sha256) in enumerate(spoken, start=1):
        if count % 100 == 0 or count == len(spoken):
            say(f"files: {count} of {len(spoken)}")
        target = draft / "files" / name
        try:
            _copy(root / name, target)
        except FileNotFoundError:
            outcome.gone.append(name)
            continue
        entry = _listed(draft, target)
        if entry["sha256"] != sha256:
            outcome.damaged.append(name)
            target.unlink()
            continue
        listed.append(entry)
    return listed


def _copy_outside(
    draft: Path, logs: list[dict[str, Any]], outcome: Outcome, say: Say
) -> list[dict[str, Any]]:
    """Public keys and anchors: what the database must not be trusted with. The signer may keep them apart."""
    listed: list[dict[str, Any]] = []
    for name, pem in contents.public_keys().items():
        target = draft / "keys" / name
        target.parent.mkdir(exist_ok=True, mode=0o700)
        target.write_bytes(pem)
        listed.append(_listed(draft, target))
    for path in contents.anchors():
        target = draft / "anchors" / path.name
        try:
            _copy(path, target)
        except OSError:
            continue
        listed.append(_listed(draft, target))
    if any(log["size"] for log in logs) and not any(each["path"].startswith("anchors/") for each in listed):
        outcome.out_of_reach.append(SIGNERS)
    say(f"keys and anchors: {len(listed)} files")
    return listed


def _logs(connection: "psycopg.Connection[Any]") -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT number, origin, base, size, root FROM audit_log ORDER BY number"
    ).fetchall()
    return [
        {"number": number, "origin": origin, "base": base, "size": size, "root": bytes(root).hex()}
        for number, origin, base, size, root in rows
    ]


def _row(connection: "psycopg.Connection[Any]", query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None  # an aggregate, or no FROM
    return tuple(row)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with target.open("xb") as copy:
            shutil.copyfileobj(file, copy, contents.BLOCK)


def _listed(draft: Path, path: Path) -> dict[str, Any]:
    name = str(path.relative_to(draft))
    return {"path": name, "sha256": contents.digest_of(path), "bytes": path.stat().st_size}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
