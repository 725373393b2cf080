"""reviews.judging.services.undo and settle: a decision within its hold, and when it becomes final."""

import datetime as dt

import orjson
import pytest
from django.db import DatabaseError, connection, transaction

from audit.refusals import NotFound
from audit.trail import services as trail
from audit.trail.models import Event
from reviews.intake.models import Outcome, Prediction
from reviews.judging import services, tasks
from reviews.labels.models import Label
from reviews.queue import services as queue_services
from reviews.queue.errors import AlreadyDecided, Leased, TooLate
from reviews.queue.models import Draft, Judgement, ReviewItem, Slot
from tests.reviews.judging.deciding import claim, end_hold, judge
from tests.reviews.queue import making


@pytest.fixture
def model(db):
    return making.a_model()


@pytest.fixture
def person(model):
    return making.a_person(queue=making.inbox(model))


@pytest.fixture
def item(model):
    return making.an_item(model)


def held(person, model, seconds=20.0, **sent):
    return judge(claim(person, model), person, hold_seconds=seconds, **sent)


def undo(judgement, person):
    return services.undo(
        item_id=judgement.item_id, submission_id=judgement.submission_id, actor=person, now=making.now()
    )


def test_tells_nobody_anything_while_it_is_held(item, model, person, immediate):
    judgement = held(person, model)

    found = ReviewItem.objects.get(pk=item.pk)
    assert (found.state, found.held_until) == ("held", judgement.final_at)
    assert Prediction.objects.get(pk=item.prediction_id).status == "pending"
    assert not Outcome.objects.exists()
    assert not Label.objects.exists()
    assert claim(making.a_person(queue=found.queue), model) == queue_services.Nothing("empty")
    immediate()


def test_gives_the_review_back_with_the_answer_as_draft(item, model, person, immediate):
    judgement = held(person, model, output={"label": "ok"}, reasons=["wrong_label"], comment="look")

    taken = undo(judgement, person)

    found = ReviewItem.objects.get(pk=item.pk)
    assert (found.state, found.held_until) == ("waiting", None)
    slot = Slot.objects.get(item=item)
    assert (slot.open, slot.leased_by_id, slot.token) == (True, person.pk, taken.lease.token)
    assert taken.lease.token > judgement.token
    assert orjson.loads(Draft.objects.get().body) == {
        "verdict": "answer", "output": {"label": "ok"}, "reasons": ["wrong_label"], "comment": "look"
    }  # fmt: skip
    assert judge(claim(person, model), person).answer["review"]["state"] == "decided"
    immediate()


def test_sent_again_it_gives_the_same_lease(item, model, person):
    judgement = held(person, model)
    first = undo(judgement, person)

    assert undo(judgement, person).lease.token == first.lease.token


def test_is_only_for_whoever_judged(item, model, person):
    judgement = held(person, model)

    with pytest.raises(NotFound):
        undo(judgement, making.a_person(queue=making.inbox(model)))


def test_comes_too_late_after_the_hold_and_settles_instead(item, model, person, immediate):
    judgement = held(person, model, seconds=0.05)
    end_hold(ReviewItem.objects.get(pk=item.pk))

    with pytest.raises(TooLate):
        undo(judgement, person)

    assert ReviewItem.objects.get(pk=item.pk).state == "decided"
    assert Outcome.objects.get().judgement_id == judgement.pk
    immediate()


def test_comes_too_late_without_a_hold(item, model, person):
    with pytest.raises(TooLate):
        undo(held(person, model, seconds=0), person)


def test_gives_no_third_lease(item, model, person):
    judgement = held(person, model)
    making.an_item(model)
    making.an_item(model)
    first = claim(person, model)
    claim(person, model, hold=[first.item.pk])

    taken = undo(judgement, person)

    assert taken.lease.token == 0
    assert Slot.objects.get(item=item).leased_by_id is None


def test_settling_is_done_once_by_the_clock(item, model, person, immediate):
    judgement = held(person, model, seconds=0.05)
    end_hold(ReviewItem.objects.get(pk=item.pk))

    assert tasks.settle_held() == 1
    assert tasks.settle_held() == 0

    found = ReviewItem.objects.get(pk=item.pk)
    assert (found.state, found.decided_by_id) == ("decided", person.pk)
    assert Outcome.objects.get().judgement_id == judgement.pk
    assert Event.objects.get(kind="reviews.review.decided").actor == "clock"
    immediate()


def test_settling_waits_for_the_end_of_the_hold_whatever_the_caller_believes(item, model, person):
    held(person, model)

    assert services.settle(item_id=item.pk, now=making.now() + dt.timedelta(hours=1)) is False
    assert ReviewItem.objects.get(pk=item.pk).state == "held"


def test_a_held_review_can_be_taken_by_nobody_and_a_decided_one_neither(item, model, person):
    held(person, model, seconds=0.05)
    other = making.a_person(queue=making.inbox(model))

    with pytest.raises(Leased):
        queue_services.claim_named(item_id=item.pk, actor=other, now=making.now())
    end_hold(ReviewItem.objects.get(pk=item.pk))
    tasks.settle_held()
    with pytest.raises(AlreadyDecided):
        queue_services.claim_named(item_id=item.pk, actor=other, now=making.now())


def test_of_three_judgements_each_can_be_taken_back(model, immediate):
    queue = making.inbox(model)
    item = making.an_item(model, reviewers=2)
    one, two = making.a_person(queue=queue), making.a_person(queue=queue)
    first = held(one, model)
    assert ReviewItem.objects.get(pk=item.pk).state == "waiting"
    second = held(two, model)
    assert ReviewItem.objects.get(pk=item.pk).held_until == second.final_at

    undo(first, one)

    assert ReviewItem.objects.get(pk=item.pk).state == "waiting"
    again = judge(claim(one, model), one)
    assert again.answer["review"]["state"] == "held"
    immediate()


@pytest.mark.parametrize(
    "change",
    [
        "SET output = '{}'",
        "SET changed = true",
        "SET final_at = final_at + interval '1 hour'",
        "SET undone_at = final_at + interval '1 second'",
    ],
)
def test_the_database_refuses_other_changes_of_a_judgement(item, model, person, change):
    judgement = held(person, model)
    statement = f"UPDATE reviews_judgement {change} WHERE id = %s"
    with (
        pytest.raises(DatabaseError, match=r"judgement_stands|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [judgement.pk])

    assert Judgement.objects.get(pk=judgement.pk).output == '{"label":"fraud"}'


@pytest.mark.parametrize("act", ["undo", "settle"])
def test_a_trail_that_cannot_be_written_changes_nothing(item, model, person, monkeypatch, act):
    judgement = held(person, model, seconds=20 if act == "undo" else 0.05)
    if act == "settle":
        end_hold(ReviewItem.objects.get(pk=item.pk))

    def fail(**_facts):
        raise RuntimeError("disk full")

    acts = {
        "undo": lambda: undo(judgement, person),
        "settle": lambda: services.settle(item_id=item.pk, now=making.now()),
    }
    monkeypatch.setattr(trail, "event_row", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        acts[act]()

    assert ReviewItem.objects.get(pk=item.pk).state == "held"
    assert Judgement.objects.get().undone_at is None
    assert not Outcome.objects.exists()
