"""Brings a backup back: checked first, then the database, then the files; nothing that is there is lost."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from audit.fingerprint import digesting, reading
from config import roles
from config.backup import contents, tools
from config.backup.contents import DUMP, FORMAT, MANIFEST
from config.backup.errors import CannotRestore
from config.backup.reaching import Reach

Say = Callable[[str], None]
IN_A_DUMP = (
    "tables", "columns", "constraints", "indexes", "triggers", "rules", "policies", "functions", "sequences",
    "partitions",
)  # fmt: skip
"""Parts of a fingerprint that a dump has to bring back. Roles and settings belong to the cluster."""


@dataclass
class Outcome:
    """What a restore came to."""

    database: str
    set_aside: str = ""
    """The name that the former database has now."""
    differences: list[str] = field(default_factory=list)
    """Guards that are not as they were when the backup was made."""
    warnings: list[str] = field(default_factory=list)


def checked(folder: Path, say: Say) -> dict[str, Any]:
    """The manifest of a backup whose every file is what it says.

    Raises:
        CannotRestore: something is missing, changed or not listed.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        listed = {entry["path"]: entry for entry in manifest["files"]}
        known = manifest["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotRestore(f"{folder} is no backup: {type(error).__name__} in {MANIFEST}.") from error
    if not known:
        raise CannotRestore(f"{folder} has a format that this release does not read.")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - {MANIFEST}
    if strange := sorted(there ^ listed.keys()):
        raise CannotRestore(f"{folder} does not hold what its manifest says: {', '.join(strange[:5])}")
    for count, (name, entry) in enumerate(listed.items(), start=1):
        path = folder / name
        if path.is_symlink() or contents.digest_of(path) != entry["sha256"]:
            raise CannotRestore(f"{name} is not what it was when the backup was made.")
        if count % 100 == 0 or count == len(listed):
            say(f"checked: {count} of {len(listed)} files")
    return manifest


def restore(folder: Path, reach: Reach, *, replace: bool, now: dt.datetime, say: Say) -> Outcome:
    """Bring back the database and files of a backup.

    With `replace` a database that holds something is renamed first, never dropped.

    Raises:
        CannotRestore: the backup is damaged, or something is there that would be lost.
    """
    manifest = checked(folder, say)
    _refuse_other_files(folder, manifest)
    outcome = Outcome(reach.database)
    may_make = _may_make_roles(reach)
    if _holds_something(reach):
        if not replace:
            raise CannotRestore(
                f"The database {reach.database} is not empty. With --replace it is renamed and stays."
            )
        outcome.set_aside = _set_aside(reach, now)
        say(f"database: the former one is called {outcome.set_aside} now")
    if may_make:
        roles.set_up(reach.login, reach.database)
    _fill(folder, reach, int(manifest["database"]["postgresql"]), say)
    _hand_over(reach, may_make=may_make, say=say)
    outcome.differences = _differences(reach, manifest)
    _put_files(folder, manifest, outcome, say)
    return outcome


def _may_make_roles(reach: Reach) -> bool:
    with reach.connected("postgres", autocommit=True) as cluster:
        row = cluster.execute(
            "SELECT rolsuper OR (rolcreaterole AND rolcreatedb) FROM pg_roles WHERE rolname = session_user"
        ).fetchone()
    return bool(row and row[0])


def _holds_something(reach: Reach) -> bool:
    with reach.connected("postgres", autocommit=True) as cluster:
        if cluster.execute("SELECT FROM pg_database WHERE datname = %s", [reach.database]).fetchone() is None:
            return False
    with reach.connected() as inside:
        return (
            inside.execute(
                "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1"
            ).fetchone()
            is not None
        )


def _set_aside(reach: Reach, now: dt.datetime) -> str:
    name = f"{reach.database}_until_{now:%Y%m%d_%H%M%S}"
    renaming = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (reach.database, name)))
    try:
        with reach.connected("postgres", autocommit=True) as cluster:
            cluster.execute(renaming)
    except psycopg.errors.ObjectInUse as error:
        raise CannotRestore(f"Somebody uses {reach.database}: stop all processes first.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise CannotRestore("DATABASE_ADMIN_URL may not rename databases: name a superuser.") from error
    return name


def _fill(folder: Path, reach: Reach, version_of_dump: int, say: Say) -> None:
    try:
        with reach.connected() as inside:
            version = inside.info.server_version // 10000
            if version < version_of_dump:
                raise CannotRestore(
                    f"The backup is of PostgreSQL {version_of_dump}, the server is {version}."
                )
            belongs = inside.execute(
                "SELECT pg_has_role(session_user, to_regrole(%s), 'MEMBER')", [f'"{reach.names.owner}"']
            ).fetchone()
    except psycopg.OperationalError as error:
        raise CannotRestore(
            f"There is no database {reach.database}, and DATABASE_ADMIN_URL may not make one: "
            f"manage.py database_roles --print | psql ({error})"
        ) from error
    if not belongs or not belongs[0]:
        raise CannotRestore(f"DATABASE_ADMIN_URL is no member of {reach.names.owner}: run database_roles.")
    say(f"database: restoring {reach.database}")
    try:
        # Owner and grants come from this release's own functions: roles are named after the database.
        tools.run(
            "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
            f"--role={reach.names.owner}", str(folder / DUMP),
            login=reach.login, database=reach.database, version=version,
        )  # fmt: skip
    except (tools.ToolMissing, tools.ToolFailed) as error:
        raise CannotRestore(str(error)) from error


def _hand_over(reach: Reach, *, may_make: bool, say: Say) -> None:
    say("database: owner and grants")
    if may_make:
        roles.set_up(reach.login, reach.database)
        return
    with reach.connected() as inside:
        for statement in roles.database_statements(reach.database):
            inside.execute(statement.encode())


def _differences(reach: Reach, manifest: dict[str, Any]) -> list[str]:
    with reach.connected() as inside, inside.cursor() as cursor:
        found = reading.read_by(cursor)
    before = digesting.settled(manifest["schema"]["objects"])  # of a release that did not, perhaps
    return digesting.compare(
        *({part: objects.get(part, {}) for part in IN_A_DUMP} for objects in (before, found))
    ).lines()


def _files_of(manifest: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in manifest["files"] if entry["path"].startswith(f"{kind}/")]


def _refuse_other_files(folder: Path, manifest: dict[str, Any]) -> None:
    """A file under the same name with other content is somebody's: look before anything is changed."""
    for entry in _files_of(manifest, "files"):
        target = Path(settings.MEDIA_ROOT) / entry["path"].removeprefix("files/")
        if ".." in target.parts:
            raise CannotRestore(f"{entry['path']} leads out of its folder.")
        if target.exists() and contents.digest_of(target) != entry["sha256"]:
            raise CannotRestore(f"{target} is there already, and another one. Move it away.")


def _put_files(folder: Path, manifest: dict[str, Any], outcome: Outcome, say: Say) -> None:
    entries = _files_of(manifest, "files")
    for entry in entries:
        _put(folder / entry["path"], Path(settings.MEDIA_ROOT) / entry["path"].removeprefix("files/"))
    say(f"files: {len(entries)}")
    _put_keys(folder, manifest)
    _put_anchors(folder, manifest, outcome)


def _put_keys(folder: Path, manifest: dict[str, Any]) -> None:
    """Public keys join those of before, except of a private key that is in use here."""
    in_use = {
        contents.public_part(path) for keys in contents.key_folders() for path in keys.glob("[!.]*.pem")
    }
    for entry in _files_of(manifest, "keys"):
        source = folder / entry["path"]
        if source.read_bytes() not in in_use:
            _put(source, Path(settings.VAR_DIR) / entry["path"])


def _put_anchors(folder: Path, manifest: dict[str, Any], outcome: Outcome) -> None:
    """Anchors that are there know more than those of the backup: they stay, and say what is missing."""
    standing = contents.anchors()
    if not standing or not any(path.exists() for path in standing):
        for entry in _files_of(manifest, "anchors"):
            _put(folder / entry["path"], Path(settings.VAR_DIR) / "anchors" / Path(entry["path"]).name)
        standing = contents.anchors()
        outcome.warnings.append(
            "Anchors were only in the backup itself. If the log was signed after it, say so to whoever "
            "verifies, and continue it with: manage.py audit_log restart --reason ..."
        )
    sizes = {log["number"]: log["size"] for log in manifest["logs"]}
    newest = _newest_anchor(standing)
    if newest is not None and newest[1] > sizes.get(newest[0], 0):
        outcome.warnings.append(
            f"Log {newest[0]} was anchored outside at {newest[1]} leaves, the restored tree has "
            f"{sizes.get(newest[0], 0)}. It cannot continue: nothing will be signed before "
            "manage.py audit_log restart --reason ..."
        )


def _newest_anchor(files: list[Path]) -> tuple[int, int] | None:
    """Log and size of the last checkpoint that the anchor files hold."""
    found = []
    for path in files:
        for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
            try:
                said = json.loads(line)
                found.append((int(said["log"]), int(str(said["note"]).split("\n")[1])))
            except (ValueError, KeyError, TypeError, IndexError):
                continue  # cut off by a crash, or the beginning of a log
    return max(found, default=None)


def _put(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f"{target.name}.restoring")
    shutil.copyfile(source, draft)
    draft.rename(target)
