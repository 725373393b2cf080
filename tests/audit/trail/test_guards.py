"""The guards in PostgreSQL: no change without its event, no fact unmade, also by raw SQL."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.ids import uuid7
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.errors import OutsideTransaction
from audit.trail.models import Event
from governance.access import services as access
from governance.access.models import Person
from registry.systems.models import AISystem

pytestmark = pytest.mark.usefixtures("committed_db")

PASSWORD = "a long enough pass phrase"


@pytest.fixture
def person(committed_db: Any) -> Person:
    return access.create_person(
        email="ada@example.org", name="Lovelace", password=PASSWORD, actor=OPERATOR, now=timezone.now()
    )


def run(sql: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_refuses_a_change_that_keeps_the_version(person: Person) -> None:
    with pytest.raises(DatabaseError, match="audit_change_needs_event"):
        run("UPDATE governance_person SET name = 'Eve' WHERE id = %s", person.pk)


def test_refuses_a_change_whose_event_is_missing_at_commit(person: Person) -> None:
    with pytest.raises(DatabaseError, match="audit_event_is_missing"):
        run(
            "UPDATE governance_person SET name = 'Eve', event_version = event_version + 1 WHERE id = %s",
            person.pk,
        )


def test_refuses_a_version_that_skips_one(person: Person) -> None:
    with pytest.raises(DatabaseError, match="audit_change_needs_event"):
        run("UPDATE governance_person SET event_version = event_version + 2 WHERE id = %s", person.pk)


def test_refuses_a_new_row_without_its_event() -> None:
    system = AISystem(slug="bare", name="Bare", created_by="nobody", created_at=timezone.now())
    system.event_version = 1

    with pytest.raises(DatabaseError, match="audit_event_is_missing"), transaction.atomic():
        system.save()


def test_refuses_a_bulk_update_through_the_orm(person: Person) -> None:
    with pytest.raises(DatabaseError, match="audit_change_needs_event"):
        Person.objects.filter(pk=person.pk).update(name="Eve")


def test_lets_exempt_columns_change(person: Person) -> None:
    assert Person.objects.filter(pk=person.pk).update(last_login=timezone.now()) == 1


def test_refuses_to_delete_an_audited_row(person: Person) -> None:
    with pytest.raises(DatabaseError, match=r"audit_facts_are_only_added|permission denied"):
        run("DELETE FROM governance_person WHERE id = %s", person.pk)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_event SET kind = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_position SET n = n + 1",
        "TRUNCATE reviews_prediction CASCADE",
    ],
)
def test_refuses_the_app_to_unmake_facts(person: Person, sql: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner|audit_facts_are_only_added"):
        run(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_event SET kind = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "TRUNCATE reviews_prediction_default",
    ],
)
def test_refuses_the_owner_too(person: Person, committed_db: Any, sql: str) -> None:
    from django.db import connections

    with (
        pytest.raises(DatabaseError, match="audit_facts_are_only_added"),
        transaction.atomic(using="admin"),
        connections["admin"].cursor() as cursor,
    ):
        cursor.execute(sql)


def test_refuses_the_app_to_choose_an_events_place(person: Person) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        run(
            "INSERT INTO audit_event (seq, id, kind, actor, entity_type, entity_id, entity_version, at, body)"
            " OVERRIDING SYSTEM VALUE VALUES (1, %s, 'x', 'x', 'x', %s, 1, now(), '')",
            uuid7(),
            uuid7(),
        )


def test_refuses_a_second_event_of_one_version(person: Person) -> None:
    row = trail.event_row(
        kind="test.x",
        actor_ref="operator",
        entity_type="person",
        entity_id=person.pk,
        entity_version=1,
        system_id=None,
        details={},
        now=timezone.now(),
    )

    with pytest.raises(DatabaseError, match="audit_one_event_per_version"):
        run(trail.INSERT_EVENT, *row)


def test_refuses_an_event_larger_than_a_leaf(person: Person) -> None:
    with pytest.raises(DatabaseError, match="audit_leaf_fits"):
        run(trail.INSERT_EVENT, uuid7(), "x", "operator", "x", uuid7(), 1, None, timezone.now(), b"x" * 65536)


def test_record_refuses_to_write_outside_a_transaction(person: Person) -> None:
    with pytest.raises(OutsideTransaction):
        trail.record(kind="test.x", actor=OPERATOR, entity=person, details={}, now=timezone.now())


def test_keeps_personal_data_out_of_the_event(person: Person) -> None:
    body = bytes(Event.objects.get(entity_id=person.pk).body)

    # No three letters that digests are written with: one body in twenty had them by chance.
    assert b"ada@" not in body.lower()
    assert b"lovelace" not in body.lower()


def test_versions_of_an_entity_have_no_gap(person: Person) -> None:
    for name in ("Ada L", "Ada K"):
        access.change_profile(
            person_id=person.pk,
            name=name,
            time_zone="UTC",
            theme="dark",
            keys_enabled=True,
            actor=person,
            now=timezone.now(),
        )

    assert _versions(person.pk) == [1, 2, 3]


def _versions(entity_id: UUID) -> list[int]:
    return list(
        Event.objects.filter(entity_id=entity_id).order_by("seq").values_list("entity_version", flat=True)
    )
