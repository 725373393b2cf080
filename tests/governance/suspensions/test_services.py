"""governance.suspensions.services: stopping at once, and lifting only as the class demands."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from audit.refusals import BadInput, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from config.models import StoredMail
from governance.access.roles import Role
from governance.suspensions import facts, services, telling
from governance.suspensions.errors import AlreadyLifted, AlreadySuspended, LiftNotApproved
from governance.suspensions.models import Suspension
from registry.catalog.models import Epoch, ModelVersion
from registry.systems import services as systems
from tests.registry.factories import make_key, make_model, make_person, make_system, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.suspensions.notifications.tell", lambda: None)


@pytest.fixture
def version() -> ModelVersion:
    return make_version(make_model(make_system("payments"), "fraud-screen"), "1.0")


def suspend(
    version: ModelVersion, actor: Any = OPERATOR, *, of: str = "version", reason: str = "It drifts."
) -> Suspension:
    model = version.model
    return services.suspend(
        system_id=model.system_id,
        model_id=None if of == "system" else model.pk,
        version_id=version.pk if of == "version" else None,
        actor=actor,
        reason=reason,
        now=timezone.now(),
    )


def lift(row: Suspension, actor: Any = OPERATOR, reason: str = "Mended.") -> Suspension:
    return services.lift(suspension_id=row.pk, actor=actor, reason=reason, now=timezone.now())


def classified(monkeypatch: pytest.MonkeyPatch, class_: str | None, *, approved: bool = False) -> None:
    monkeypatch.setattr(facts, "class_of", lambda system_id: class_)
    monkeypatch.setattr(facts, "lifting_is_approved", lambda suspension_id, now: approved)


@pytest.mark.parametrize("of", ["system", "model", "version"])
def test_stops_once_says_so_and_is_seen_by_every_process(version: ModelVersion, of: str) -> None:
    before = Epoch.objects.get().n

    row = suspend(version, of=of)

    assert Epoch.objects.get().n == before + 1
    event = Event.objects.get(entity_type="suspension")
    assert (event.kind, event.entity_id, event.system_id) == (
        "governance.suspension.raised", row.pk, version.model.system_id,
    )  # fmt: skip
    assert b"It drifts" not in event.body
    assert list(
        Suspension.objects.live().covering(version.model.system_id, version.model_id, version.pk)
    ) == [row]
    with pytest.raises(AlreadySuspended):
        suspend(version, of=of)
    lift(row)
    suspend(version, of=of)


def test_covers_what_lies_below_and_nothing_beside(version: ModelVersion) -> None:
    other = make_version(version.model, "2.0")
    elsewhere = make_version(make_model(), "1.0")
    suspend(version)

    def covered(each: ModelVersion) -> bool:
        return Suspension.objects.live().covering(each.model.system_id, each.model_id, each.pk).exists()

    assert [covered(each) for each in (version, other, elsewhere)] == [True, False, False]
    suspend(version, of="model")
    assert [covered(each) for each in (version, other, elsewhere)] == [True, True, False]


def test_who_may_suspend_and_lift(version: ModelVersion) -> None:
    system = version.model.system
    named = make_person()
    systems.change(
        system_id=system.pk,
        actor=OPERATOR,
        changes={"owners": {"product_owner": named.email}},
        now=timezone.now(),
    )
    version = ModelVersion.objects.get(pk=version.pk)
    may = [
        named, make_person(Role.MODEL_OWNER, on=system), make_person(Role.COMPLIANCE_OFFICER),
        make_person(Role.RISK_OFFICER, on=system), make_key("suspensions:write", on=[system])[0],
    ]  # fmt: skip
    may_not = [
        make_person(Role.REVIEWER, on=system), make_person(Role.AUDITOR), make_person(Role.ADMINISTRATOR),
        make_key("registry:write")[0], make_key("suspensions:write", on=[make_system()])[0],
        make_person(Role.COMPLIANCE_OFFICER, on=make_system()),
    ]  # fmt: skip

    for actor in may_not:
        with pytest.raises(NotPermitted):
            suspend(version, actor)
    for actor in may:
        row = suspend(version, actor)
        for other in may_not:
            with pytest.raises(NotPermitted):
                lift(row, other)
        lift(row, actor)


def test_an_owner_does_not_lift_alone_what_an_officer_raised(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = make_person(Role.MODEL_OWNER, on=version.model.system)
    row = suspend(version, make_person(Role.COMPLIANCE_OFFICER))

    with pytest.raises(NotPermitted, match="an owner raised"):
        lift(row, owner)
    classified(monkeypatch, "high_risk", approved=True)
    assert lift(row, owner).lifted_by == owner.audit_ref


@pytest.mark.parametrize(
    ("class_", "demands"),
    [("high_risk", True), ("exempt", True), ("prohibited", True), ("undetermined", True),
     ("not_high_risk", False), ("out_of_scope", False), (None, False)],
)  # fmt: skip
def test_lifting_needs_an_approval_where_the_class_demands_one(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch, class_: str | None, demands: bool
) -> None:
    row = suspend(version)
    classified(monkeypatch, class_)

    if demands:
        with pytest.raises(LiftNotApproved):
            lift(row)
        classified(monkeypatch, class_, approved=True)
    before = Epoch.objects.get().n
    assert lift(row).lifted_at is not None
    assert Epoch.objects.get().n == before + 1
    assert Event.objects.filter(kind="governance.suspension.lifted", entity_id=row.pk).count() == 1
    with pytest.raises(AlreadyLifted):
        lift(row)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_needs_a_reason(version: ModelVersion, reason: str) -> None:
    with pytest.raises(BadInput):
        suspend(version, reason=reason)
    row = suspend(version)
    with pytest.raises(BadInput):
        lift(row, reason=reason)


def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = suspend(version)
    epoch = Epoch.objects.get().n

    def fail(**_: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        lift(row)
    with pytest.raises(RuntimeError), transaction.atomic():
        suspend(version, of="model")

    row.refresh_from_db()
    assert row.is_live
    assert (Suspension.objects.count(), Epoch.objects.get().n) == (1, epoch)


def test_owners_and_those_who_get_the_work_are_told_once(version: ModelVersion, settings: Any) -> None:
    settings.EMAIL_BACKEND = "config.mail.StoredMailBackend"
    system, named = version.model.system, make_person()
    systems.change(
        system_id=system.pk,
        actor=OPERATOR,
        changes={"owners": {"product_owner": named.email}},
        now=timezone.now(),
    )
    told = {named, make_person(Role.QUEUE_MANAGER, on=system), make_person(Role.REVIEWER)}
    make_person(Role.QUEUE_MANAGER, on=make_system())
    make_person(Role.AUDITOR)
    row = suspend(ModelVersion.objects.get(pk=version.pk))

    tell_all()
    mails = StoredMail.objects.order_by("id")
    assert sorted(mail.recipients for mail in mails) == sorted(person.email for person in told)
    assert "It drifts" not in mails[0].body
    lift(row)
    tell_all()
    tell_all()
    assert StoredMail.objects.filter(subject__startswith="No longer suspended").count() == len(told)
    assert StoredMail.objects.count() == 2 * len(told)


def tell_all() -> None:
    while telling.tell_next(now=timezone.now()):
        pass


def refused(statement: str, parameters: list[Any], name: str) -> None:
    with pytest.raises((IntegrityError, DatabaseError), match=name):
        run(statement, parameters)


def run(statement: str, parameters: list[Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


ROW = """
INSERT INTO governance_suspension (id, event_version, system_id, model_id, version_id, reason, raised_by,
    raised_at, lift_reason, lifted_by, lifted_at)
VALUES (gen_random_uuid(), 1, %s, %s, %s, %s, 'operator', now(), '', %s, %s)
"""


def test_the_database_holds_what_a_suspension_is(version: ModelVersion) -> None:
    system, model = version.model.system_id, version.model_id
    foreign = make_version(make_model(), "9")
    other = make_model(version.model.system)
    suspend(version), suspend(version, of="model"), suspend(version, of="system")

    refused(ROW, [system, None, None, "x", "", None], "one_live_suspension_of_a_system")
    refused(ROW, [system, model, None, "x", "", None], "one_live_suspension_of_a_model")
    refused(ROW, [system, model, version.pk, "x", "", None], "one_live_suspension_of_a_version")
    refused(ROW, [system, foreign.model_id, None, "x", "", None], "governance_suspension_fits")
    refused(ROW, [system, model, foreign.pk, "x", "", None], "governance_suspension_fits")
    refused(ROW, [system, None, version.pk, "x", "", None], "suspension_fits|has_its_model")
    refused(ROW, [system, None, None, "x", "me", timezone.now()], "governance_suspension_fits")
    refused(ROW, [system, other.pk, None, "", "", None], "governance_suspension_has_reason")
    refused(ROW, [system, other.pk, None, "x", "me", None], "governance_lifting_says_who_and_why")
    refused(ROW, [system, other.pk, None, "x", "", None], "audit_event_is_missing")


@pytest.mark.parametrize(
    "change",
    ["reason = 'x'", "raised_at = now()", "version_id = NULL", "lifted_at = now()",
     "lifted_at = now(), lifted_by = 'me', lift_reason = 'x', event_version = 1",
     "lifted_at = raised_at - interval '1 s', lifted_by = 'me', lift_reason = 'x', event_version = 2"],
)  # fmt: skip
def test_the_database_lets_nobody_rewrite_one(version: ModelVersion, change: str) -> None:
    row = suspend(version)

    refused(f"UPDATE governance_suspension SET {change} WHERE id = %s", [row.pk], "stands|audit_change")
    refused("DELETE FROM governance_suspension WHERE id = %s", [row.pk], "audit_facts_are_only_added")
    lift(row)
    refused(
        "UPDATE governance_suspension SET lifted_at = NULL, lifted_by = '', lift_reason = '', "
        "event_version = 3 WHERE id = %s", [row.pk], "governance_suspension_stands",
    )  # fmt: skip
