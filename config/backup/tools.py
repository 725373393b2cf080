"""PostgreSQL's own programs, of the server's version."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from config.embedded import postgres


class ToolMissing(Exception):
    """No program of the server's version. The message says where it was looked for."""


class ToolFailed(Exception):
    """The program's last words."""


def run(name: str, *arguments: str, login: dict[str, Any], database: str, version: int) -> None:
    """Run `pg_dump` or `pg_restore` of that major version against a database.

    Raises:
        ToolMissing: there is none of this version.
        ToolFailed: it ended with an error.
    """
    # The password in the environment: a command line is for everybody to see.
    told = {key: value for key, value in login.items() if key != "password"}
    done = subprocess.run(
        [
            str(find(name, version)),
            *arguments,
            "--no-password",
            "--dbname",
            make_conninfo(dbname=database, **told),
        ],
        env={**os.environ, **({"PGPASSWORD": login["password"]} if login.get("password") else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ToolFailed(f"{name}: {done.stderr.strip()[-2000:]}")


def find(name: str, version: int) -> Path:
    """The program of that major version: on PATH, where distributions put it, or in the wheel.

    Of another version it would not do: a newer pg_restore says things that an older server does not know.

    Raises:
        ToolMissing: there is none.
    """
    for program in _candidates(name, version):
        if _version_of(program) == version:
            return program
    raise ToolMissing(
        f"{name} of PostgreSQL {version}, the server's version, is not on PATH. Install the client programs "
        f"of that version, such as the package postgresql-client-{version}."
    )


def _candidates(name: str, version: int) -> Iterator[Path]:
    if found := shutil.which(name):
        yield Path(found)
    yield Path(f"/usr/lib/postgresql/{version}/bin/{name}")
    try:
        yield postgres.programs() / name
    except postgres.Unavailable:
        return


def _version_of(program: Path) -> int | None:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else None
