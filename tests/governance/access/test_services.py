"""Changes of people and roles: what is refused, what is recorded, and that both or neither happen."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audit.refusals import BadInput, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event, Opening
from governance.access import credentials, services
from governance.access.errors import (
    AlreadyDeactivated,
    AlreadyGranted,
    AlreadyRevoked,
    EmailTaken,
    LastAdministrator,
    NotGranted,
)
from governance.access.models import Person, PersonalToken, RoleAssignment, ServiceKey
from governance.access.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db


def everywhere() -> int:
    return factories.scope_of(None).pk


def test_an_address_has_one_spelling() -> None:
    person = factories.person(email=" Ada@Example.ORG")

    assert person.email == "ada@example.org"
    with pytest.raises(EmailTaken):
        factories.person(email="ADA@example.org")


def test_no_address_or_name_enters_an_event(immediate: Callable[[], None]) -> None:
    person = factories.person(email="ada@example.org", name="Ada Lovelace")

    body = bytes(Event.objects.get(kind="access.person.created").body).decode()
    assert "ada@" not in body
    assert "Lovelace" not in body
    assert set(Opening.objects.filter(entity_id=person.pk).values_list("value", flat=True)) == {
        "ada@example.org",
        "Ada Lovelace",
    }
    immediate()


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a" * 250 + "@example.org"])
def test_refuses_what_is_no_address(email: str) -> None:
    with pytest.raises(BadInput):
        services.create_person(
            email=email, name="", password=factories.PASSWORD, actor=OPERATOR, now=timezone.now()
        )


@pytest.mark.parametrize("role", [None, "auditor", "queue_manager"])
def test_only_administrators_change_accounts(role: str | None) -> None:
    actor, bob = factories.person(*([role] if role else [])), factories.person()

    with pytest.raises(NotPermitted):
        services.grant(
            person_id=bob.pk, role=Role.REVIEWER, scope_id=everywhere(), actor=actor, now=timezone.now()
        )
    with pytest.raises(NotPermitted):
        services.set_password(person_id=bob.pk, password="another long one", actor=actor, now=timezone.now())
    with pytest.raises(NotPermitted):
        services.deactivate(person_id=bob.pk, actor=actor, now=timezone.now())


def test_nobody_grants_to_themselves() -> None:
    ada = factories.person("administrator")

    with pytest.raises(NotPermitted, match="Nobody changes their own roles"):
        services.grant(
            person_id=ada.pk, role=Role.AUDITOR, scope_id=everywhere(), actor=ada, now=timezone.now()
        )


def test_what_changes_nothing_is_refused() -> None:
    ada = factories.person("reviewer")
    now = timezone.now()

    with pytest.raises(AlreadyGranted):
        factories.grant(ada, "reviewer")
    with pytest.raises(NotGranted):
        services.revoke(person_id=ada.pk, role=Role.AUDITOR, scope_id=everywhere(), actor=OPERATOR, now=now)
    services.deactivate(person_id=ada.pk, actor=OPERATOR, now=now)
    with pytest.raises(AlreadyDeactivated):
        services.deactivate(person_id=ada.pk, actor=OPERATOR, now=now)
    with pytest.raises(NotPermitted, match="deactivated"):
        factories.grant(ada, "auditor")


def test_keeps_the_last_administrator() -> None:
    ada = factories.person("administrator")

    with pytest.raises(LastAdministrator):
        services.deactivate(person_id=ada.pk, actor=OPERATOR, now=timezone.now())
    with pytest.raises(LastAdministrator):
        services.revoke(
            person_id=ada.pk,
            role=Role.ADMINISTRATOR,
            scope_id=everywhere(),
            actor=OPERATOR,
            now=timezone.now(),
        )


def test_a_role_ends_with_the_next_request() -> None:
    ada = factories.person("auditor")
    assert ada.has_perm("audit.view_events")

    services.revoke(
        person_id=ada.pk, role=Role.AUDITOR, scope_id=everywhere(), actor=OPERATOR, now=timezone.now()
    )

    assert not factories.fresh(ada).has_perm("audit.view_events")


def test_a_rotated_key_lives_as_long_as_the_first() -> None:
    now = timezone.now()
    key, _ = factories.service_key(now=now, expires_at=now + dt.timedelta(days=90))
    later = now + dt.timedelta(days=80)

    new, _ = credentials.rotate_key(key_id=key.pk, actor=OPERATOR, now=later)

    assert new.expires_at == later + dt.timedelta(days=90)
    assert new.rotated_from == key
    with pytest.raises(AlreadyRevoked, match="rotate its successor"):
        credentials.rotate_key(key_id=key.pk, actor=OPERATOR, now=later)


def test_a_token_is_made_by_its_person_only() -> None:
    ada, bob = factories.person("administrator"), factories.person()

    with pytest.raises(NotPermitted):
        credentials.create_token(person_id=bob.pk, name="x", actor=ada, now=timezone.now())


def _changes(ada: Person, bob: Person) -> dict[str, Callable[[], Any]]:
    now = timezone.now()
    by: dict[str, Any] = {"actor": ada, "now": now}
    key, _ = factories.service_key()
    token, _ = factories.token(bob)
    return {
        "create_person": lambda: services.create_person(
            email="new@example.org", name="", password=factories.PASSWORD, **by
        ),
        "grant": lambda: services.grant(person_id=bob.pk, role=Role.AUDITOR, scope_id=everywhere(), **by),
        "revoke": lambda: services.revoke(person_id=bob.pk, role=Role.REVIEWER, scope_id=everywhere(), **by),
        "deactivate": lambda: services.deactivate(person_id=bob.pk, **by),
        "set_password": lambda: services.set_password(person_id=bob.pk, password="another long one", **by),
        "change_profile": lambda: services.change_profile(
            person_id=bob.pk, name="Robert", time_zone="UTC", theme="dark", keys_enabled=False, **by
        ),
        "set_independence_group": lambda: services.set_independence_group(
            person_id=bob.pk, group="north", **by
        ),
        "create_key": lambda: credentials.create_key(name="new", scopes=["gate:read"], **by),
        "rotate_key": lambda: credentials.rotate_key(key_id=key.pk, **by),
        "revoke_key": lambda: credentials.revoke_key(key_id=key.pk, **by),
        "create_token": lambda: credentials.create_token(person_id=bob.pk, name="new", actor=bob, now=now),
        "revoke_token": lambda: credentials.revoke_token(token_id=token.pk, **by),
    }


CHANGES = (
    "create_person", "grant", "revoke", "deactivate", "set_password", "change_profile",
    "set_independence_group", "create_key", "rotate_key", "revoke_key", "create_token", "revoke_token",
)  # fmt: skip


def _everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Person, RoleAssignment, ServiceKey, PersonalToken)
    ]


@pytest.mark.parametrize("change", CHANGES)
def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(change: str, monkeypatch: Any) -> None:
    ada, bob = factories.person("administrator"), factories.person("reviewer")
    act = _changes(ada, bob)[change]
    before = _everything()

    def fail(**_: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "_write", fail)

    with pytest.raises(RuntimeError, match="disk full"):
        act()

    assert _everything() == before


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_has_its_event(change: str, immediate: Callable[[], None]) -> None:
    ada, bob = factories.person("administrator"), factories.person("reviewer")
    act = _changes(ada, bob)[change]
    before = Event.objects.count()

    act()

    immediate()
    assert Event.objects.count() > before
