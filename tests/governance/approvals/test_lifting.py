"""governance.approvals.submitting.request_lifting: an approval that a suspension may end."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from audit.ids import uuid7
from audit.refusals import NotFound, NotPermitted
from governance.approvals import hooks, submitting
from governance.approvals.errors import AlreadyRequested, Stale
from governance.approvals.models import ApprovalRequest
from governance.approvals.selectors import lifting_approved
from governance.approvals.states import State
from tests import factories
from tests.governance.approvals.making import Scene, scene, sign

pytestmark = pytest.mark.django_db


class Suspensions:
    """What the room above would say."""

    def __init__(self, made: Scene) -> None:
        self.id, self.made, self.reason = uuid7(), made, "It drifts."

    def __call__(self, suspension_id: UUID) -> hooks.Suspended | None:
        if suspension_id != self.id:
            return None
        version = self.made.version
        return hooks.Suspended(
            self.id, version.model.system_id, "Lift it", version, {"reason": self.reason, "model": "m"}
        )


@pytest.fixture
def made() -> Scene:
    return scene()


@pytest.fixture
def suspensions(made: Scene, monkeypatch: pytest.MonkeyPatch) -> Suspensions:
    there = Suspensions(made)
    monkeypatch.setattr(hooks, "suspension", there)
    return there


def ask(suspensions: Suspensions, **given: Any) -> ApprovalRequest:
    return submitting.request_lifting(
        suspension_id=given.pop("suspension_id", suspensions.id),
        actor=given.pop("actor", suspensions.made.owner),
        now=timezone.now(),
    )


def test_is_signed_like_production(made: Scene, suspensions: Suspensions) -> None:
    request = ask(suspensions)
    assert not lifting_approved(suspensions.id, timezone.now())
    sign(request, made.risk)

    assert sign(request, made.compliance).state == State.APPROVED
    assert lifting_approved(suspensions.id, timezone.now())


def test_another_reason_makes_it_stale(made: Scene, suspensions: Suspensions) -> None:
    request = ask(suspensions)
    suspensions.reason = "It drifts, and somebody was harmed."

    with pytest.raises(Stale):
        sign(request, made.risk)
    assert ask(suspensions).round == 2


def test_what_has_ended_needs_no_lifting(made: Scene, suspensions: Suspensions) -> None:
    request = ask(suspensions)
    sign(request, made.risk)
    ended, suspensions.id = suspensions.id, uuid7()

    with pytest.raises(Stale):
        sign(request, made.compliance)
    assert not lifting_approved(ended, timezone.now())


def test_neither_who_asks_nor_the_author_signs(made: Scene, suspensions: Suspensions) -> None:
    request = ask(suspensions)
    for person in (made.owner, made.author):
        factories.grant(person, "risk_officer")
        with pytest.raises(NotPermitted):
            sign(request, person)


def test_is_asked_once(suspensions: Suspensions) -> None:
    ask(suspensions)

    with pytest.raises(AlreadyRequested):
        ask(suspensions)


def test_refuses_what_is_not_suspended_and_who_may_not_ask(made: Scene, suspensions: Suspensions) -> None:
    with pytest.raises(NotFound):
        ask(suspensions, suspension_id=uuid7())
    with pytest.raises(NotPermitted):
        ask(suspensions, actor=made.risk)


def test_over_rest_and_on_its_page(made: Scene, suspensions: Suspensions) -> None:
    client = Client()
    client.force_login(factories.fresh(made.owner), backend="governance.access.backend.RoleBackend")
    body = {"suspension": str(suspensions.id)}

    answer = client.post("/api/v1/approvals", body, content_type="application/json")

    assert (answer.status_code, answer.json()["suspension"]) == (201, str(suspensions.id))
    assert client.get(f"/api/v1/approvals?suspension={suspensions.id}").json()["results"]
    page = client.get(f"/approvals/{answer.json()['id']}")
    assert f"Lifting a suspension of {made.system.name}" in page.content.decode()
    assert client.get(f"/approvals/{answer.json()['id']}/record").status_code == 200
    stranger = Client()
    person = factories.person("model_owner", at=factories.system())
    stranger.force_login(person, backend="governance.access.backend.RoleBackend")
    foreign = stranger.post("/api/v1/approvals", body, content_type="application/json")
    missing = stranger.post(
        "/api/v1/approvals", {"suspension": str(uuid7())}, content_type="application/json"
    )
    assert (foreign.status_code, foreign.content) == (404, missing.content)
