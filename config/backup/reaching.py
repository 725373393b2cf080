"""The database that is backed up or restored: the one that is named, else the embedded one."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
import psycopg
from psycopg import sql

from audit.roles import Roles, roles_of
from config import environment, roles, services
from config.backup.errors import CannotBackUp, CannotRestore
from config.embedded import folders
from config.embedded.postgres import EmbeddedPostgres

EMBEDDED = "countersign"


@dataclass(frozen=True, slots=True)
class Reach:
    """A login and the database it is about."""

    login: dict[str, Any]
    """psycopg's parameters without the database."""
    database: str
    owner: str | None
    """Whom to act as; None where one login owns everything, or for a superuser."""

    @property
    def names(self) -> Roles:
        return roles_of(self.database)

    @contextlib.contextmanager
    def connected(self, database: str | None = None, **options: Any) -> Iterator["psycopg.Connection[Any]"]:
        """A connection, as the owner where there is one."""
        with psycopg.connect(**self.login, dbname=database or self.database, **options) as connection:
            if self.owner is not None:
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(self.owner)))
            yield connection


@contextlib.contextmanager
def to_back_up(say: Callable[[str], None]) -> Iterator[Reach]:
    """The database as it runs; an embedded one that does not run is started for it.

    Raises:
        CannotBackUp: there is none, or no login that may read all of it.
    """
    var_dir = environment.VAR_DIR.read()
    found = services.find()
    if found.database:
        yield _reading(found)
        return
    if not (var_dir / "postgres" / "data").exists():
        raise CannotBackUp(f"There is no database in {var_dir}, and DATABASE_URL names none.")
    with _started(var_dir, say) as server:
        yield Reach(server.login, EMBEDDED, None)


@contextlib.contextmanager
def to_restore(say: Callable[[str], None]) -> Iterator[Reach]:
    """The server that gets the database: the one that is named, else the embedded one of `VAR_DIR`.

    Raises:
        CannotRestore: no login that may change it is named, or the embedded copy runs.
    """
    named = services.named()
    if named.database:
        if not named.admin:
            raise CannotRestore("Set DATABASE_ADMIN_URL: the application's login cannot restore.")
        name = str(dj_database_url.parse(named.database)["NAME"])
        yield Reach(roles.login_of(dj_database_url.parse(named.admin)), name, None)
        return
    var_dir = environment.VAR_DIR.read()
    if services.is_up(var_dir):
        raise CannotRestore(f"Countersign runs in {var_dir}. Stop it first.")
    var_dir.mkdir(parents=True, exist_ok=True)
    folders.prepare(var_dir)
    with _started(var_dir, say) as server:
        yield Reach(server.login, EMBEDDED, None)


def _reading(found: services.Services) -> Reach:
    """The migrator as the owner, who reads everything; else the only login there is."""
    parsed = dj_database_url.parse(found.admin or found.database)
    reach = Reach(roles.login_of(parsed), str(parsed["NAME"]), None)
    with reach.connected() as connection:
        row = connection.execute(
            "SELECT to_regrole(%s) IS NOT NULL, pg_has_role(session_user, relowner, 'MEMBER') FROM pg_class "
            "WHERE oid = to_regclass('audit_event')",
            [f'"{reach.names.owner}"'],
        ).fetchone()
    if row is None:
        raise CannotBackUp(f"The database {reach.database} holds no Countersign.")
    has_owner, may_read = row
    if not may_read:
        raise CannotBackUp("Set DATABASE_ADMIN_URL: the application's login cannot read all of it.")
    return Reach(reach.login, reach.database, reach.names.owner if has_owner else None)


@contextlib.contextmanager
def _started(var_dir: Path, say: Callable[[str], None]) -> Iterator[EmbeddedPostgres]:
    with folders.hold(var_dir, "backup and restore"):
        say("database: starting the embedded PostgreSQL")
        server = EmbeddedPostgres(var_dir / "postgres", log=var_dir / "log" / "postgres.log")
        server.start()
        try:
            yield server
        finally:
            server.stop()
