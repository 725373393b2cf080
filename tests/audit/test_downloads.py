"""audit.downloads: every list as CSV, by the same filter and for the same people as its page."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import downloads
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from governance.approvals import showing
from governance.evidence import selectors as evidence
from governance.evidence import services as adding
from governance.evidence.reading import NewEvidence
from governance.gate import selectors as gate
from governance.suspensions import selectors as suspensions
from governance.suspensions import services as suspending
from governance.waivers import selectors as waivers
from registry.deployments import selectors as deployments
from tests import factories
from tests.governance.approvals.making import Scene, scene
from tests.registry.factories import Caller, signed_in

pytestmark = pytest.mark.django_db

REST = ("approvals", "deployments", "suspensions", "waivers", "evidence", "gate/answers")
PAGES = ("portfolio", "approvals", "audit/events")


@pytest.fixture
def made() -> Scene:
    factories.person("administrator")
    return scene()


@pytest.fixture
def auditor() -> Caller:
    return signed_in(factories.person("auditor"))


def suspended(made: Scene, reason: str) -> None:
    suspending.suspend(
        system_id=made.system.pk, model_id=made.model.pk, version_id=made.version.pk, actor=OPERATOR,
        reason=reason, now=timezone.now(),
    )  # fmt: skip


def rows_of(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", REST)
def test_an_empty_list_is_a_file_with_titles(auditor: Caller, name: str) -> None:
    assert rows_of(auditor.get(f"/{name}?format=csv")) == []


def test_a_row_says_what_the_api_says_and_runs_in_no_spreadsheet(made: Scene, auditor: Caller) -> None:
    suspended(made, "=HYPERLINK(1)")

    (row,) = rows_of(auditor.get("/suspensions?format=csv"))

    (shown,) = auditor.get("/suspensions").json()["results"]
    assert list(row) == list(shown) == list(suspensions.COLUMNS)
    assert row["reason"] == "'=HYPERLINK(1)"
    assert {name: row[name] for name in ("id", "model", "version", "state")} == {
        name: shown[name] for name in ("id", "model", "version", "state")
    }


def test_the_filter_of_the_list_is_that_of_the_file(made: Scene, auditor: Caller) -> None:
    suspended(made, "Odd.")

    assert len(rows_of(auditor.get("/suspensions?format=csv&live=true"))) == 1
    assert rows_of(auditor.get("/suspensions?format=csv&live=false")) == []
    assert auditor.get("/suspensions?format=csv&limit=5").status_code == 422
    assert auditor.get("/suspensions?format=xml").status_code == 422


def test_is_an_event(made: Scene, auditor: Caller) -> None:
    rows_of(auditor.get("/suspensions?format=csv&live=true"))

    event = Event.objects.get(kind=downloads.DOWNLOADED)
    assert b'"list":"suspensions"' in bytes(event.body)


@pytest.mark.parametrize("name", REST)
def test_whoever_has_no_role_there_gets_no_row(made: Scene, name: str) -> None:
    suspended(made, "Odd.")
    made.approved()
    stranger = signed_in(factories.person(Role.RISK_OFFICER, at=factories.system()))

    assert rows_of(stranger.get(f"/{name}?format=csv")) == []


def test_columns_are_the_members_of_the_api(made: Scene) -> None:
    report = NewEvidence("test-report", "Report", "metric", metric={"recall": 0.9})
    added = adding.add(
        system_id=made.system.pk, model=None, version=None, said=report, actor=OPERATOR, now=timezone.now()
    )
    request = made.request()

    assert tuple(evidence.as_json(added)) == evidence.COLUMNS
    assert tuple(showing.request_as_json(request, now=timezone.now())) == showing.COLUMNS
    assert deployments.COLUMNS
    assert waivers.COLUMNS
    assert gate.COLUMNS


def test_reads_as_often_for_few_as_for_a_page(made: Scene, auditor: Caller) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as context:
            rows_of(auditor.get("/evidence?format=csv"))
        counts.append(len(context))
        for n in range(3):
            adding.add(
                system_id=made.system.pk, model=None, version=None, actor=OPERATOR, now=timezone.now(),
                said=NewEvidence(f"item-{n}", "T", "metric", metric={"n": n}),
            )  # fmt: skip

    assert counts[0] == counts[1]


def test_reads_on_where_a_page_ends(made: Scene, auditor: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "AT_ONCE", 2)
    for n in range(5):
        adding.add(
            system_id=made.system.pk, model=None, version=None, actor=OPERATOR, now=timezone.now(),
            said=NewEvidence(f"item-{n}", "T", "metric", metric={"n": n}),
        )  # fmt: skip

    found = rows_of(auditor.get("/evidence?format=csv"))

    assert [row["item"] for row in found] == [f"item-{n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("name", PAGES)
def test_pages_without_a_list_in_the_api_are_files_too(made: Scene, auditor: Caller, name: str) -> None:
    rows = rows_of(auditor.client.get(f"/{name}?format=csv"))

    if name == "portfolio":
        (row,) = [each for each in rows if each["system"] == made.system.slug]
        assert row["product_owner"] == made.owner.email
    if name == "audit/events":
        assert {"access.person.created", "registry.system.registered"} & {row["kind"] for row in rows}


def test_the_inbox_is_a_file(made: Scene) -> None:
    request = made.request()

    (row,) = rows_of(signed_in(made.risk).client.get("/approvals?format=csv"))

    assert row["id"] == str(request.pk)
