"""The roles of the database: what the application's login may and may not."""

import psycopg
import pytest
from django.db import ProgrammingError, connection, connections

from audit.roles import app_role, roles_of, why_weakened

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
