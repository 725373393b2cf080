"""Events over REST: who reads which, in a stable order, exactly as the log holds them."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.trail import catalogue, sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access import services
from tests import factories

pytestmark = pytest.mark.django_db

MEMBERS = {"id", "kind", "actor", "entity", "entity_version", "at", "details"}


@pytest.fixture
def auditor(db: Any) -> Client:
    client = Client()
    client.force_login(factories.person("auditor"), backend="governance.access.backend.RoleBackend")
    return client


def read(client: Client, **parameters: Any) -> Any:
    sequencer.integrate_all()
    response = client.get("/api/v1/audit/events", parameters)
    assert response.status_code == 200, response.content
    return response.json()


def test_gives_every_event_once_in_order(auditor: Client) -> None:
    factories.person("reviewer")

    first = read(auditor, limit=2)
    second = read(auditor, after=first["cursor"])

    ids = [event["id"] for event in first["results"] + second["results"]]
    assert ids == [str(id_) for id_ in Event.objects.order_by("seq").values_list("id", flat=True)]
    assert all(event.keys() == MEMBERS for event in first["results"])
    assert read(auditor, after=second["cursor"]) == {"results": [], "cursor": second["cursor"]}


def test_says_what_the_bytes_say(auditor: Client) -> None:
    ada = factories.person("reviewer")

    granted = read(auditor, kind="access.role.granted")["results"][-1]

    assert granted["actor"] == "operator"
    assert granted["details"] == {"person": ada.audit_ref, "role": "reviewer", "scope": "everywhere"}
    assert granted["entity"].startswith("role_assignment:")
    assert granted["entity_version"] == 1


def test_finds_by_entity_and_by_actor(auditor: Client) -> None:
    ada = factories.person("administrator")
    bob = factories.person()
    services.set_independence_group(person_id=bob.pk, group="north", actor=ada, now=timezone.now())

    about = read(auditor, entity=bob.audit_ref)["results"]
    by = read(auditor, actor=ada.audit_ref)["results"]

    assert [event["kind"] for event in about] == ["access.person.created", "access.person.group_set"]
    assert [event["entity_version"] for event in about] == [1, 2]
    assert [event["kind"] for event in by] == ["access.person.group_set"]


@pytest.mark.parametrize(
    "parameters",
    [{"entity": "person"}, {"after": "nonsense"}, {"limit": "501"}, {"wait": "long"}, {"colour": "red"}],
)
def test_refuses_a_query_it_does_not_understand(auditor: Client, parameters: dict[str, str]) -> None:
    response = auditor.get("/api/v1/audit/events", parameters)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"/{next(iter(parameters))}"


def test_a_cursor_moves_on_through_what_the_filter_leaves_out(auditor: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("audit.trail.feeds.SCAN", 3)
    for _ in range(4):
        factories.person()
    system = factories.system()

    seen, cursor, pages = [], "", 0
    while not seen:
        page = read(auditor, kind="registry.system.registered", after=cursor)
        seen, cursor, pages = page["results"], page["cursor"], pages + 1

    assert pages > 1
    assert seen[0]["entity"] == f"system:{system.pk}"


def test_a_key_limited_to_systems_sees_events_of_these_only(client: Client) -> None:
    own, foreign = factories.system(), factories.system()
    _, secret = factories.service_key("audit:read", systems=[own])
    sequencer.integrate_all()

    seen = client.get("/api/v1/audit/events", **factories.bearer(secret)).json()["results"]

    assert [event["kind"] for event in seen] == ["registry.system.registered", "reviews.queue.created"]
    assert seen[0]["entity"] == f"system:{own.pk}"
    theirs = Event.objects.get(kind="registry.system.registered", entity_id=foreign.pk)
    hidden = client.get(f"/api/v1/audit/events/{theirs.id}", **factories.bearer(secret))
    missing = client.get(f"/api/v1/audit/events/{factories.nobody_there()}", **factories.bearer(secret))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()


@pytest.mark.parametrize("role", ["reviewer", "administrator", "compliance_officer", None])
def test_nobody_else_reads_events(client: Client, role: str | None) -> None:
    person = factories.person(*([role] if role else []))
    client.force_login(person, backend="governance.access.backend.RoleBackend")

    assert client.get("/api/v1/audit/events").status_code == 403
    assert client.get(f"/api/v1/audit/events/{factories.nobody_there()}").status_code == 403
    assert client.get("/audit/events").status_code == 403


def test_one_event_stands_as_in_the_feed(auditor: Client) -> None:
    event = read(auditor)["results"][0]

    one = auditor.get(f"/api/v1/audit/events/{event['id']}").json()

    assert one == event | {"inclusion": None}


def test_the_page_names_people_and_leads_on(auditor: Client) -> None:
    ada = factories.person("reviewer", name="Ada Lovelace")

    page = auditor.get("/audit/events", {"entity": ada.audit_ref}).content.decode()

    assert "the command line" in page
    assert "opened an account" in page
    assert "Ada Lovelace" in page
    assert f"/administration/people/{ada.pk}" in page


def test_the_page_turns_over(auditor: Client) -> None:
    for n in range(120):
        _remark(n)

    first = auditor.get("/audit/events")
    older = first.context["older"]
    second = auditor.get(f"/audit/events{older}")
    back = auditor.get(f"/audit/events{second.context['newer']}")

    def numbers(page: Any) -> list[int]:
        return [row["event"].seq for row in page.context["rows"]]

    assert len(numbers(first)) == len(numbers(second)) == 50
    assert numbers(first) == sorted(numbers(first), reverse=True)
    assert numbers(first)[-1] == numbers(second)[0] + 1
    assert numbers(back) == numbers(first)


def test_the_page_finds_by_time_and_kind(auditor: Client) -> None:
    _remark(1)
    page = auditor.get("/audit/events", {"kind": "test.noted", "since": "2020-01-01T00:00"})
    none = auditor.get("/audit/events", {"until": "2020-01-01T00:00"})
    odd = auditor.get("/audit/events", {"since": "yesterday", "entity": "x", "before": "-1"})

    assert [row["event"].kind for row in page.context["rows"]] == ["test.noted"]
    assert b"No such event" in none.content
    assert b"is no time" in odd.content


def test_an_event_page_shows_the_bytes(auditor: Client) -> None:
    factories.person("reviewer", name="<script>alert(1)</script>")
    event = Event.objects.filter(kind="access.role.granted").latest("seq")

    page = auditor.get(f"/audit/events/{event.id}").content.decode()

    assert "&quot;role&quot;:&quot;reviewer&quot;" in page
    assert "<script>alert" not in page


def test_the_page_says_what_members_mean_and_what_the_kind_shows(auditor: Client) -> None:
    event = Event.objects.filter(kind="access.role.granted").latest("seq")

    page = auditor.get(f"/audit/events/{event.id}").content.decode()

    assert "Where it holds." in page
    assert "Pseudonymous: stands for a person who has an account." in page
    assert "SOC 2 CC6.2" in page
    assert 'href="/audit/kinds#access-role-granted"' in page


def test_the_page_of_kinds_explains_each(auditor: Client) -> None:
    page = auditor.get("/audit/kinds").content.decode()

    assert [row.kind for row in catalogue.rows() if f'id="{catalogue.anchor(row.kind)}"' not in page] == []
    assert "Commitment; what it commits to can be erased." in page


def test_the_filter_offers_kinds_by_area_and_those_that_nobody_knows(auditor: Client) -> None:
    _remark(1)

    page = auditor.get("/audit/events").content.decode()

    assert '<optgroup label="Accounts and access">' in page
    assert '<option value="access.role.granted">gave a role</option>' in page
    assert page.index('<optgroup label="Other">') < page.index('<option value="test.noted">noted</option>')


def _remark(n: int) -> None:
    trail.remark(
        kind="test.noted",
        actor=OPERATOR,
        entity_type="sign_in",
        details={"n": n},
        now=timezone.now(),
    )
