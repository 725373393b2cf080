"""POST /predictions, one at a time."""

import json

import pytest

from audit.canonical import commitment
from audit.trail.models import Event
from governance.gate.holds import UNCLASSIFIED
from reviews.intake.models import Payload, Prediction
from reviews.queue.models import ReviewItem, Slot
from tests.reviews.intake.making import a_posting

pytestmark = pytest.mark.usefixtures("committed_db")


def test_answers_an_accepted_prediction_with_its_outcome() -> None:
    posting = a_posting()
    body = posting.body()

    response = posting.post(body)

    assert response.status_code == 201, response.content
    answer = response.json()
    assert response["Location"] == f"/api/v1/predictions/{answer['id']}"
    decided_at = answer["outcome"].pop("decided_at")
    assert decided_at.endswith("Z")
    assert answer == {
        "id": answer["id"],
        "external_id": body["external_id"],
        "status": "final",
        "decision": "accept",
        "routing": {"policy": posting.model.slug, "policy_version": 1, "reasons": [], "propensity": 0.0},
        "review": None,
        "outcome": {"version": 1, "output": {"label": "ok"}, "source": "model", "changed": False},
        "warnings": [UNCLASSIFIED],
    }


def test_answers_an_uncertain_prediction_with_the_review_that_waits() -> None:
    posting = a_posting(policy={"deadline_minutes": 60})

    answer = posting.post(posting.body(confidence=0.61)).json()

    item = ReviewItem.objects.get()
    assert answer["status"] == "pending"
    assert answer["decision"] == "review"
    assert answer["outcome"] is None
    assert answer["routing"]["reasons"] == ["LOW_CONFIDENCE"]
    assert answer["review"] == {
        "id": str(item.pk),
        "queue": posting.queue.slug,
        "state": "waiting",
        "due_at": item.due_at.isoformat().replace("+00:00", "Z"),
    }
    assert (item.due_at - item.routed_at).total_seconds() == 3600
    assert Slot.objects.get().item_id == item.pk


def test_keeps_what_was_posted_and_commits_to_it() -> None:
    posting = a_posting()
    answer = posting.post(posting.body(subject="customer-77", segment={"country": "DE"})).json()

    payload = Payload.objects.get()
    event = Event.objects.get(kind="reviews.prediction.routed")
    details = json.loads(bytes(event.body))["details"]
    assert str(payload.pk) == answer["id"]
    assert details["commitment"] == commitment(payload.body.encode(), bytes(payload.salt)).hex()
    assert json.loads(payload.body)["segment"] == {"country": "DE"}
    assert "customer-77" not in payload.body
    assert len(bytes(payload.subject_hash)) == 32
    assert Prediction.objects.get().policy_id is not None
