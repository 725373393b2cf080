"""The SQL that makes a database's roles, its grants and, where it is missing, the database itself.

Safe to run again: on a database that grew under one login, it hands everything to the owner.
`audit.roles` has the names.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import sql

from audit.roles import roles_of

ITERATIONS = 4096


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL stores for a password (RFC 5803), so that the password itself is in no statement.

    For ASCII passwords; others would need SASLprep first.
    """
    if not password.isascii():
        raise ValueError("Passwords of database logins must be ASCII.")
    salt = salt or os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, hashlib.sha256(client).digest(), server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"


LOGINS = ("app", "migrator", "sequencer", "auditor")
"""The roles of `audit.roles.Roles` that somebody logs in as."""


def cluster_statements(
    database: str, passwords: Mapping[str, str | None], *, for_tests: bool = False
) -> list[str]:
    """What makes the roles, to be run by a superuser, or by a login that may create roles.

    `passwords` by the names in `LOGINS`; a login without one keeps the one it has. With `for_tests` the
    migrator may also make the roles and databases that a run of the suite needs.
    """
    roles = roles_of(database)
    migrator = _name(roles.migrator)
    statements = [_create_role(roles.owner, "NOLOGIN")]
    statements += [_create_role(getattr(roles, login), "LOGIN") for login in LOGINS]
    statements.append(f"GRANT {_name(roles.owner)} TO {migrator}")
    for login in LOGINS:
        if (password := passwords.get(login)) is not None:
            role = _name(getattr(roles, login))
            statements.append(f"ALTER ROLE {role} PASSWORD {_literal(scram_verifier(password))}")
    if for_tests:
        statements.append(f"ALTER ROLE {migrator} CREATEDB CREATEROLE")
    return statements


def database_statements(database: str) -> list[str]:
    """What gives the database to its owner and the tables to their users. Run inside the database."""
    roles = roles_of(database)
    owner, app, name = map(_name, (roles.owner, roles.app, database))
    logins = ", ".join(_name(getattr(roles, login)) for login in LOGINS)
    readers = ", ".join(map(_name, (roles.app, roles.sequencer, roles.auditor)))
    return [
        f"ALTER DATABASE {name} OWNER TO {owner}",
        # Compiling a statement takes seconds where running it takes milliseconds: ours are many and short.
        f"ALTER DATABASE {name} SET jit = off",
        # No temporary tables either: one could stand in for a table inside a function of the owner.
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {logins}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT ALL ON SCHEMA public TO {owner}",
        f"GRANT USAGE ON SCHEMA public TO {readers}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO "
        f"{app}",
        REOWN.replace("%owner%", roles.owner).replace("%app%", roles.app),
    ]


# Tables that the migrations put under guards get their narrower grants back from the functions
# that the migrations left behind for that, named <wing>_grants.
REOWN = """DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN
        SELECT oid::regclass AS name, relispartition FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', thing.name, '%owner%');
        IF NOT thing.relispartition THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', thing.name, '%app%');
        END IF;
    END LOOP;
    FOR thing IN
        SELECT oid::regclass AS name FROM pg_class AS sequence
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' AND NOT EXISTS (
            SELECT FROM pg_depend WHERE objid = sequence.oid AND deptype IN ('a', 'i'))
    LOOP
        EXECUTE format('ALTER SEQUENCE %s OWNER TO %I', thing.name, '%owner%');
    END LOOP;
    FOR thing IN
        SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO %I', thing.name, '%owner%');
    END LOOP;
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I', '%app%');
    FOR thing IN
        SELECT oid::regproc AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname LIKE '%\\_grants' AND pronargs = 0
    LOOP
        EXECUTE format('SELECT %s()', thing.name);
    END LOOP;
END $$"""


def set_up(
    login: dict[str, Any],
    database: str,
    passwords: Mapping[str, str | None] = MappingProxyType({}),
    *,
    for_tests: bool = False,
) -> None:
    """Make roles, database and grants through `login` (psycopg's connection parameters without dbname)."""
    with psycopg.connect(**login, dbname="postgres", autocommit=True) as cluster:
        for statement in cluster_statements(database, passwords, for_tests=for_tests):
            cluster.execute(statement.encode())
        _belong_to_owner(cluster, roles_of(database).owner)
        if cluster.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
            cluster.execute(_create_database(database).encode())
    with psycopg.connect(**login, dbname=database) as inside:
        for statement in database_statements(database):
            inside.execute(statement.encode())


def login_of(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """psycopg's parameters of an address that `dj_database_url` has parsed, without the database."""
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {name: parsed[key] for name, key in named.items() if parsed[key]} | dict(parsed.get("OPTIONS", {}))


def drop(login: dict[str, Any], database: str) -> None:
    """Remove a database and its roles: the suite's own."""
    roles = roles_of(database)
    with psycopg.connect(**login, dbname="postgres", autocommit=True) as cluster:
        cluster.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        for role in (*(getattr(roles, login) for login in LOGINS), roles.owner):
            cluster.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def script(database: str, passwords: Mapping[str, str | None], *, for_tests: bool = False) -> str:
    """All of it for psql, run by a superuser in any database."""
    lines = [f"{statement};" for statement in cluster_statements(database, passwords, for_tests=for_tests)]
    lines.append(
        f"SELECT {_literal(_create_database(database))}\n"
        f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {_literal(database)}) \\gexec"
    )
    lines.append(f"\\connect {_name(database)}")
    lines += [f"{statement};" for statement in database_statements(database)]
    return "\n".join(["\\set ON_ERROR_STOP on", *lines, ""])


def _belong_to_owner(cluster: "psycopg.Connection[Any]", owner: str) -> None:
    """Since PostgreSQL 16 whoever creates a role may administer it, but not yet act as it."""
    row = cluster.execute(
        "SELECT rolsuper OR pg_has_role(current_user, %s, 'MEMBER') FROM pg_roles "
        "WHERE rolname = current_user",
        [owner],
    ).fetchone()
    if row is not None and not row[0]:
        cluster.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))


def _create_database(database: str) -> str:
    owner = _name(roles_of(database).owner)
    return f"CREATE DATABASE {_name(database)} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8'"


def _create_role(role: str, login: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_literal(role)}) "
        f"THEN CREATE ROLE {_name(role)} {login}; END IF; END $$"
    )


def _name(identifier: str) -> str:
    return sql.Identifier(identifier).as_string(None)


def _literal(text: str) -> str:
    return sql.Literal(text).as_string(None)
