"""The roles of the database: what the application's login may and may not."""

from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections
from psycopg import sql

from audit import grants
from audit.roles import app_role, roles_of, why_weakened
from config import roles
from tests.servers import Server, TestDatabase

pytestmark = [pytest.mark.django_db(databases=["default", "admin"]), pytest.mark.services]


def test_the_suite_runs_as_the_application_and_not_as_the_owner():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_user, current_user, rolsuper FROM pg_roles WHERE rolname = session_user"
        )
        session, current, superuser = cursor.fetchone()

    assert session == current == roles_of(connection.settings_dict["NAME"]).app
    assert not superuser


def test_the_owner_owns_every_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT relowner::regrole::text FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')"
        )

        assert [row[0] for row in cursor.fetchall()] == [roles_of(connection.settings_dict["NAME"]).owner]


def test_nothing_weakens_the_guards():
    assert why_weakened(connection) is None
    assert app_role(connection) == roles_of(connection.settings_dict["NAME"]).app


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (n int)",
        "CREATE TEMPORARY TABLE mine (n int)",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "UPDATE audit_event SET kind = 'other'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "SET ROLE {owner}",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_may_not(statement):
    owner = roles_of(connection.settings_dict["NAME"]).owner

    with pytest.raises(ProgrammingError) as refused, connection.cursor() as cursor:
        cursor.execute(statement.format(owner=f'"{owner}"'))

    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_a_login_that_owns_the_tables_is_said_to_weaken_them():
    assert why_weakened(connections["admin"]) == "guards weakened: the application owns its tables"


def as_login(database: TestDatabase, login: str) -> "psycopg.Connection[Any]":
    names = roles_of(database.name)
    return psycopg.connect(
        **database.login | {"user": getattr(names, login), "password": database.password},
        dbname=database.name,
    )


@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("sequencer", "SELECT body FROM audit_event"),
        ("sequencer", "DELETE FROM audit_pending WHERE feed = 9"),
        ("sequencer", "UPDATE audit_feedstate SET size = size WHERE feed = 9"),
        ("sequencer", "SELECT audit_place(3::smallint)"),
        ("app", "SELECT audit_place(4::smallint)"),
        ("auditor", "SELECT body FROM audit_event"),
        ("auditor", "SELECT n FROM audit_position"),
        ("auditor", "SELECT salt FROM audit_opening"),
        ("auditor", "SELECT id, event_version FROM governance_person"),
        ("auditor", "SELECT id, event_version FROM reviews_prediction"),
    ],
)
def test_a_login_may(django_db_setup: TestDatabase, login: str, statement: str) -> None:
    with as_login(django_db_setup, login) as it:
        it.execute(statement.encode())
        it.rollback()


@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("app", "DELETE FROM audit_pending"),
        ("app", "INSERT INTO audit_position (feed, n, ref) VALUES (1, 1, 1)"),
        ("app", "UPDATE audit_feedstate SET size = 0"),
        ("app", "SELECT audit_place(1::smallint)"),
        ("sequencer", "UPDATE audit_event SET kind = 'other'"),
        ("sequencer", "DELETE FROM audit_position"),
        ("sequencer", "UPDATE audit_position SET n = n + 1"),
        ("sequencer", "INSERT INTO audit_pending (feed, ref) VALUES (1, 1)"),
        ("sequencer", "SELECT FROM audit_opening"),
        ("sequencer", "SELECT FROM governance_person"),
        ("sequencer", "SELECT maintain_partitions()"),
        ("sequencer", "CREATE TABLE mine (n int)"),
        ("auditor", "SELECT password FROM governance_person"),
        ("auditor", "SELECT FROM reviews_payload"),
        ("auditor", "SELECT FROM django_session"),
        ("auditor", "SELECT secret_hash FROM governance_servicekey"),
        ("auditor", "DELETE FROM audit_pending"),
        ("auditor", "INSERT INTO audit_event (id) VALUES (gen_random_uuid())"),
        ("auditor", "SELECT audit_place(4::smallint)"),
        ("auditor", "CREATE TABLE mine (n int)"),
    ],
)
def test_a_login_may_not(django_db_setup: TestDatabase, login: str, statement: str) -> None:
    with as_login(django_db_setup, login) as it, pytest.raises(psycopg.errors.InsufficientPrivilege):
        it.execute(statement.encode())


def test_the_sequencer_started_with_the_applications_login_says_which_login_is_missing() -> None:
    with pytest.raises(CommandError, match=r"set DATABASE_SEQUENCER_URL to the login .*_sequencer"):
        call_command("sequencer")


def test_a_database_with_three_roles_only_gets_the_other_two(database_server: Server) -> None:
    with database_server.fresh_database() as made:
        with made.as_owner() as owner:  # in place of the migrations
            owner.execute("CREATE TABLE audit_pending (feed smallint, ref bigint)")
            owner.execute("CREATE FUNCTION audit_place(smallint) RETURNS bigint RETURN 1")
            owner.execute(grants.function().encode())
        names = roles_of(made.name)
        with psycopg.connect(**made.login, dbname=made.name, autocommit=True) as cluster:
            for role in (names.sequencer, names.auditor):
                cluster.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))
            cluster.execute("SELECT audit_grants()")
        assert _may(made, names.app, "DELETE")

        roles.set_up(made.login, made.name)

        assert not _may(made, names.app, "DELETE")
        assert _may(made, names.sequencer, "DELETE")
        assert _may(made, names.auditor, "SELECT")


def _may(database: TestDatabase, role: str, privilege: str) -> bool:
    with database.as_owner() as owner:
        row = owner.execute(
            "SELECT has_table_privilege(%s, 'audit_pending', %s)", [role, privilege]
        ).fetchone()
    return bool(row and row[0])
