"""The suite's database: where it comes from, how it is made, how it is emptied."""

import contextlib
import os
import secrets
import socket
import tempfile
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
import psycopg
import pytest
from django.core.management import call_command
from psycopg import sql

from audit.roles import Roles, roles_of
from config import roles
from config.embedded.postgres import EmbeddedPostgres

KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}
"""Written by migrations alone, and many rows: they stay."""

SEEDS = "suite_seeds"
"""A schema with copies of the rows that migrations made."""


STATES = "trigger_states"
"""A table there that remembers which triggers the migrations left on."""

STATES_OF_TRIGGERS = (
    "SELECT tgrelid::regclass::text AS name, tgname AS trigger, tgenabled AS state FROM pg_trigger "
    "WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace)"
)


@dataclass(frozen=True)
class TestDatabase:
    """One database with its roles."""

    __test__ = False  # not a test, whatever its name begins with

    login: dict[str, Any]
    """Who made it: a superuser or a login that may make roles. psycopg's parameters without a database."""
    name: str
    password: str

    def settings(self, role: str) -> dict[str, Any]:
        """What Django needs to log in as one of `config.roles.LOGINS`."""
        options = {"assume_role": roles_of(self.name).owner} if role == "migrator" else {}
        return {
            "NAME": self.name,
            "USER": getattr(roles_of(self.name), role),
            "PASSWORD": self.password,
            "HOST": self.login.get("host", ""),
            "PORT": str(self.login.get("port", "")),
            "OPTIONS": {"application_name": "countersign suite", **options},
            "CONN_MAX_AGE": 0,
        }

    def url(self, role: str) -> str:
        """The same as an address, for processes of their own."""
        host = urllib.parse.quote(str(self.login.get("host", "")), safe="")
        port = f":{self.login['port']}" if self.login.get("port") else ""
        return f"postgres://{getattr(roles_of(self.name), role)}:{self.password}@{host}{port}/{self.name}"

    def migrate(self) -> None:
        """Migrate as the owner, and remember the rows that migrations make."""
        call_command("migrate", database="admin", verbosity=0, interactive=False)
        with self.as_owner() as owner:
            owner.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SEEDS)))
            owner.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS {} AS {}").format(
                    sql.Identifier(SEEDS, STATES), sql.SQL(STATES_OF_TRIGGERS)
                )
            )
            for table in _tables(owner) - KEPT_TABLES:
                if owner.execute(
                    sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
                ).fetchone():
                    owner.execute(
                        sql.SQL("CREATE TABLE IF NOT EXISTS {} AS TABLE {}").format(
                            sql.Identifier(SEEDS, table), sql.Identifier("public", table)
                        )
                    )

    def clean(self) -> None:
        """Back to how the migrations left it."""
        with self.as_owner() as owner:
            owner.execute("SET LOCAL lock_timeout = '10s'")
            tables = sorted(_tables(owner) - KEPT_TABLES)
            guarded = owner.execute(
                "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
                "WHERE NOT tgisinternal AND tgtype & 32 <> 0 AND tgparentid = 0"
            ).fetchall()
            for table, trigger, _ in guarded:
                owner.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{trigger}"'.encode())
            owner.execute(
                sql.SQL("TRUNCATE {} RESTART IDENTITY").format(
                    sql.SQL(", ").join(sql.Identifier(table) for table in tables)
                )
            )
            for table, trigger, enabled in guarded:
                always = "ALWAYS " if enabled == b"A" or enabled == "A" else ""
                owner.execute(f'ALTER TABLE {table} ENABLE {always}TRIGGER "{trigger}"'.encode())
            _put_triggers_back(owner)
            seeded = owner.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'"
                " AND relname <> %s",
                [SEEDS, STATES],
            )
            for (table,) in seeded.fetchall():
                owner.execute(
                    sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(
                        sql.Identifier("public", table), sql.Identifier(SEEDS, table)
                    )
                )
                _advance_identity(owner, table)

    @contextlib.contextmanager
    def as_owner(self) -> Iterator["psycopg.Connection[Any]"]:
        """A transaction in which one may do what the application may not."""
        names = roles_of(self.name)
        with psycopg.connect(
            **self.login | {"user": names.migrator, "password": self.password}, dbname=self.name
        ) as it:
            it.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(names.owner)))
            yield it


class Server:
    """A PostgreSQL on which databases can be made for a run."""

    def __init__(self, login: dict[str, Any], prefix: str) -> None:
        self.login = login
        self.prefix = prefix

    @contextlib.contextmanager
    def fresh_database(self) -> Iterator[TestDatabase]:
        """A new database with roles of its own, removed afterwards."""
        database = TestDatabase(
            self.login, f"{self.prefix}_{secrets.token_hex(3)}", secrets.token_urlsafe(24)
        )
        with psycopg.connect(**self.login, dbname="postgres", autocommit=True) as held:
            held.execute("SELECT pg_advisory_lock(hashtext(%s))", [database.name])
            roles.set_up(self.login, database.name, dict.fromkeys(roles.LOGINS, database.password))
            _let_tests_sequence(held, roles_of(database.name))
            try:
                yield database
            finally:
                roles.drop(self.login, database.name)

    def drop_abandoned(self) -> None:
        """Remove what killed runs have left: databases like ours whose lock nobody holds."""
        with psycopg.connect(**self.login, dbname="postgres", autocommit=True) as connection:
            found = connection.execute(
                "SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{self.prefix}_[0-9a-f]{{6}}$"]
            )
            for (name,) in found.fetchall():
                lock = connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name]).fetchone()
                if lock is not None and lock[0]:
                    roles.drop(self.login, name)


@contextlib.contextmanager
def open_server(var_dir: Path) -> Iterator[Server]:
    """The server of DATABASE_ADMIN_URL (or DATABASE_URL), else an embedded one for this run."""
    if url := os.environ.get("DATABASE_ADMIN_URL") or os.environ.get("DATABASE_URL"):
        named = dj_database_url.parse(url)
        login = roles.login_of(named)
        _require_rights(login, named["NAME"])
        server = Server(login, f"test_{named['NAME']}"[:40])
        server.drop_abandoned()
        yield server
        return
    # Sockets have short paths, whatever VAR_DIR is.
    with tempfile.TemporaryDirectory(prefix="cs-db-") as folder:
        settings = {"fsync": "off", "full_page_writes": "off"}  # a crash of the machine ends the run anyway
        server = EmbeddedPostgres(Path(folder), log=var_dir / "log" / "postgres.log", settings=settings)
        server.start()
        try:
            yield Server(server.login, "test_countersign")
        finally:
            server.stop()


def free_port() -> int:
    """A port on loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _let_tests_sequence(cluster: "psycopg.Connection[Any]", names: Roles) -> None:
    """Let the application's login take the sequencer's role, by name and for a moment."""
    app, role = sql.Identifier(names.app), sql.Identifier(names.sequencer)
    cluster.execute(sql.SQL("ALTER ROLE {} NOINHERIT").format(app))
    cluster.execute(sql.SQL("GRANT {} TO {}").format(role, app))


def _require_rights(login: dict[str, Any], database: str) -> None:
    with psycopg.connect(**login, dbname="postgres") as connection:
        row = connection.execute(
            "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    if row is None or not row[0]:
        pytest.exit(
            "The suite makes a database and roles of its own, next to yours. The login of "
            "DATABASE_ADMIN_URL may "
            f"not: run `manage.py database_roles --database {database} --for-tests`, or name a superuser.",
            returncode=4,
        )


def _put_triggers_back(owner: "psycopg.Connection[Any]") -> None:
    """Tests of guards switch them off, and one test's must not be another's."""
    changed = owner.execute(
        sql.SQL(
            "SELECT name, trigger, was.state FROM {} AS was JOIN ({}) AS now USING (name, trigger) "
            "WHERE was.state <> now.state"
        ).format(sql.Identifier(SEEDS, STATES), sql.SQL(STATES_OF_TRIGGERS))
    ).fetchall()
    words = {"A": "ENABLE ALWAYS", "O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA"}
    for table, trigger, state in changed:
        word = words[state.decode() if isinstance(state, bytes) else state]
        owner.execute(f'ALTER TABLE {table} {word} TRIGGER "{trigger}"'.encode())


def _tables(connection: "psycopg.Connection[Any]") -> set[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p') AND NOT relispartition"
    )
    return {row[0] for row in rows}


def _advance_identity(connection: "psycopg.Connection[Any]", table: str) -> None:
    columns = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attidentity <> ''", [table]
    ).fetchall()
    for (column,) in columns:
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({table}, {name}), max({column})) FROM {of}").format(
                table=sql.Literal(table),
                name=sql.Literal(column),
                column=sql.Identifier(column),
                of=sql.Identifier(table),
            )
        )
