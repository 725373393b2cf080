"""The home page: what needs whom."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.trail.actors import OPERATOR
from config.hall.home import what_needs
from governance.access import services as access
from governance.access.models import Person
from tests import factories

pytestmark = pytest.mark.django_db


def titles(person: Person) -> list[str]:
    return [card.title for card in what_needs(factories.fresh(person), now=timezone.now())]


def test_says_what_is_missing_to_those_without_a_role() -> None:
    client = Client()
    client.force_login(factories.person(), backend="governance.access.backend.RoleBackend")

    page = client.get("/")

    assert page.status_code == 200
    assert b"You have no role yet" in page.content


def test_tells_an_owner_which_systems_have_gaps() -> None:
    fraud, other = factories.system("fraud", name="Card payments"), factories.system(name="Not mine")

    found = titles(factories.person("model_owner", at=fraud))

    assert "Card payments lacks an owner" in found
    assert other.name not in " ".join(found)


def test_tells_an_owner_who_has_left() -> None:
    gone = factories.person()
    system = factories.system(name="Card payments", owners={"technical_lead": gone.email})
    access.deactivate(person_id=gone.pk, actor=OPERATOR, now=timezone.now())

    assert "An owner of Card payments has left" in titles(factories.person("model_owner", at=system))


def test_tells_an_administrator_about_keys_and_accounts(settings: Any) -> None:
    settings.EMAIL_BACKEND = "config.mail.StoredMailBackend"  # the suite has one of its own
    soon = timezone.now() + dt.timedelta(days=3)
    factories.service_key(expires_at=soon)
    factories.person()

    found = titles(factories.person("administrator"))

    assert any(title.startswith("The key 'service") for title in found)
    assert "Accounts without a role" in found
    assert "No mail server is set" in found


def test_tells_an_auditor_what_happened_last() -> None:
    assert "The latest event" in titles(factories.person("auditor"))


def test_asks_as_many_questions_for_many_systems(django_assert_max_num_queries: Any) -> None:
    for _ in range(6):
        factories.system()
    owner = factories.person("model_owner")
    client = Client()
    client.force_login(owner, backend="governance.access.backend.RoleBackend")
    client.get("/")

    with django_assert_max_num_queries(20):
        client.get("/")
