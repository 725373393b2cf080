"""registry.systems.services: registering and changing AI systems."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.refusals import BadInput, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event, Opening
from governance.access.roles import Role
from registry.systems import services
from registry.systems.errors import SlugTaken
from registry.systems.models import AISystem
from tests.registry.factories import make_key, make_person, make_system

pytestmark = pytest.mark.django_db


def events_of(system: AISystem) -> list[tuple[str, bytes]]:
    rows = Event.objects.filter(entity_type="system", entity_id=system.pk).order_by("entity_version")
    return [(row.kind, bytes(row.body)) for row in rows]


def test_registers_a_system_with_its_owners_and_says_so(immediate: Callable[[], None]) -> None:
    owner = make_person()

    system = make_system(
        "payments", purpose="Screens card payments", owners={"product_owner": owner.email.upper()}
    )

    assert system.product_owner == owner
    ((kind, body),) = events_of(system)
    assert kind == "registry.system.registered"
    assert f"person:{owner.pk}".encode() in body
    assert owner.email.encode() not in body
    assert b"Screens card payments" not in body
    assert Opening.objects.get(entity_id=system.pk, name="purpose").value == "Screens card payments"
    immediate()


def test_calls_the_attendants_in_the_same_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("no queue")

    monkeypatch.setattr(services, "attendants", [fail])

    with pytest.raises(RuntimeError, match="no queue"), transaction.atomic():
        make_system("payments")

    assert not AISystem.objects.filter(slug="payments").exists()


def test_refuses_an_owner_without_an_account() -> None:
    with pytest.raises(BadInput) as refused:
        make_system(owners={"technical_lead": "nobody@example.org"})
    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/owners/technical_lead", "UNKNOWN_PERSON")
    ]


def test_refuses_a_slug_that_is_taken() -> None:
    make_system("payments")
    with pytest.raises(SlugTaken):
        make_system("payments")


def test_refuses_a_slug_that_somebody_took_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    make_system("payments")
    monkeypatch.setattr(
        "django.db.models.query.QuerySet.exists", lambda self: False
    )  # what the look said before the other one committed
    with pytest.raises(SlugTaken):
        make_system("payments")


def test_refuses_a_model_owner_of_another_system() -> None:
    with pytest.raises(NotPermitted, match="everywhere"):
        services.register(
            actor=make_person(Role.MODEL_OWNER, on=make_system()), slug="x", name="X", now=timezone.now()
        )


def test_refuses_a_key_that_is_limited_to_other_systems() -> None:
    key, _ = make_key("registry:write", on=[make_system()])
    with pytest.raises(NotPermitted):
        services.register(actor=key, slug="x", name="X", now=timezone.now())


def test_changes_what_differs_and_nothing_else(immediate: Callable[[], None]) -> None:
    owner = make_person()
    system = make_system("payments", name="Payments", owners={"product_owner": owner.email})

    services.change(
        system_id=system.pk,
        actor=OPERATOR,
        changes={"name": "Payments", "shares_payloads": True, "owners": {"product_owner": None}},
        now=timezone.now(),
    )

    system.refresh_from_db()
    assert (system.name, system.shares_payloads, system.product_owner) == ("Payments", True, None)
    kind, body = events_of(system)[-1]
    assert kind == "registry.system.changed"
    assert b'"details":{"owners":{"product_owner":null},"shares_payloads":true}' in body
    immediate()


def test_refuses_a_change_that_changes_nothing() -> None:
    system = make_system(name="Payments")
    with pytest.raises(BadInput, match="already"):
        services.change(system_id=system.pk, actor=OPERATOR, changes={"name": "Payments"}, now=timezone.now())


def test_refuses_the_auditor() -> None:
    system = make_system()
    with pytest.raises(NotPermitted, match="model owner"):
        services.change(
            system_id=system.pk,
            actor=make_person(Role.AUDITOR),
            changes={"name": "Mine"},
            now=timezone.now(),
        )


@pytest.mark.parametrize("act", ["register", "change"])
def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = make_system("payments", name="Payments")
    acts = {
        "register": lambda: make_system("other"),
        "change": lambda: services.change(
            system_id=system.pk, actor=OPERATOR, changes={"name": "New"}, now=timezone.now()
        ),
    }

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "_write", fail)

    with pytest.raises(RuntimeError, match="disk full"), transaction.atomic():
        acts[act]()

    assert list(AISystem.objects.values_list("slug", "name")) == [("payments", "Payments")]


def test_the_database_refuses_a_slug_with_spaces_and_capitals() -> None:
    system = make_system()
    with (
        pytest.raises(DatabaseError, match="registry_system_slug_is_plain"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE registry_aisystem SET slug = 'Card Pay', event_version = event_version + 1 WHERE id = %s",
            [system.pk],
        )


def test_the_database_refuses_a_change_without_its_event() -> None:
    system = make_system()
    with pytest.raises(DatabaseError, match="audit_change_needs_event"), transaction.atomic():
        AISystem.objects.filter(pk=system.pk).update(name="Quietly renamed")
