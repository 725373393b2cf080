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


TRIGGERS = "trigger_states"
"""A table there that remembers which triggers the migrations left on."""

SEQUENCES = "sequence_states"
"""And one that remembers how far they got in counting."""

STATES_OF_TRIGGERS = (
    "SELECT tgrelid::regclass::text AS name, tgname AS trigger, tgenabled AS state FROM pg_trigger "
    "WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace)"
)
STATES_OF_SEQUENCES = (
    "SELECT seqrelid::regclass::text AS name, seqstart AS first, pg_sequence_last_value(seqrelid) AS last "
    "FROM pg_sequence"
)
USED = (
    "SELECT DISTINCT coalesce(pg_partition_root(oid), oid)::regclass::text, "
    "sum(pg_relation_size(oid)) OVER () FROM pg_class "
    "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
    "AND pg_relation_size(oid) > 0 AND relname <> ALL(%s)"
)
"""Tables with anything in their files, be it dead, and how large these are together."""

GUARDING = (
    "SELECT tgrelid::regclass::text, array_agg(tgname::text) FROM pg_trigger "
    "WHERE NOT tgisinternal AND tgparentid = 0 AND tgtype & %s <> 0 "
    "AND (%s::text[] IS NULL OR tgrelid::regclass::text = ANY(%s)) GROUP BY 1"
)
ON_DELETE, ON_TRUNCATE = 8, 32
"""Bits of `tgtype`."""

LITTLE = 16 << 20
"""Bytes up to which deleting rows is faster than giving each of a hundred tables new files."""


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
            for name, states in ((TRIGGERS, STATES_OF_TRIGGERS), (SEQUENCES, STATES_OF_SEQUENCES)):
                owner.execute(
                    sql.SQL("CREATE TABLE IF NOT EXISTS {} AS {}").format(
                        sql.Identifier(SEEDS, name), sql.SQL(states)
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
        """Back to how the migrations left it.

        Most tests leave a few rows in a few tables, so rows are deleted; now and then the files of all
        tables are made anew. All rows go, so a superuser need not look whether others refer to them.
        """
        with self._as_cleaner() as owner:
            owner.execute("SET LOCAL lock_timeout = '10s'")
            used = owner.execute(USED, [sorted(KEPT_TABLES)]).fetchall()
            if used and used[0][1] > LITTLE:
                tables = sorted(_tables(owner) - KEPT_TABLES)
                _lift(owner, ON_TRUNCATE, None)  # partitions have such triggers of their own
                names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
                owner.execute(sql.SQL("TRUNCATE {}").format(names))
            else:
                tables = [name for name, _ in used]
                _lift(owner, ON_DELETE, tables)
                for table in tables:
                    owner.execute(f"DELETE FROM {table}".encode())
                # A trigger that waits keeps its table from being altered.
                owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _put_triggers_back(owner)
            _put_sequences_back(owner)
            seeded = owner.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'"
                " AND relname <> ALL(%s)",
                [SEEDS, [TRIGGERS, SEQUENCES]],
            )
            for (table,) in seeded.fetchall():
                owner.execute(
                    sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(
                        sql.Identifier("public", table), sql.Identifier(SEEDS, table)
                    )
                )

    @contextlib.contextmanager
    def as_owner(self) -> Iterator["psycopg.Connection[Any]"]:
        """A transaction in which one may do what the application may not."""
        names = roles_of(self.name)
        with psycopg.connect(
            **self.login | {"user": names.migrator, "password": self.password}, dbname=self.name
        ) as it:
            it.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(names.owner)))
            yield it

    @contextlib.contextmanager
    def _as_cleaner(self) -> Iterator["psycopg.Connection[Any]"]:
        """The same, without checks of foreign keys if whoever made the database may switch them off."""
        with psycopg.connect(**self.login, dbname=self.name) as it:
            if it.info.parameter_status("is_superuser") == "on":
                it.execute("SET session_replication_role = replica")
                yield it
                return
        with self.as_owner() as it:
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


def _lift(owner: "psycopg.Connection[Any]", event: int, tables: list[str] | None) -> None:
    """Switch off the triggers of these tables, or of all, that speak at such an event."""
    for table, triggers in owner.execute(GUARDING, [event, tables, tables]).fetchall():
        off = ", ".join(f'DISABLE TRIGGER "{trigger}"' for trigger in triggers)
        owner.execute(f"ALTER TABLE {table} {off}".encode())


def _put_triggers_back(owner: "psycopg.Connection[Any]") -> None:
    """Those lifted for cleaning, and those that a test of guards switched off."""
    changed = owner.execute(
        sql.SQL(
            "SELECT name, array_agg(trigger::text), array_agg(was.state::text) "
            "FROM {} AS was JOIN ({}) AS now USING (name, trigger) WHERE was.state <> now.state GROUP BY 1"
        ).format(sql.Identifier(SEEDS, TRIGGERS), sql.SQL(STATES_OF_TRIGGERS))
    ).fetchall()
    words = {"A": "ENABLE ALWAYS", "O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA"}
    for table, triggers, states in changed:
        back = zip(triggers, states, strict=True)
        on = ", ".join(f'{words[state]} TRIGGER "{trigger}"' for trigger, state in back)
        owner.execute(f"ALTER TABLE {table} {on}".encode())


def _put_sequences_back(owner: "psycopg.Connection[Any]") -> None:
    owner.execute(
        sql.SQL(
            "SELECT setval(name::regclass, coalesce(was.last, was.first), was.last IS NOT NULL) "
            "FROM {} AS was JOIN ({}) AS now USING (name) WHERE was.last IS DISTINCT FROM now.last"
        ).format(sql.Identifier(SEEDS, SEQUENCES), sql.SQL(STATES_OF_SEQUENCES))
    )


def _tables(connection: "psycopg.Connection[Any]") -> set[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p') AND NOT relispartition"
    )
    return {row[0] for row in rows}
