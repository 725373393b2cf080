"""The search box: by what people call things, within what they may know."""

from typing import Any

import pytest
from django.test import Client

from audit.trail import sequencer
from config.hall.search import find
from tests import factories

pytestmark = pytest.mark.django_db


def kinds(person: Any, words: str) -> list[tuple[str, str]]:
    return [(hit.kind, hit.title) for hit in find(factories.fresh(person), words)]


def test_finds_systems_and_queues_in_reach_only() -> None:
    fraud, _ = factories.system("fraud-cards", name="Cards"), factories.system("fraud-loans", name="Loans")
    owner = factories.person("model_owner", at=fraud)

    found = kinds(owner, "fraud")

    assert ("AI system", "Cards") in found
    assert not any("Loans" in title for _, title in found)


def test_goes_straight_to_the_only_hit() -> None:
    factories.system("fraud-cards", name="Cards")
    client = Client()
    client.force_login(factories.person("auditor"), backend="governance.access.backend.RoleBackend")

    assert client.get("/search?q=Cards").status_code == 200  # the system and its inbox
    assert client.get("/search?q=fraud-cards-inbox")["Location"].endswith("fraud-cards-inbox")


def test_finds_people_for_those_who_may_see_them() -> None:
    factories.person(name="Grace Hopper", email="grace@example.org")

    assert kinds(factories.person("auditor"), "grace") == [("person", "Grace Hopper")]
    assert kinds(factories.person("reviewer"), "grace") == []


@pytest.mark.parametrize("words", ["1", "event 1", "Event 1"])
def test_finds_an_event_by_the_number_that_the_verifier_says(words: str) -> None:
    auditor, reviewer = factories.person("auditor"), factories.person("reviewer")
    while sequencer.integrate_all():
        pass

    assert kinds(auditor, words)[0] == ("event", "event 1")
    assert kinds(reviewer, words) == []
    assert not any(kind == "event" for kind, _ in kinds(auditor, "event 99999"))


@pytest.mark.parametrize("words", ["", " ", "%", "\x00", "' OR 1=1 --", "x" * 5000])
def test_takes_whatever_is_typed(words: str) -> None:
    client = Client()
    client.force_login(factories.person("auditor"), backend="governance.access.backend.RoleBackend")

    assert client.get("/search", {"q": words}).status_code == 200
