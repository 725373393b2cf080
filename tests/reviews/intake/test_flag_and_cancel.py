"""POST /predictions/{id}/flag and /cancel."""

import json
import threading
from typing import Any

import pytest
from django.db import connection

from audit.ids import uuid7
from audit.trail import services as trail
from audit.trail.models import Event
from governance.access.roles import Role
from reviews.intake.models import Outcome, Prediction
from reviews.queue.models import ReviewItem, Slot
from tests.reviews.intake.making import Posting, a_key, a_posting
from tests.reviews.intake.test_read import decide, token_of
from tests.reviews.judging import deciding
from tests.reviews.queue.making import a_person

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.any_server]


def act(posting: Posting, verb: str, id_: Any, body: Any = None, **caller: Any) -> Any:
    raw = json.dumps(body if body is not None else {"reason": "a customer called"}).encode()
    return posting.request("post", f"/api/v1/predictions/{id_}/{verb}", raw, **caller)


def test_a_flag_opens_a_review_and_leaves_the_outcome_in_force() -> None:
    posting = a_posting()
    posted = posting.post().json()

    response = act(posting, "flag", posted["id"], {"reason": "a customer called", "by": "customer"})

    answer = response.json()
    item = ReviewItem.objects.get()
    assert response.status_code == 200
    assert answer["status"] == "final"
    assert answer["outcome"] == posted["outcome"]
    assert answer["review"]["state"] == "waiting"
    assert item.reasons == ["FLAGGED"]
    assert (item.blocks, item.selected_by_routing) == (False, False)
    assert Slot.objects.count() == 1
    event = Event.objects.get(kind="reviews.prediction.flagged")
    assert json.loads(bytes(event.body))["details"] == {"by": "customer", "outcome": 1}
    assert "a customer called" not in "".join(bytes(each.body).decode() for each in Event.objects.all())


def test_a_flag_on_what_was_decided_begins_another_round() -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5)).json()
    reviewer = a_person()
    decide(posting, reviewer)

    assert act(posting, "flag", posted["id"]).status_code == 200

    assert ReviewItem.objects.get().round == 2
    decide(posting, reviewer, "ok")
    assert Outcome.objects.filter(prediction_id=posted["id"]).count() == 2


def test_refuses_a_flag_where_people_are_at_it_or_nothing_stands() -> None:
    posting = a_posting()
    pending = posting.post(posting.body(confidence=0.5)).json()["id"]
    flagged = posting.post().json()["id"]
    act(posting, "flag", flagged)

    assert act(posting, "flag", pending).json()["code"] == "NOT_FINAL"
    assert act(posting, "flag", flagged).json()["code"] == "ALREADY_OPEN"


def test_two_flags_at_once_open_one_round() -> None:
    posting = a_posting()
    posted = posting.post().json()
    found: list[int] = []

    def flag() -> None:
        found.append(act(posting, "flag", posted["id"]).status_code)
        connection.close()

    threads = [threading.Thread(target=flag) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [200, 409, 409, 409, 409, 409]
    assert Slot.objects.count() == 1


@pytest.mark.parametrize("verb", ["flag", "cancel"])
@pytest.mark.parametrize(
    "body", [{}, [], {"reason": ""}, {"reason": 7}, {"reason": "x" * 3000}, {"reason": "x", "who": 1}]
)
def test_refuses_a_body_that_is_none(verb: str, body: Any) -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5 if verb == "cancel" else 0.97)).json()

    assert act(posting, verb, posted["id"], body).status_code == 422


def test_refuses_a_flag_by_somebody_unheard_of() -> None:
    posting = a_posting()

    response = act(posting, "flag", posting.post().json()["id"], {"reason": "x", "by": "nobody"})

    assert response.json()["errors"][0]["pointer"] == "/by"


@pytest.mark.parametrize("verb", ["flag", "cancel"])
def test_a_foreign_prediction_is_like_a_missing_one(verb: str) -> None:
    posting, other = a_posting(), a_posting()
    _, secret = a_key(system_ids=[posting.system.pk])

    foreign = act(posting, verb, other.post().json()["id"], secret=secret)
    missing = act(posting, verb, uuid7(), secret=secret)

    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


@pytest.mark.parametrize(
    ("role", "flags"),
    [
        (Role.MODEL_OWNER, 200),
        (Role.QUEUE_MANAGER, 200),
        (Role.COMPLIANCE_OFFICER, 200),
        (Role.AUDITOR, 403),
        (Role.REVIEWER, 403),
    ],
)
def test_who_may_dispute_and_that_nobody_of_them_withdraws(role: Role, flags: int) -> None:
    posting = a_posting()
    token = token_of(a_person(role, system=posting.system))
    accepted = posting.post().json()["id"]
    pending = posting.post(posting.body(confidence=0.5)).json()["id"]

    assert act(posting, "flag", accepted, secret=token).status_code == flags
    assert act(posting, "cancel", pending, secret=token).status_code == 403


def test_withdraws_what_waits() -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5)).json()

    answer = act(posting, "cancel", posted["id"]).json()

    assert answer["status"] == "cancelled"
    assert answer["outcome"] is None
    assert answer["review"]["state"] == "cancelled"
    assert Slot.objects.count() == 0
    assert act(posting, "cancel", posted["id"]).json()["code"] == "ALREADY_FINAL"
    assert act(posting, "flag", posted["id"]).json()["code"] == "NOT_FINAL"


def test_withdraws_what_somebody_holds_and_their_answer_comes_too_late() -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5)).json()
    reviewer = a_person()
    deciding.judge(
        deciding.claim(reviewer, posting.model), reviewer, hold_seconds=30, reasons=["wrong_label"]
    )

    assert act(posting, "cancel", posted["id"]).status_code == 200
    assert Prediction.objects.get().status == "cancelled"
    assert Outcome.objects.get().source == ""


def test_refuses_to_withdraw_what_is_final() -> None:
    posting = a_posting()
    posted = posting.post().json()

    response = act(posting, "cancel", posted["id"])

    assert response.status_code == 409
    assert response.json()["code"] == "ALREADY_FINAL"


@pytest.mark.parametrize("verb", ["flag", "cancel"])
def test_a_trail_that_cannot_be_written_leaves_it_as_it_was(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5 if verb == "cancel" else 0.97)).json()
    before = posting.get(f"/predictions/{posted['id']}").json()

    def fail(**_: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "_write", fail)
    assert act(posting, verb, posted["id"]).status_code == 500

    monkeypatch.undo()
    assert posting.get(f"/predictions/{posted['id']}").json() == before
