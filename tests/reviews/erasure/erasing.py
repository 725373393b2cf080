"""Somebody's predictions, judged and exported, and an officer who erases them."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from governance.access.models import Person
from governance.access.roles import Role
from reviews.erasure import tasks
from reviews.erasure.models import Erasure
from reviews.erasure.states import Ground
from reviews.intake.models import Payload
from reviews.queue.models import Judgement
from tests import factories
from tests.reviews.intake.making import Posting, a_posting
from tests.reviews.judging import deciding

SUBJECT = "customer-77"
SECRET = "Jane Doe of Elm Street"


@dataclass
class Place:
    """A model that takes predictions, a reviewer who judges them, an officer who erases."""

    posting: Posting
    reviewer: Person
    officer: Person

    def post(self, subject: str | None = SUBJECT, **members: Any) -> dict[str, Any]:
        body = self.posting.body(input={"amount": 1.5, "who": SECRET}, subject=subject, **members)
        answer = self.posting.post(body)
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def uncertain(self, **members: Any) -> dict[str, Any]:
        return self.post(confidence=0.5, **members)

    def judged(self, **members: Any) -> tuple[dict[str, Any], Judgement]:
        posted = self.uncertain(**members)
        taken = deciding.claim(self.reviewer, self.posting.model)
        answered = deciding.judge(
            taken, self.reviewer, output={"label": "fraud"}, reasons=["other"], comment=SECRET
        )
        return posted, answered

    def ask(self, subject: str = SUBJECT, **members: Any) -> Any:
        body = {"subject": subject, "reason": "Asked by letter.", **members}
        return as_client(self.officer).post("/api/v1/erasures", body, format="json")

    def erased(self, subject: str = SUBJECT, **members: Any) -> Erasure:
        """Ask, and do what a worker does."""
        answer = self.ask(subject, **members)
        assert answer.status_code == 202, answer.content
        return worked(answer.json()["id"])


def a_place() -> Place:
    posting = a_posting()
    return Place(
        posting,
        factories.person(Role.REVIEWER, at=posting.system),
        factories.person(Role.COMPLIANCE_OFFICER),
    )


def as_client(actor: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(factories.fresh(actor) if isinstance(actor, Person) else actor)
    return client


def worked(erasure_id: str | UUID) -> Erasure:
    tasks.run_erasure.run(erasure_id=str(erasure_id))
    return Erasure.objects.get(pk=erasure_id)


def erase(prediction_id: UUID) -> None:
    """Erase what is stored under the same subject as this prediction; some factories use plain hashes."""
    now = timezone.now()
    hashed = Payload.objects.get(pk=prediction_id).subject_hash
    assert hashed is not None
    erasure = Erasure(
        ground=Ground.REQUEST,
        subject_hashes=[bytes(hashed)],
        before=now + dt.timedelta(minutes=1),
        reason="because",
        asked_by=OPERATOR.audit_ref,
        asked_at=now,
    )
    with transaction.atomic():
        details = {"ground": erasure.ground, "system": None}
        trail.record(kind="reviews.erasure.asked", actor=OPERATOR, entity=erasure, details=details, now=now)
    assert worked(erasure.pk).done


def in_files(text: str, folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text in path.read_text()]


def sequenced() -> None:
    while sequencer.integrate_all():
        pass
