"""POST /predictions with NDJSON: a batch in one transaction, an answer for each line."""

import json
import threading

import orjson
import pytest
from django.db import connection

from audit.trail.models import Event
from reviews.intake import evidence
from reviews.intake.models import Payload, Prediction
from reviews.queue.models import ReviewItem, Slot
from tests.reviews.intake.making import a_posting, counts, lines

pytestmark = pytest.mark.usefixtures("committed_db")


def test_keeps_good_lines_whatever_the_bad_ones_are() -> None:
    posting = a_posting()
    good, uncertain = posting.body(), posting.body(confidence=0.1)
    unknown = posting.body(model="nobody-knows-it")

    answers = lines(posting.post_lines(good, b"{bad", uncertain, unknown, posting.body(input=3)))

    assert [answer["line"] for answer in answers] == [0, 1, 2, 3, 4]
    assert answers[0] == {
        "line": 0,
        "id": answers[0]["id"],
        "external_id": good["external_id"],
        "decision": "accept",
        "status": "final",
        "reasons": [],
    }
    assert answers[2]["status"] == "pending"
    assert answers[2]["reasons"] == ["LOW_CONFIDENCE"]
    assert [answers[n]["error"]["code"] for n in (1, 3, 4)] == [
        "MALFORMED_JSON",
        "UNKNOWN_MODEL",
        "NOT_AN_OBJECT",
    ]
    assert [answers[n]["error"]["status"] for n in (1, 3, 4)] == [422, 404, 422]
    assert Prediction.objects.count() == 2
    assert ReviewItem.objects.count() == Slot.objects.count() == 1


def test_numbers_lines_as_they_stand_and_passes_over_blank_ones() -> None:
    posting = a_posting()

    answers = lines(posting.post_lines(b"", posting.body(), b"  \r", posting.body(), b""))

    assert [answer["line"] for answer in answers] == [1, 3]


def test_stores_the_same_as_single_posts() -> None:
    posting = a_posting()
    odd = {
        "confidence": 0.5,
        "output": {"label": "ok"},
        "version": 'tab\there "quoted" back\\slash',
        "environment": "line\nbreak",
        "subject": "customer-77",
        "segment": {"text": 'a"\\,{}\u2028é𝄞'},
        "occurred_at": "2026-11-20T10:00:00.5+02:00",
        "training_use": False,
    }
    one, many = posting.body(**odd), posting.body(**odd)

    single = posting.post(one).json()
    (line,) = lines(posting.post_lines(many))

    stored = [Prediction.objects.filter(pk=id_).values().get() for id_ in (single["id"], line["id"])]
    for row in stored:
        row["decided_at"] = row["decided_at"] is None
        for name in ("id", "external_id", "routed_at"):
            del row[name]
    assert stored[0] == stored[1]
    assert stored[0]["version_name"] == odd["version"]
    bodies = [json.loads(Payload.objects.get(pk=id_).body) for id_ in (single["id"], line["id"])]
    for body in bodies:
        del body["external_id"]
    assert bodies[0] == bodies[1]
    items = [ReviewItem.objects.get(prediction_id=id_) for id_ in (single["id"], line["id"])]
    for name in ("queue_id", "policy_id", "reasons", "priority", "reviewers", "blocks", "state", "round"):
        assert getattr(items[0], name) == getattr(items[1], name)
    assert items[0].due_at - items[0].routed_at == items[1].due_at - items[1].routed_at
    assert items[0].sort_at - items[0].routed_at == items[1].sort_at - items[1].routed_at


def test_writes_the_very_bytes_that_the_trail_would() -> None:
    posting = a_posting()
    confidences = [0.97, 1, 0.1, None, "high", 1e-7, ...]
    bodies = [posting.body(confidence=value) for value in confidences]
    answers = lines(posting.post_lines(*bodies))

    for answer in answers:
        event = Event.objects.get(entity_id=answer["id"])
        whole = json.loads(bytes(event.body))
        again = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
        payload = Payload.objects.get(pk=answer["id"])
        assert bytes(event.body) == again
        assert whole["entity_id"] == answer["id"]
        assert whole["kind"] == event.kind == evidence.ROUTED
        assert (
            whole["details"]["commitment"]
            == evidence.commitment(payload.body.encode(), bytes(payload.salt)).hex()
        )
    told = [json.loads(bytes(Event.objects.get(entity_id=answer["id"]).body)) for answer in answers]
    assert [each["details"]["confidence"] for each in told] == ["0.97", 1, "0.1", None, None, "1e-07", None]


def test_answers_a_repetition_within_the_batch_with_the_same_prediction() -> None:
    posting = a_posting()
    body = posting.body()

    answers = lines(posting.post_lines(body, body | {"usage": {"cost": 1}}, body | {"confidence": 0.9}))

    assert answers[0]["id"] == answers[1]["id"]
    assert answers[2]["error"]["code"] == "EXTERNAL_ID_CONFLICT"
    assert Prediction.objects.count() == 1


def test_answers_a_batch_sent_again_with_what_was_stored() -> None:
    posting = a_posting()
    bodies = [posting.body(confidence=confidence) for confidence in (0.1, 0.97, 0.2)]
    first = lines(posting.post_lines(*bodies))

    again = lines(posting.post_lines(*bodies[:2], bodies[2] | {"confidence": 0.3}))

    assert again[:2] == first[:2]
    assert again[2]["error"]["code"] == "EXTERNAL_ID_CONFLICT"
    assert Prediction.objects.count() == 3


def test_refuses_ten_thousand_and_one_lines_and_keeps_nothing() -> None:
    posting = a_posting()

    response = posting.post_lines(*[posting.body()] * 10_001)

    assert response.status_code == 413
    assert response.json()["code"] == "TOO_LARGE"
    assert not any(counts().values())


def test_takes_ten_thousand_lines() -> None:
    posting = a_posting()

    answers = lines(posting.post_lines(*(posting.body() for _ in range(10_000)), zipped=True))

    assert len({answer["id"] for answer in answers}) == 10_000
    assert counts()["reviews_prediction"] == 10_000


def test_refuses_a_line_beyond_a_mebibyte_alone() -> None:
    posting = a_posting()

    answers = lines(posting.post_lines(posting.body(input={"a": "x" * (1 << 20)}), posting.body()))

    assert answers[0]["error"]["status"] == 413
    assert answers[1]["status"] == "final"


def test_two_batches_that_share_names_in_opposite_order_do_not_lock_each_other_out() -> None:
    posting = a_posting()
    bodies = [posting.body() for _ in range(300)]
    posting.post()  # what is read once is read
    found: list[list[dict[str, object]]] = []

    def send(order: int) -> None:
        found.append(lines(posting.post_lines(*bodies[::order])))
        connection.close()

    for _ in range(3):
        threads = [threading.Thread(target=send, args=(order,)) for order in (1, -1, 1, -1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(found) == 12
    ids = [{answer["external_id"]: answer["id"] for answer in answers} for answers in found]
    assert all(each == ids[0] for each in ids)
    assert Prediction.objects.count() == 301
