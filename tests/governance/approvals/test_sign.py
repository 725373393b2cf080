"""governance.approvals.services.sign: one person's verdict, and what comes of it."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access import services as access
from governance.approvals import services
from governance.approvals.errors import (
    AlreadyDecided,
    AlreadySigned,
    IllegalTransition,
    Stale,
    WrongStage,
)
from governance.approvals.models import ApprovalRequest, Signature
from governance.approvals.selectors import approval_in_force, why_none
from governance.approvals.states import State
from tests import factories
from tests.governance.approvals.making import Scene, said, scene, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Scene:
    return scene()


def test_the_last_stage_approves(made: Scene) -> None:
    request = made.request()

    first = sign(request, made.risk)
    second = sign(request, made.compliance)

    assert (first.state, first.stage) == (State.OPEN, 2)
    assert second.state == State.APPROVED
    assert second.expires_at is not None
    approval = approval_in_force(made.version.pk, "production", timezone.now())
    assert approval is not None
    assert approval.id == request.pk
    assert why_none(made.version.pk, "production", timezone.now()) == []


def test_says_in_the_trail_who_signed_what(made: Scene) -> None:
    made.approved()

    kinds = list(Event.objects.filter(entity_type="approval").order_by("seq").values_list("kind", flat=True))
    assert kinds == [
        "approvals.request.requested",
        "approvals.request.signed",
        "approvals.request.passed_stage",
        "approvals.request.signed",
        "approvals.request.approved",
    ]
    body = bytes(Event.objects.filter(kind="approvals.request.signed").first().body)  # type: ignore[union-attr]
    assert b"I approve this version" not in body


def test_a_signature_says_since_when_the_role_is_held(made: Scene) -> None:
    sign(made.request(), made.risk)

    signature = Signature.objects.get()
    assert (signature.role, signature.printed_name) == ("risk_officer", made.risk.name)
    assert signature.role_granted_by == "operator"
    assert signature.role_since is not None


@pytest.mark.parametrize(
    ("verdict", "state"), [("reject", "rejected"), ("request_changes", "changes_requested")]
)
def test_one_no_is_enough(made: Scene, verdict: str, state: str) -> None:
    assert sign(made.request(), made.risk, verdict).state == state


@pytest.mark.parametrize("who", ["owner", "author"])
def test_refuses_whoever_asked_or_made_it(made: Scene, who: str) -> None:
    person = getattr(made, who)
    factories.grant(person, "risk_officer")

    with pytest.raises(NotPermitted, match="others decide"):
        sign(made.request(), person)


def test_refuses_the_independence_group(made: Scene) -> None:
    for person in (made.owner, made.risk):
        access.set_independence_group(person_id=person.pk, group="north", actor=OPERATOR, now=timezone.now())

    with pytest.raises(NotPermitted, match="independence group 'north'"):
        sign(made.request(), made.risk)


def test_refuses_a_role_that_the_stage_does_not_name(made: Scene) -> None:
    with pytest.raises(NotPermitted, match="Only a risk officer signs at stage 1"):
        sign(made.request(), made.compliance)


def test_refuses_a_stage_that_does_not_wait(made: Scene) -> None:
    with pytest.raises(WrongStage):
        sign(made.request(), made.compliance, stage=2)


def test_refuses_a_second_signature_of_one_person(made: Scene) -> None:
    both = factories.person("risk_officer", "compliance_officer")
    request = sign(made.request(), both)

    with pytest.raises(AlreadySigned):
        sign(request, both)


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_refuses_once_decided(made: Scene, verdict: str) -> None:
    request = made.request()
    sign(request, made.risk, "reject")

    with pytest.raises(AlreadyDecided):
        sign(request, made.risk, verdict)


def test_refuses_while_it_waits_for_changes(made: Scene) -> None:
    request = sign(made.request(), made.risk, "request_changes")

    with pytest.raises(IllegalTransition):
        sign(request, factories.person("risk_officer"))


def test_refuses_what_has_changed_since(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    request = made.request()
    _new_card(monkeypatch)

    with pytest.raises(Stale):
        sign(request, made.risk)


def test_a_change_after_signing_makes_it_stale(made: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made.approved()
    _new_card(monkeypatch)

    assert approval_in_force(made.version.pk, "production", timezone.now()) is None
    reasons = why_none(made.version.pk, "production", timezone.now())
    assert [each.code for each in reasons] == ["APPROVAL_STALE"]


def test_an_approval_ends(made: Scene) -> None:
    made.approved()
    later = timezone.now() + dt.timedelta(days=366)

    assert [each.code for each in why_none(made.version.pk, "production", later)] == ["APPROVAL_EXPIRED"]


def test_past_its_deadline_the_roles_of_the_escalation_sign_too(made: Scene) -> None:
    request = made.request(now=timezone.now() - dt.timedelta(days=4))

    assert sign(request, made.compliance).stage == 2


def test_needs_a_proof(made: Scene) -> None:
    with pytest.raises(ValueError, match="proof"):
        services.sign(
            request_id=made.request().pk, actor=made.risk, said=said(), proof="", now=timezone.now()
        )


def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    made: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = made.request()

    def fail(**_given: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "record", fail)

    with pytest.raises(RuntimeError, match="disk full"):
        sign(request, made.risk)

    assert Signature.objects.count() == 0
    assert ApprovalRequest.objects.get().state == State.OPEN


def _new_card(monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.approvals import facts

    monkeypatch.setattr(facts, "card_of", lambda version: facts.Card(2, "ab" * 32, {}))
