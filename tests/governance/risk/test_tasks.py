"""governance.risk.tasks and notifications: who hears by mail that something waits for them."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from governance.access.models import Person
from governance.approvals import drafting as policies
from governance.approvals import tasks as approvals
from governance.approvals.defaults import built_in
from governance.risk import drafting, overriding, tasks
from governance.risk.models import Assessment
from governance.risk.packs import pack_at
from registry.systems.models import AISystem
from tests import factories
from tests.governance.approvals.making import classify
from tests.governance.risk.answered import RECRUITING

pytestmark = pytest.mark.django_db


@pytest.fixture
def system() -> AISystem:
    factories.person("administrator")
    return factories.system()


def to() -> list[str]:
    return [address for message in mail.outbox for address in message.to]


def pack() -> Any:
    found = pack_at("eu-ai-act", "2026.1")
    assert found is not None
    return found


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What workers would be asked for."""
    asked: list[tuple[str, Any]] = []
    send = lambda task, kwargs: asked.append((task, kwargs))  # noqa: E731
    monkeypatch.setattr("governance.risk.notifications.current_app.send_task", send)
    return asked


def test_whoever_is_handed_a_questionnaire_hears_of_it(
    system: AISystem, sent: list[tuple[str, Any]], django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    owner, other = (factories.person("model_owner", at=system) for _ in range(2))
    settings.PUBLIC_URL = "https://countersign.example.org"
    draft = drafting.begin(system_id=system.pk, actor=owner, pack=pack(), now=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        drafting.hand_over(draft_id=draft.pk, actor=owner, to=other, now=timezone.now())

    assert sent == [("governance.risk.tasks.tell_handed_over", {"draft_id": str(draft.pk)})]
    tasks.tell_handed_over(draft_id=str(draft.pk))
    assert to() == [other.email]
    assert f"https://countersign.example.org/systems/{system.slug}/risk" in mail.outbox[0].body


def test_who_can_be_the_second_person_hears_of_a_proposal(
    system: AISystem, sent: list[tuple[str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    classify(system, RECRUITING)
    proposer, second = (factories.person("risk_officer", at=system) for _ in range(2))
    everywhere = factories.person("compliance_officer")
    factories.person("risk_officer", at=factories.system())
    with django_capture_on_commit_callbacks(execute=True):
        made = overriding.override(
            assessment_id=Assessment.objects.get(system=system).pk, actor=proposer,
            to_class="not_high_risk", reason="It only sorts.",
            expires_on=(timezone.now() + dt.timedelta(days=30)).date(), now=timezone.now(),
        )  # fmt: skip

    assert sent == [("governance.risk.tasks.tell_proposed", {"override_id": str(made.pk)})]
    tasks.tell_proposed(override_id=str(made.pk))
    assert sorted(to()) == sorted([second.email, everywhere.email])
    assert "It only sorts." not in mail.outbox[0].body


def test_whoever_can_publish_a_policy_hears_of_its_draft(system: AISystem) -> None:
    writer, second = (factories.person("compliance_officer") for _ in range(2))
    factories.person("compliance_officer", at=system)
    body = built_in("high_risk", "production")
    written: Person = factories.fresh(writer)

    policy = policies.draft(
        risk_class="high_risk", environment="production", body=body, actor=written, now=timezone.now()
    )

    approvals.tell_policy_drafted(policy_id=str(policy.pk))
    assert to() == [second.email]
