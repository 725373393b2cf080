"""The page about retention: who reads a system reads it, a compliance officer sets it, without JavaScript."""

import re

import pytest
from django.test import Client

from governance.access.models import Person
from governance.access.roles import Role
from reviews.retention.models import RetentionRule
from tests import factories
from tests.reviews.erasure.erasing import Place, as_client
from tests.reviews.retention.test_retention import age

BACKEND = "governance.access.backend.RoleBackend"


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def address(place: Place) -> str:
    return f"/systems/{place.posting.system.slug}/retention"


def test_an_officer_sets_and_clears_it(place: Place) -> None:
    client = signed_in(place.officer)

    first = client.get(address(place)).content.decode()
    answer = client.post(address(place), {"days": "365"}, follow=True).content.decode()
    on_system = client.get(f"/systems/{place.posting.system.slug}").content.decode()
    client.post(address(place), {"days": ""})

    assert "kept without end" in first
    assert "goes after 365 days" in answer
    assert "goes after 365 days" in on_system
    assert address(place) in on_system
    assert RetentionRule.objects.get().days is None


@pytest.mark.parametrize("days", ["182", "-1", "40000", "many"])
def test_what_cannot_be_is_said_beside_the_field(place: Place, days: str) -> None:
    answer = signed_in(place.officer).post(address(place), {"days": days})

    assert answer.status_code == 422
    assert "errors" in answer.content.decode() or "error" in answer.content.decode()
    assert not RetentionRule.objects.exists()


def test_others_read_it_and_do_not_set_it(place: Place) -> None:
    client = signed_in(factories.person(Role.AUDITOR))

    page = client.get(address(place))
    refused = client.post(address(place), {"days": "365"})

    assert (page.status_code, refused.status_code) == (200, 403)
    assert '<button class="button button--primary" type="submit">Save' not in page.content.decode()
    assert "Only a compliance officer" in page.content.decode()


def test_says_what_would_go_and_changes_nothing(place: Place) -> None:
    free, held = place.post(None), place.post("held")
    for each in (free, held):
        age(each["id"], 201)
    holding = {"subject": "held", "reason": "A court asked."}
    assert as_client(place.officer).post("/api/v1/legal-holds", holding, format="json").status_code == 201
    client = signed_in(place.officer)

    answers = {
        days: re.sub(r"\s+", " ", page.content.decode())
        for days in ("200", "300", "", "182")
        for page in [client.post(address(place), {"days": days, "look": "yes"})]
    }

    assert "1 decided prediction would lose its content" in answers["200"]
    assert "Legal holds keep 1 more of that age" in answers["200"]
    assert "no decided prediction is older than 300 days" in answers["300"]
    assert "kept without end" in answers[""]
    assert "Six months is the least" in answers["182"]
    assert not RetentionRule.objects.exists()
