"""The gate with the real rooms below it: classified, submitted, signed, suspended, lifted; seen at once."""

from typing import Any

import pytest
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.approvals import submitting
from governance.gate import services
from governance.gate.reading import Question
from governance.suspensions import services as suspensions
from governance.suspensions.errors import LiftNotApproved
from tests.governance.approvals import making
from tests.governance.risk.answered import RECRUITING

pytestmark = pytest.mark.django_db

CONDITION = {"name": "tests", "check": "context.tests == 'green'", "text": "The tests have passed."}


def codes(made: Any, **context: Any) -> list[str]:
    """The codes of the gate's reasons; none: it allows."""
    question = Question("production", made.model.slug, made.version.version, context=context)
    answer = services.answer(question=question, actor=OPERATOR, now=timezone.now())
    assert (answer["decision"] == "allow") is not bool(answer["reasons"])
    return [reason["code"] for reason in answer["reasons"]]


def test_every_step_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.suspensions.notifications.tell", lambda: None)
    made = making.scene(answers=None)
    assert codes(made) == ["UNCLASSIFIED", "NOT_APPROVED"]

    making.classify(made.system, RECRUITING)
    assert codes(made) == ["NOT_APPROVED"]

    asked = made.request()
    making.sign(asked, made.risk)
    making.sign(asked, made.compliance, conditions=[CONDITION])
    assert codes(made) == ["CONDITION_KEY_MISSING"]
    assert codes(made, tests="red") == ["CONDITION_NOT_FULFILLED"]
    assert codes(made, tests="green") == []

    row = suspensions.suspend(
        system_id=made.system.pk, model_id=made.model.pk, version_id=made.version.pk, actor=made.risk,
        reason="It drifts.", now=timezone.now(),
    )  # fmt: skip
    assert codes(made, tests="green") == ["SUSPENDED"]
    with pytest.raises(LiftNotApproved):
        suspensions.lift(suspension_id=row.pk, actor=OPERATOR, reason="Mended.", now=timezone.now())
    lifting = submitting.request_lifting(suspension_id=row.pk, actor=made.owner, now=timezone.now())
    making.sign(lifting, made.risk)
    making.sign(lifting, made.compliance)
    suspensions.lift(suspension_id=row.pk, actor=OPERATOR, reason="Mended.", now=timezone.now())
    assert codes(made, tests="green") == []
