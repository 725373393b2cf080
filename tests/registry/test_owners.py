"""registry.systems.owners and the portfolio: who answers for a system, and where somebody is missing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import services as access
from governance.access.models import Person
from governance.access.roles import Role
from registry.catalog import hooks as catalog_hooks
from registry.portfolio import hooks
from registry.systems.models import AISystem
from registry.systems.owners import three_people_due, why_owners_incomplete
from registry.systems.panels import Cell, Column
from tests.registry.factories import browser, make_model, make_person, make_system, make_version
from tests.registry.gates import gate

pytestmark = pytest.mark.django_db


@pytest.fixture
def high_risk() -> Iterator[set[str]]:
    """Slugs of systems that are high-risk."""
    slugs: set[str] = set()

    def judge(system: AISystem) -> bool:
        return system.slug in slugs

    catalog_hooks.high_risk.append(judge)
    yield slugs
    catalog_hooks.high_risk.remove(judge)


def owned(slug: str = "", *people: Person) -> AISystem:
    titles = ("business_sponsor", "product_owner", "technical_lead")
    return make_system(slug, owners={title: each.email for title, each in zip(titles, people, strict=False)})


def leave(person: Person) -> None:
    access.deactivate(person_id=person.pk, actor=OPERATOR, now=timezone.now())


def codes(system: AISystem) -> list[str]:
    return [reason.code for reason in why_owners_incomplete(AISystem.objects.get(pk=system.pk))]


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def reader() -> Client:
    return browser(make_person(Role.RISK_OFFICER))


def test_three_people_who_are_here_are_enough(high_risk: set[str]) -> None:
    system = owned("payments", make_person(), make_person(), make_person())
    high_risk.add("payments")
    assert codes(system) == []


def test_names_who_is_missing_and_who_has_left() -> None:
    ada = make_person(name="Ada")
    system = owned("payments", ada)
    leave(ada)
    reasons = why_owners_incomplete(AISystem.objects.get(pk=system.pk))
    assert [reason.code for reason in reasons] == ["OWNER_MISSING", "OWNER_MISSING", "OWNER_LEFT"]
    assert reasons[2].detail == "Ada, the business sponsor, has left; name somebody else."


def test_one_person_may_own_all_of_it_unless_it_is_high_risk(high_risk: set[str]) -> None:
    ada = make_person(name="Ada")
    system = owned("payments", ada, make_person(), ada)
    assert not three_people_due(system)
    assert codes(system) == []
    high_risk.add("payments")
    assert codes(system) == ["OWNERS_NOT_DIFFERENT"]
    assert "Ada is business sponsor and technical lead" in why_owners_incomplete(system)[0].detail


def test_the_page_of_a_system_shows_who_has_left(reader: Client) -> None:
    ada = make_person(name="Ada")
    owned("payments", ada)
    leave(ada)
    page = text(reader.get("/systems/payments"))
    assert "has left" in page
    assert "No technical lead is named." in page
    assert "(has left)" in text(reader.get("/systems"))


def test_the_portfolio_shows_what_is_live_and_who_answers(reader: Client) -> None:
    ada = make_person(name="Ada")
    model = make_model(owned("payments", ada), "fraud-screen")
    version = make_version(model)
    with gate():
        from registry.deployments import services

        services.deploy(version_id=version.pk, environment="production", actor=OPERATOR, now=timezone.now())
    page = text(reader.get("/portfolio"))
    for shown in (
        "fraud-screen 1.0.0 in production",
        "Ada",
        "no technical lead",
        'href="/models/fraud-screen"',
    ):
        assert shown in page


def test_the_portfolio_filters_by_owner_gap_and_class(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = make_person(name="Ada"), make_person(name="Bob")
    owned("first", ada, ada, ada)
    owned("second", bob, ada, bob)
    owned("third")
    leave(bob)
    monkeypatch.setattr(hooks, "classes", [("high_risk", "high risk")])
    monkeypatch.setattr(hooks, "narrow", lambda systems, risk: systems.filter(slug="third"))

    def shown(query: str) -> list[str]:
        page = text(reader.get(f"/portfolio?{query}"))
        return [slug for slug in ("first", "second", "third") if f'href="/systems/{slug}"' in page]

    assert shown("") == ["first", "second", "third"]
    assert shown("owner=bob") == ["second"]
    assert shown(f"owner={ada.email}") == ["first", "second"]
    assert shown("gap=missing") == ["third"]
    assert shown("gap=left") == ["second"]
    assert shown("class=high_risk") == ["third"]
    assert shown("class=unheard-of&gap=x&owner=%00") == ["first", "second", "third"]
    assert "No system is like this" in text(reader.get("/portfolio?owner=nobody"))


def test_the_portfolio_shows_what_others_add(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_system("payments")
    column = Column("Class", lambda systems, actor: {each.pk: [Cell("high risk")] for each in systems})
    monkeypatch.setattr(hooks, "columns", [column])
    page = text(reader.get("/portfolio"))
    assert '<th scope="col">Class</th>' in page
    assert "high risk" in page


def test_the_portfolio_shows_nothing_out_of_reach() -> None:
    make_system("theirs")
    page = text(browser(make_person(Role.MODEL_OWNER, on=make_system("mine"))).get("/portfolio"))
    assert 'href="/systems/mine"' in page
    assert "theirs" not in page


def test_the_portfolio_goes_on_after_fifty_with_its_filter(reader: Client) -> None:
    for n in range(52):
        make_system(f"s{n:02}")
    first = text(reader.get("/portfolio?gap=missing"))
    assert "?gap=missing&amp;after=s49" in first
    assert "/systems/s51" in text(reader.get("/portfolio?gap=missing&after=s49"))


def test_the_portfolio_takes_as_many_queries_for_many_systems_as_for_one(reader: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert reader.get("/portfolio").status_code == 200
        return len(captured)

    make_model(owned("", make_person()))
    queries()
    before = queries()
    for _ in range(6):
        make_version(make_model(owned("", make_person(), make_person())))
    assert queries() == before
