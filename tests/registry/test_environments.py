"""registry.catalog.environments: where versions can be live, and who decides about it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.refusals import BadInput, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from registry.catalog import environments
from registry.catalog.models import Environment, Epoch
from registry.systems.errors import SlugTaken
from tests.registry.factories import caller, make_key, make_person, make_system, signed_in

pytestmark = pytest.mark.django_db


def create(slug: str = "eu", actor: Any = OPERATOR, **said: Any) -> Environment:
    return environments.create(actor=actor, slug=slug, kind="production", now=timezone.now(), **said)


def change(slug: str, actor: Any = OPERATOR, **changes: Any) -> Environment:
    return environments.change(slug=slug, actor=actor, changes=changes, now=timezone.now())


def test_makes_one_with_its_event_and_tells_every_process(immediate: Callable[[], None]) -> None:
    before = Epoch.objects.get().n

    environment = create(regions=["eu-central"], enforce_at_intake=True)

    assert (environment.mode, environment.event_version) == ("block", 1)
    assert Event.objects.get(entity_type="environment").entity_id == environment.id
    assert Epoch.objects.get().n == before + 1
    immediate()


def test_changes_one_that_always_existed(immediate: Callable[[], None]) -> None:
    change("staging", mode="block")
    change("staging", mode="warn", regions=["eu"])
    kinds = list(Event.objects.filter(entity_type="environment").values_list("kind", "entity_version"))
    assert kinds == [("registry.environment.changed", 1), ("registry.environment.changed", 2)]
    immediate()


def test_refuses_a_slug_that_is_taken_and_a_change_of_nothing() -> None:
    with pytest.raises(SlugTaken):
        create("production")
    with pytest.raises(BadInput, match="already"):
        change("production", mode="block")


@pytest.mark.parametrize("role", [Role.MODEL_OWNER, Role.RISK_OFFICER, Role.AUDITOR])
def test_refuses_everybody_but_administrators_and_compliance(role: Role) -> None:
    with pytest.raises(NotPermitted):
        change("production", make_person(role), mode="allow")


def test_a_role_on_one_system_is_not_enough_and_a_key_never_is() -> None:
    for actor in (
        make_person(Role.COMPLIANCE_OFFICER, on=make_system()),
        make_key("registry:write", "policies:write")[0],
    ):
        with pytest.raises(NotPermitted):
            create(actor=actor)
    assert change("production", make_person(Role.COMPLIANCE_OFFICER), mode="warn").mode == "warn"
    assert create(actor=make_person(Role.ADMINISTRATOR)).slug == "eu"


@pytest.mark.parametrize("act", ["create", "change"])
def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    before = Epoch.objects.get().n
    monkeypatch.setattr(trail, "_write", fail)
    with pytest.raises(RuntimeError, match="disk full"), transaction.atomic():
        create() if act == "create" else change("production", mode="allow")

    assert Environment.objects.count() == 3
    assert Environment.objects.get(slug="production").mode == "block"
    assert Epoch.objects.get().n == before


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        ("audit_change_needs_event", "UPDATE registry_environment SET mode = 'allow'"),
        (
            "audit_event_is_missing",
            "UPDATE registry_environment SET mode = 'allow', event_version = event_version + 1; "
            "SET CONSTRAINTS ALL IMMEDIATE",
        ),
        (
            "audit_event_is_missing",
            "INSERT INTO registry_environment (id, event_version, slug, kind, mode, regions, "
            "enforce_at_intake) VALUES (gen_random_uuid(), 0, 'x', 'x', 'allow', '{}', false); "
            "SET CONSTRAINTS ALL IMMEDIATE",
        ),
        (
            "registry_environment_keeps_its_slug",
            "UPDATE registry_environment SET slug = 'x', event_version = 1 WHERE slug = 'production'",
        ),
        ("audit_facts_are_only_added|permission denied", "DELETE FROM registry_environment"),
    ],
)
def test_the_database_refuses(constraint: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_over_the_interface() -> None:
    admin = signed_in(make_person(Role.ADMINISTRATOR))

    made = admin.post("/environments", {"slug": "eu", "kind": "production", "regions": ["eu", "eu"]})

    assert (made.status_code, made["Location"]) == (201, "/api/v1/environments/eu")
    assert made.json() == {
        "slug": "eu",
        "kind": "production",
        "mode": "block",
        "regions": ["eu"],
        "enforce_at_intake": True,
    }
    assert admin.post("/environments", {"slug": "eu", "kind": "x"}).json()["code"] == "SLUG_TAKEN"
    assert admin.patch("/environments/eu", {"mode": "warn"}).json()["mode"] == "warn"
    assert admin.patch("/environments/eu", {"mode": "warn"}).status_code == 200
    assert admin.patch("/environments", {"slug": "eu", "enforce_at_intake": False}).json() == {
        **made.json(),
        "mode": "warn",
        "enforce_at_intake": False,
    }
    assert admin.get("/environments/eu").json()["mode"] == "warn"
    assert admin.get("/environments/nowhere").status_code == 404
    assert admin.patch("/environments/nowhere", {"mode": "warn"}).status_code == 404
    assert caller("registry:write").patch("/environments/eu", {"mode": "allow"}).status_code == 403


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({}, "/slug", "REQUIRED"),
        ({}, "/kind", "REQUIRED"),
        ({"slug": "A", "kind": "x"}, "/slug", "BAD_VALUE"),
        ({"slug": "a", "kind": "x", "mode": "maybe"}, "/mode", "BAD_VALUE"),
        ({"slug": "a", "kind": "x", "regions": "eu"}, "/regions", "WRONG_TYPE"),
        ({"slug": "a", "kind": "x", "regions": ["eu", 1]}, "/regions/1", "BAD_VALUE"),
        ({"slug": "a", "kind": "x", "regions": ["r"] * 51}, "/regions", "TOO_LONG"),
        ({"slug": "a", "kind": "x", "enforce_at_intake": "yes"}, "/enforce_at_intake", "WRONG_TYPE"),
        ({"slug": "a", "kind": "x", "colour": 1}, "/colour", "UNKNOWN_FIELD"),
    ],
)
def test_says_what_is_wrong(said: Any, pointer: str, code: str) -> None:
    refused = signed_in(make_person(Role.ADMINISTRATOR)).post("/environments", said)
    assert refused.status_code == 422
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in refused.json()["errors"]]
