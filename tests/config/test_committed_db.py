"""tests.conftest.committed_db: every test begins with what the migrations left, guards in place."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from config.models import Landmark
from tests.servers import TestDatabase


def contents(database: TestDatabase) -> dict[str, int]:
    with database.as_owner() as owner:
        names = [
            row[0]
            for row in owner.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
            )
        ]
        return {
            name: owner.execute(f'SELECT count(*) FROM "{name}"'.encode()).fetchone()[0] for name in names
        }


def guards(database: TestDatabase) -> list[tuple[object, ...]]:
    with database.as_owner() as owner:
        return owner.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
            "WHERE NOT tgisinternal ORDER BY 1, 2"
        ).fetchall()


def test_cleaning_restores_rows_identities_and_guards(committed_db: TestDatabase):
    rows, triggers = contents(committed_db), guards(committed_db)
    Landmark.objects.create(name="left behind", at=timezone.now())
    with committed_db.as_owner() as owner:
        owner.execute("UPDATE audit_feedstate SET size = 7")
    connection.close()

    committed_db.clean()

    assert contents(committed_db) == rows
    assert guards(committed_db) == triggers
    assert all(enabled in (b"A", "A") for table, name, enabled in triggers if name.startswith("audit_"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(size) FROM audit_feedstate")
        assert cursor.fetchone() == (0,)


def test_changes_are_committed_for_everybody_to_see(committed_db: TestDatabase):
    Landmark.objects.create(name="seen", at=timezone.now())

    with committed_db.as_owner() as owner:
        assert owner.execute("SELECT name FROM config_landmark").fetchall() == [("seen",)]


@pytest.mark.django_db
def test_a_deferred_check_can_be_made_to_speak_at_once(immediate):
    with pytest.raises(IntegrityError), transaction.atomic():  # noqa: PT012 - the second line is what raises
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO axes_accessattemptexpiration (access_attempt_id, expires_at) "
                "VALUES (4711, now())"
            )
        immediate()
