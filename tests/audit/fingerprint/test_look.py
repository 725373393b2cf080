"""audit.fingerprint.services.look: what the guards rest on is in the log, and a change of it has a name."""

import datetime as dt
import io
import re
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from audit.fingerprint import digesting, reading, selectors, services
from audit.fingerprint.errors import NothingToExplain
from audit.fingerprint.models import Fingerprint
from audit.roles import roles_of
from audit.trail.models import Event
from config.health import look as look_at_health
from tests.servers import TestDatabase

TRIGGER = "altered: triggers audit_event.audit_no_change"
CHANGES = [
    ("ALTER TABLE audit_event DISABLE TRIGGER audit_no_change", TRIGGER),
    ("ALTER TABLE audit_event ENABLE TRIGGER audit_no_change", TRIGGER),
    ("CREATE RULE no AS ON INSERT TO audit_anchor DO INSTEAD NOTHING", "added: rules audit_anchor.no"),
    ('GRANT UPDATE (body) ON audit_event TO "{app}"', "altered: columns audit_event.body"),
    ('GRANT DELETE ON audit_position TO "{app}"', "altered: tables audit_position"),
    (
        "ALTER TABLE audit_event DROP CONSTRAINT audit_leaf_fits",
        "removed: constraints audit_event.audit_leaf_fits",
    ),
    (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NEW; END'",
        "altered: functions public.audit_refuse()",
    ),
    ("ALTER TABLE audit_opening ENABLE ROW LEVEL SECURITY", "altered: tables audit_opening"),
    ("CREATE POLICY hidden ON audit_event USING (false)", "added: policies audit_event.hidden"),
    (
        "ALTER TABLE reviews_prediction_default DISABLE TRIGGER audit_no_truncate",
        "altered: partitions reviews_prediction_*",
    ),
    (
        "ALTER FUNCTION maintain_partitions() RESET search_path",
        "altered: functions public.maintain_partitions()",
    ),
    ("CREATE SCHEMA elsewhere", "added: privileges schema elsewhere"),
    ("ALTER TABLE audit_log ALTER COLUMN origin TYPE varchar", "altered: columns audit_log.origin"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "named"), CHANGES)
@pytest.mark.django_db(databases=["default", "admin"])
def test_names_what_changed(statement: str, named: str) -> None:
    names = roles_of(str(connection.settings_dict["NAME"]))
    before = reading.read()
    with transaction.atomic(using="admin"), connections["admin"].cursor() as owner:
        owner.execute(statement.format(app=names.app))
        after = reading.read_by(owner)
        transaction.set_rollback(True, using="admin")

    assert named in digesting.compare(before, after).lines()


def told() -> list[dict[str, Any]]:
    """The details of every event about the schema."""
    found = Event.objects.filter(kind=selectors.FINGERPRINTED).order_by("seq")
    return [orjson.loads(bytes(event.body))["details"] for event in found]


@pytest.mark.django_db
def test_is_told_once_a_day_while_nothing_changes() -> None:
    now = timezone.now()
    first = services.look(now=now)
    services.look(now=now + dt.timedelta(hours=23))
    services.look(now=now + dt.timedelta(hours=25))

    assert [each["digest"] for each in told()] == [first.digest] * 2
    assert Fingerprint.objects.count() == 1
    assert set(told()[0]["parts"]) == {*reading.PARTS, "partitions"}


@pytest.mark.django_db
def test_the_partitions_of_all_months_are_one_object() -> None:
    found = reading.read()

    assert set(found["partitions"]) == {"reviews_payload_*", "reviews_prediction_*"}
    assert [name for part in found.values() for name in part if re.search(r"_20\d\d_\d\d", name)] == []
    assert all("\n\n" not in text for text in found["partitions"].values())


@pytest.mark.django_db
def test_a_record_in_the_spelling_of_an_earlier_release_is_no_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(reading, "settled", lambda objects: objects)
        first = services.look(now=timezone.now())
    second = services.look(now=timezone.now())

    assert first.digest != second.digest
    assert (second.changed, second.explanation) == ([], first.explanation)
    assert "changed" not in told()[1]
    assert services.look(now=timezone.now()).pk == second.pk


def switch(database: TestDatabase, how: str) -> None:
    with database.as_owner() as owner:
        owner.execute(f"ALTER TABLE audit_event {how} TRIGGER audit_no_change".encode())


def test_a_change_without_a_migration_is_a_warning_until_it_is_explained(committed_db: TestDatabase) -> None:
    now = timezone.now()
    services.look(now=now)
    switch(committed_db, "DISABLE")
    try:
        services.look(now=now + dt.timedelta(minutes=10))
        warnings = look_at_health().warnings
        with pytest.raises(CommandError):
            call_command("audit_fingerprint", stdout=io.StringIO())
    finally:
        switch(committed_db, "ENABLE ALWAYS")

    last = told()[1]
    assert last["changed"] == ["altered: triggers audit_event.audit_no_change"]
    assert not last["explained"]
    assert any("schema: 1 objects changed without a migration" in warning for warning in warnings)


def test_an_operator_explains_a_change_once(committed_db: TestDatabase) -> None:
    now = timezone.now()
    services.look(now=now)
    switch(committed_db, "DISABLE")
    services.look(now=now + dt.timedelta(minutes=10))
    switch(committed_db, "ENABLE ALWAYS")
    services.look(now=now + dt.timedelta(minutes=20))  # undone, but a change again
    assert not selectors.standing().is_explained

    services.explain(reason="drill", now=now + dt.timedelta(minutes=30))

    assert selectors.standing().explanation == "drill"
    with pytest.raises(NothingToExplain):
        services.explain(reason="again", now=now)
    call_command("audit_fingerprint", "--json", stdout=io.StringIO())


def test_migrations_explain_a_change(committed_db: TestDatabase) -> None:
    services.look(now=timezone.now())
    with committed_db.as_owner() as owner:
        owner.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('audit', '9999_x', now())")
        owner.execute("CREATE TABLE fresh (n integer)")
    try:
        found = services.look(now=timezone.now() + dt.timedelta(minutes=10))
    finally:
        with committed_db.as_owner() as owner:
            owner.execute("DROP TABLE fresh; DELETE FROM django_migrations WHERE name = '9999_x'")

    assert found.explanation == "audit.9999_x"
    assert "added: tables fresh" in found.changed
