"""Many suspend, lift or ask at once: one suspension, one lifting, and no later answer that missed it."""

from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.gate import known
from governance.gate import services as gate
from governance.gate.models import GateAnswer
from governance.gate.reading import Question
from governance.suspensions import services
from governance.suspensions.errors import AlreadyLifted, AlreadySuspended
from governance.suspensions.models import Suspension
from tests.governance.access.test_races import together
from tests.registry.factories import make_model, make_version

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.suspensions.notifications.tell", lambda: None)
    monkeypatch.setattr(known, "_current", None)


def test_ten_suspensions_at_once_are_one_and_ten_liftings_too() -> None:
    model = make_model()
    stop = partial(
        services.suspend, system_id=model.system_id, model_id=model.pk, actor=OPERATOR, reason="It drifts."
    )

    refused = together(*[partial(stop, now=timezone.now())] * 10)

    assert [type(each) for each in refused if each] == [AlreadySuspended] * 9
    row = Suspension.objects.get()
    lift = partial(services.lift, suspension_id=row.pk, actor=OPERATOR, reason="Mended.")
    refused = together(*[partial(lift, now=timezone.now())] * 10)
    assert [type(each) for each in refused if each] == [AlreadyLifted] * 9
    assert Event.objects.filter(entity_type="suspension").count() == 2


def test_no_answer_that_follows_a_suspension_has_missed_it() -> None:
    model = make_model()
    version = make_version(model, "1")
    question = Question(environment="production", model=model.slug, version="1")

    def ask() -> Any:
        return gate.answer(question=question, actor=OPERATOR, now=timezone.now())

    def stop() -> Any:
        return services.suspend(
            system_id=model.system_id, model_id=model.pk, version_id=version.pk, actor=OPERATOR,
            reason="It drifts.", now=timezone.now(),
        )  # fmt: skip

    ask()
    refused = together(*[ask] * 6, stop, *[ask] * 6)
    ask()

    assert refused == [None] * 13
    answers = list(GateAnswer.objects.order_by("id"))
    assert len(answers) == 14
    assert "SUSPENDED" not in answers[0].reasons
    assert "SUSPENDED" in answers[-1].reasons
