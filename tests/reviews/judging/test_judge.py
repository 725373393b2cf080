"""reviews.judging.services.judge: one person's answer to one item."""

import uuid

import orjson
import pytest

from audit.refusals import BadInput, NotFound
from audit.trail import services as trail
from audit.trail.models import Event, Opening
from governance.access.roles import Role
from reviews.intake.models import Outcome, Prediction
from reviews.judging import services
from reviews.judging.errors import SubmissionConflict
from reviews.judging.submission import Submission
from reviews.labels.diff import ABSENT
from reviews.labels.models import Label
from reviews.queue import services as queue_services
from reviews.queue.errors import LeaseLost
from reviews.queue.models import Draft, Judgement, ReviewItem, Slot
from tests.reviews.judging.deciding import claim, expire, judge, submission
from tests.reviews.queue import making


@pytest.fixture
def model(db):
    return making.a_model()


@pytest.fixture
def person(model):
    return making.a_person(queue=making.inbox(model))


@pytest.fixture
def taken(model, person):
    making.an_item(model)
    return claim(person, model)


def codes(refused):
    return {(error.pointer, error.code) for error in refused.value.errors}


def test_decides_the_item_publishes_the_outcome_and_writes_the_label(taken, person, immediate):
    judgement = judge(taken, person, output={"label": "ok"}, reasons=["wrong_label"])

    item = ReviewItem.objects.get(pk=taken.item.pk)
    assert (item.state, item.changed, item.decided_by_id) == ("decided", True, person.pk)
    assert judgement.answer == {
        "judgement": str(judgement.pk),
        "changed": True,
        "diff": [{"op": "replace", "pointer": "/label", "from": "fraud", "to": "ok"}],
        "final_at": judgement.final_at.isoformat().replace("+00:00", "Z"),
        "review": {"id": str(item.pk), "state": "decided"},
    }
    outcome = Outcome.objects.get(prediction_id=item.prediction_id)
    assert (outcome.source, outcome.changed, outcome.judgement_id) == ("human", True, judgement.pk)
    assert Prediction.objects.get(pk=item.prediction_id).status == "final"
    label = Label.objects.get(item=item)
    decided = Event.objects.get(entity_id=item.pk, kind="reviews.review.decided")
    assert orjson.loads(bytes(decided.body))["details"]["label"] == str(label.id)
    assert not Slot.objects.filter(item=item).exists()
    immediate()


def test_finds_out_itself_that_nothing_was_changed(taken, person):
    judgement = judge(taken, person, output={"label": "fraud"})

    assert (judgement.changed, judgement.diff) == (False, [])


def test_keeps_what_was_said_out_of_the_event(taken, person):
    judge(taken, person, output={"label": "ok"}, reasons=["other"], comment="Jane Doe called")

    event = Event.objects.get(entity_id=taken.item.pk, kind="reviews.review.judged")
    assert b"Jane Doe" not in bytes(event.body)
    assert "Jane Doe" in Opening.objects.get(entity_id=taken.item.pk, name="judgement").value


def test_a_label_is_not_made_where_training_is_not_allowed(model, person):
    making.an_item(model, training_use=False)
    taken = claim(person, model)

    judge(taken, person)

    assert not Label.objects.exists()
    assert ReviewItem.objects.get(pk=taken.item.pk).state == "decided"


def test_the_same_submission_again_gets_the_stored_answer(taken, person):
    sent = submission(taken, output={"label": "fraud"})
    first = services.judge(item_id=taken.item.pk, submission=sent, actor=person, via="api", now=making.now())

    again = services.judge(item_id=taken.item.pk, submission=sent, actor=person, via="api", now=making.now())

    assert again.answer == first.answer
    assert Judgement.objects.count() == 1


def test_another_answer_under_the_same_submission_is_refused(taken, person):
    sent = submission(taken, output={"label": "fraud"})
    services.judge(item_id=taken.item.pk, submission=sent, actor=person, via="api", now=making.now())

    other = submission(taken, output={"label": "ok"}, reasons=["wrong_label"], id_=sent.submission_id)
    with pytest.raises(SubmissionConflict):
        services.judge(item_id=taken.item.pk, submission=other, actor=person, via="api", now=making.now())


def test_strangers_are_told_nothing_whatever_they_send(taken):
    stranger = making.a_person(queue=making.inbox(making.a_model()))

    with pytest.raises(NotFound):
        judge(taken, stranger, output={"label": "nonsense"})


def test_an_expired_lease_is_lost_and_what_was_answered_is_kept_as_draft(taken, person):
    expire(taken.item)

    with pytest.raises(LeaseLost):
        judge(taken, person, output={"label": "ok"}, comment="hm")

    draft = Draft.objects.get(item_id=taken.item.pk, person_id=person.pk)
    assert orjson.loads(draft.body) == {
        "verdict": "answer", "output": {"label": "ok"}, "reasons": [], "comment": "hm"
    }  # fmt: skip
    assert not Judgement.objects.exists()


def test_the_lease_is_asked_for_before_the_shape(taken, person):
    expire(taken.item)

    with pytest.raises(LeaseLost):
        judge(taken, person, output={"label": 17}, reasons="nonsense")


def test_a_holder_who_was_overtaken_is_fenced_off(taken, person, model):
    expire(taken.item)
    second = making.a_person(queue=making.inbox(model))
    claim(second, model)

    with pytest.raises(LeaseLost):
        judge(taken, person)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"output": {"label": "nonsense"}}, {("/output/label", "SCHEMA")}),
        ({"output": {}}, {("/output/label", "REQUIRED")}),
        ({"output": {"label": "ok", "x~/y": 1}}, {("/output/x~0~1y", "UNKNOWN_FIELD")}),
        ({"output": float("nan")}, {("/output", "BAD_NUMBER")}),
        ({"output": ABSENT}, {("/output", "REQUIRED")}),
        ({"output": {"label": "ok"}}, {("/reasons", "REASON_REQUIRED")}),
        ({"output": {"label": "ok"}, "reasons": ["other"]}, {("/comment", "COMMENT_REQUIRED")}),
        ({"output": {"label": "ok"}, "reasons": ["because"]}, {("/reasons/0", "UNKNOWN_REASON")}),
        ({"output": {"label": "ok"}, "reasons": "wrong_label"}, {("/reasons", "BAD_VALUE")}),
        ({"output": {"label": "fraud"}, "hold_seconds": 31}, {("/hold_seconds", "OUT_OF_RANGE")}),
        ({"output": {"label": "fraud"}, "hold_seconds": True}, {("/hold_seconds", "OUT_OF_RANGE")}),
        ({"output": {"label": "fraud"}, "verdict": "perhaps"}, {("/verdict", "BAD_VALUE")}),
        ({"output": {"label": "fraud"}, "comment": None}, {("/comment", "BAD_VALUE")}),
        ({"output": ABSENT, "verdict": "cannot_tell"}, {("/reasons", "REASON_REQUIRED")}),
        (
            {"output": {"label": "ok"}, "verdict": "cannot_tell", "reasons": ["bad_input"]},
            {("/output", "NOT_EXPECTED")},
        ),
    ],
)
def test_says_where_the_shape_is_wrong(taken, person, sent, expected):
    with pytest.raises(BadInput) as refused:
        judge(taken, person, **sent)

    assert codes(refused) == expected
    assert not Judgement.objects.exists()


def test_the_answer_is_held_to_the_schema_the_prediction_was_posted_under(taken, person, model):
    from registry.catalog import services as catalog

    schema = {"type": "object", "properties": {"label": {"enum": ["a", "b"]}}, "required": ["label"]}
    catalog.change_model(
        model_id=model.pk, actor=making.OPERATOR, changes={"output_schema": schema}, now=making.now()
    )

    assert judge(taken, person, output={"label": "fraud"}).changed is False


def test_an_output_that_was_never_posted_is_an_addition(model, person):
    making.an_item(model, output=...)
    taken = claim(person, model)

    judgement = judge(taken, person, reasons=["missing_value"])

    assert judgement.diff == [{"op": "add", "pointer": "", "from": None, "to": {"label": "fraud"}}]
    assert judgement.shown_suggestion is False


def test_what_cannot_be_told_goes_to_somebody_else(taken, person, model, immediate):
    judgement = judge(taken, person, output=ABSENT, verdict="cannot_tell", reasons=["bad_input"])

    assert judgement.answer["review"]["state"] == "waiting"
    assert claim(person, model) == queue_services.Nothing("not_eligible")
    second = making.a_person(queue=making.inbox(model))
    other = claim(second, model)
    assert judge(other, second).answer["review"]["state"] == "decided"
    immediate()


def test_the_draft_is_gone_once_it_is_submitted(taken, person):
    services.keep_draft(
        item_id=taken.item.pk, token=taken.lease.token, body='{"output":1}', actor=person, now=making.now()
    )

    judge(taken, person)

    assert not Draft.objects.exists()


def test_three_answers_that_agree_decide_and_the_same_person_never_gives_two(model, immediate):
    queue = making.inbox(model)
    item = making.an_item(model, reviewers=3)
    people = [making.a_person(queue=queue) for _ in range(3)]

    for person in people:
        judge(claim(person, model), person)
        assert not isinstance(claim(person, model), queue_services.Taken)

    assert ReviewItem.objects.get(pk=item.pk).state == "decided"
    assert Judgement.objects.filter(item=item).count() == 3
    assert Outcome.objects.count() == 1
    immediate()


def test_answers_that_disagree_wait_for_adjudication(model, immediate):
    queue = making.inbox(model)
    item = making.an_item(model, reviewers=2)
    one, two = making.a_person(queue=queue), making.a_person(queue=queue)

    judge(claim(one, model), one)
    last = judge(claim(two, model), two, output={"label": "ok"}, reasons=["wrong_label"])

    assert last.answer["review"]["state"] == "adjudication"
    assert ReviewItem.objects.get(pk=item.pk).state == "adjudication"
    assert not Outcome.objects.exists()
    immediate()


def test_says_how_long_it_took_and_what_was_shown(taken, person):
    judgement = judge(taken, person)

    assert 0 <= judgement.seconds < 60
    assert (judgement.shown_mode, judgement.shown_suggestion) == ("assisted", True)
    assert len(judgement.shown_sha256) == 64


@pytest.mark.parametrize("writer", ["event_row", "_write", "report", "commit_to"])
def test_a_trail_that_cannot_be_written_leaves_the_review_as_it_was(taken, person, monkeypatch, writer):
    def fail(**_facts):
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, writer, fail)
    with pytest.raises(RuntimeError, match="disk full"):
        judge(taken, person)

    assert not Judgement.objects.exists()
    assert not Outcome.objects.exists()
    assert ReviewItem.objects.get(pk=taken.item.pk).state == "waiting"
    assert Slot.objects.get(item=taken.item).leased_by_id == person.pk


def test_a_key_or_a_role_without_reviewing_cannot_judge(taken):
    from audit.refusals import NotPermitted

    with pytest.raises(NotPermitted):
        judge(taken, making.a_person(Role.AUDITOR))


def test_what_was_sent_before_a_submission_id_is_unique_to_a_person(taken, person, model):
    sent = submission(taken)
    services.judge(item_id=taken.item.pk, submission=sent, actor=person, via="api", now=making.now())
    other = making.a_person(queue=making.inbox(model))

    with pytest.raises(SubmissionConflict):
        services.judge(item_id=taken.item.pk, submission=sent, actor=other, via="api", now=making.now())


def test_digest_does_not_depend_on_the_spelling_of_numbers():
    item = uuid.uuid4()
    one = Submission(submission_id=item, token=1, output={"a": 1, "b": 2})
    two = Submission(submission_id=item, token=2, output={"b": 2.0, "a": 1})

    assert one.digest(item) == two.digest(item)
