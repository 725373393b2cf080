"""config.roles: a database that grew under one login is handed over, as if it had always had its roles."""

import base64
import io
import secrets
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from psycopg import sql

from audit.roles import roles_of
from config import roles
from config.environment import BASE_DIR
from config.roles import scram_verifier
from tests.servers import Server, TestDatabase

pytestmark = pytest.mark.services

GRANTS = """
SELECT regexp_replace(relname, '_[0-9]{4}_[0-9]{2}$', ' of a month'),
       relowner = to_regrole(%(name)s || '_owner'),
       (SELECT string_agg(privilege_type, ' ' ORDER BY privilege_type) FROM aclexplode(relacl)
        WHERE grantee = to_regrole(%(name)s || '_app')),
       (SELECT string_agg(attname || ' ' || privilege_type, ', ' ORDER BY attname, privilege_type)
        FROM pg_attribute, aclexplode(attacl)
        WHERE attrelid = pg_class.oid AND grantee = to_regrole(%(name)s || '_app'))
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v') ORDER BY relname
"""
"""Months have no names here: the two databases may have been made on two sides of a month's end."""


@pytest.fixture
def grown(database_server: Server) -> Iterator[TestDatabase]:
    """A database without roles of its own: one login owns it and has migrated it."""
    name = f"{database_server.prefix}_grown_{secrets.token_hex(3)}"
    solo = TestDatabase(database_server.login, name, secrets.token_urlsafe(24))
    login = f"{name}_solo"
    with psycopg.connect(**database_server.login, dbname="postgres", autocommit=True) as cluster:
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(login), solo.password)
        cluster.execute(made)
        cluster.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*map(sql.Identifier, (name, login))))
    try:
        yield solo
    finally:
        roles.drop(database_server.login, name)
        with psycopg.connect(**database_server.login, dbname="postgres", autocommit=True) as cluster:
            cluster.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


def migrate_alone(database: TestDatabase) -> str:
    """Migrate with DATABASE_URL only; answers that address."""
    names = roles_of(database.name)
    url = database.url("app").replace(names.app, f"{database.name}_solo")
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0", "--skip-checks"],
        cwd=BASE_DIR,
        env={
            "DATABASE_URL": url,
            "SECRET_KEY": "x" * 50,
            "PATH": "/usr/bin:/bin",
            "COUNTERSIGN_PROCESS": "command",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return url


def grants(database: TestDatabase) -> list[tuple[object, ...]]:
    with psycopg.connect(**database.login, dbname=database.name) as connection:
        return connection.execute(GRANTS, {"name": database.name}).fetchall()


def test_ends_with_the_grants_of_a_database_that_began_with_roles(grown, django_db_setup):
    migrate_alone(grown)

    for _ in range(2):  # and running it again changes nothing
        roles.set_up(grown.login, grown.name, dict.fromkeys(roles.LOGINS, grown.password))

        assert grants(grown) == grants(django_db_setup)


def test_until_then_the_login_weakens_the_guards_and_the_health_page_says_so(grown):
    url = migrate_alone(grown)

    done = subprocess.run(
        [sys.executable, "-c", SAY_WARNINGS],
        cwd=BASE_DIR,
        env={"DATABASE_URL": url, "SECRET_KEY": "x" * 50, "PATH": "/usr/bin:/bin", "COUNTERSIGN_UP": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "guards weakened: the application owns its tables" in done.stdout, done.stderr


SAY_WARNINGS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from config.health import look
print(look().warnings)
"""


def test_the_command_prints_sql_that_holds_no_password(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://bank_app:open-sesame@127.0.0.1/bank")
    out, err = io.StringIO(), io.StringIO()

    call_command("database_roles", "--print", stdout=out, stderr=err)

    assert 'CREATE ROLE "bank_owner" NOLOGIN' in out.getvalue()
    assert "open-sesame" not in out.getvalue() + err.getvalue()
    assert "bank_migrator gets the password" in err.getvalue()


def test_a_verifier_is_the_one_that_libpq_makes(database_server: Server):
    with psycopg.connect(**database_server.login, dbname="postgres") as connection:
        made = connection.pgconn.encrypt_password(b"open-sesame", b"anybody", b"scram-sha-256").decode()

    salt = base64.b64decode(made.split(":")[1].split("$")[0])
    assert scram_verifier("open-sesame", salt) == made
