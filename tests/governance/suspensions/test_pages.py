"""Pages about suspensions: what follows first, then why; who may lift, and when."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.access.roles import Role
from governance.approvals.models import ApprovalRequest
from governance.suspensions import facts
from governance.suspensions.models import Suspension
from tests.registry.factories import browser, make_person
from tests.reviews.intake.making import Posting, a_posting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.suspensions.notifications.tell", lambda: None)


@pytest.fixture
def posting() -> Posting:
    return a_posting()


@pytest.fixture
def officer() -> Client:
    return browser(make_person(Role.RISK_OFFICER, name="Rita Risk"))


def raising(posting: Posting) -> str:
    return f"/suspensions/_raise?model={posting.model.slug}&version=1.0.0"


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def suspended(officer: Client, posting: Posting) -> Suspension:
    done = officer.post(raising(posting), {"reason": "It drifts.", "confirm": "on"})
    assert done.status_code == 302, text(done)
    return Suspension.objects.get()


def test_shows_first_what_follows(posting: Posting, officer: Client) -> None:
    make_person(Role.REVIEWER, on=posting.system)
    for _ in range(14):
        assert posting.post().status_code == 201

    page = text(officer.get(raising(posting)))

    assert '<p class="tile__number">2</p><p class="tile__label">predictions a day go to people' in page
    assert posting.queue.slug in page
    assert posting.key.name in page
    assert page.index("What follows, at once") < page.index("Stop it")


def test_stops_only_what_was_confirmed_and_reasoned(posting: Posting, officer: Client) -> None:
    refused = officer.post(raising(posting), {"reason": ""})

    assert refused.status_code == 422
    assert "Confirm it" in text(refused)
    assert not Suspension.objects.exists()


def test_the_stop_stands_on_every_page_below_it(posting: Posting, officer: Client) -> None:
    row = suspended(officer, posting)

    for path in (
        f"/systems/{posting.system.slug}",
        f"/models/{posting.model.slug}",
        f"/models/{posting.model.slug}/versions/1.0.0",
        "/suspensions",
        "/systems",
    ):
        assert f"/suspensions/{row.pk}" in text(officer.get(path)), path


def test_lifts_with_a_reason(posting: Posting, officer: Client) -> None:
    row = suspended(officer, posting)

    assert officer.post(f"/suspensions/{row.pk}/lift", {"reason": " "}).status_code == 422
    assert officer.post(f"/suspensions/{row.pk}/lift", {"reason": "Mended."}).status_code == 302

    page = text(officer.get(f"/suspensions/{row.pk}"))
    assert "Mended." in page
    assert "Rita Risk" in page
    assert "Lifted" in text(officer.get("/suspensions"))


def test_says_when_an_approval_is_due(
    posting: Posting, officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "class_of", lambda system_id: "high_risk")
    row = suspended(officer, posting)

    assert "demands an approval" in text(officer.get(f"/suspensions/{row.pk}"))
    refused = officer.post(f"/suspensions/{row.pk}/lift", {"reason": "Mended."})
    assert refused.status_code == 409


def test_asks_for_the_approval_of_the_lifting(
    posting: Posting, officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "class_of", lambda system_id: "high_risk")
    row = suspended(officer, posting)
    owner = make_person(Role.MODEL_OWNER, on=posting.system)
    client = browser(owner)
    assert f'action="/suspensions/{row.pk}/ask"' in text(client.get(f"/suspensions/{row.pk}"))

    asked = client.post(f"/suspensions/{row.pk}/ask")

    request = ApprovalRequest.objects.get(suspension=row.pk)
    assert asked["Location"] == f"/approvals/{request.pk}"
    page = text(client.get(f"/suspensions/{row.pk}"))
    assert f'href="/approvals/{request.pk}"' in page
    assert "Ask for the approval" not in page
    assert client.post(f"/suspensions/{row.pk}/ask").status_code == 409


def test_asking_needs_a_role_that_asks(
    posting: Posting, officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "class_of", lambda system_id: "high_risk")
    row = suspended(officer, posting)

    assert "can ask for an approval" in text(officer.get(f"/suspensions/{row.pk}"))
    assert officer.post(f"/suspensions/{row.pk}/ask").status_code == 403
    assert not ApprovalRequest.objects.exists()


def test_whoever_may_not_lift_sees_why(posting: Posting, officer: Client) -> None:
    row = suspended(officer, posting)
    reviewer = browser(make_person(Role.REVIEWER, on=posting.system))

    page = text(reviewer.get(f"/suspensions/{row.pk}"))

    assert "disabled" in page
    assert "Only a compliance or risk officer" in page
    assert "Suspend this" not in text(reviewer.get(f"/models/{posting.model.slug}"))
    assert timezone.now() >= row.raised_at
