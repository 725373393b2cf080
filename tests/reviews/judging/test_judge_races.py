"""Judgements on real connections: exactly one, whatever meets whatever."""

import threading
import uuid
from collections import Counter

import pytest

from reviews.intake.models import Outcome
from reviews.judging import services
from reviews.judging.errors import SubmissionConflict
from reviews.judging.submission import Submission
from reviews.labels.models import Label
from reviews.queue import services as queue_services
from reviews.queue.errors import LeaseLost, TooLate
from reviews.queue.models import Draft, Judgement, ReviewItem
from tests.reviews.judging.deciding import claim, end_hold, expire, judge
from tests.reviews.queue import making
from tests.reviews.queue.test_claim_races import at_once


@pytest.fixture
def model(committed_db):
    return making.a_model()


@pytest.fixture
def person(model):
    return making.a_person(queue=making.inbox(model))


def send(taken, person, submission_id=None, **sent):
    try:
        return services.judge(
            item_id=taken.item.pk,
            submission=Submission(
                submission_id or uuid.uuid4(),
                taken.lease.token,
                sent.pop("output", {"label": "fraud"}),
                **sent,
            ),
            actor=person,
            via="api",
            now=making.now(),
        )
    except (LeaseLost, SubmissionConflict) as refused:
        return type(refused).__name__


def test_the_same_submission_sixteen_times_is_one_judgement(model, person):
    making.an_item(model)
    taken = claim(person, model)
    submission_id = uuid.uuid4()

    got = at_once(16, lambda _n: send(taken, person, submission_id))

    assert {str(each.pk) for each in got} == {str(Judgement.objects.get().pk)}
    assert Outcome.objects.count() == Label.objects.count() == 1


def test_sixteen_submissions_on_one_lease_are_one_judgement(model, person):
    making.an_item(model)
    taken = claim(person, model)

    got = Counter(
        each if isinstance(each, str) else "judged" for each in at_once(16, lambda _n: send(taken, person))
    )

    assert got == {"judged": 1, "LeaseLost": 15}
    assert Judgement.objects.count() == Outcome.objects.count() == 1


def test_a_paused_holder_comes_back_to_a_lost_lease_and_a_kept_draft(model, person):
    item = making.an_item(model)
    paused = claim(person, model)
    expire(item)
    other = making.a_person(queue=making.inbox(model))
    judge(claim(other, model), other)

    with pytest.raises(LeaseLost):
        judge(paused, person, output={"label": "ok"}, reasons=["wrong_label"])

    assert Draft.objects.filter(item_id=item.pk, person_id=person.pk).exists()
    assert Judgement.objects.get().reviewer_id == other.pk


def test_a_judgement_and_the_next_claim_of_an_expired_lease_never_both_count(model, person):
    other = making.a_person(queue=making.inbox(model))
    for _ in range(10):
        item = making.an_item(model)
        mine = claim(person, model)
        expire(item)

        def act(n, mine=mine):
            if n == 0:
                return send(mine, person)
            taken = claim(other, model)
            return send(taken, other)

        got = at_once(2, act)

        assert got[0] == "LeaseLost"
        assert Judgement.objects.get(item=item).reviewer_id == other.pk


def test_taking_back_and_settling_at_the_same_moment_is_one_or_the_other(model, person):
    said = Counter()
    for _ in range(12):
        item = making.an_item(model)
        judgement = judge(claim(person, model), person, hold_seconds=0.03)

        over = threading.Event()

        def act(n, item=item, judgement=judgement, over=over):
            if n == 0:
                settled = 0
                while not over.is_set():
                    settled += services.settle(item_id=item.pk, now=making.now())
                return settled + services.settle(item_id=item.pk, now=making.now())
            try:
                services.undo(
                    item_id=item.pk, submission_id=judgement.submission_id, actor=person, now=making.now()
                )
            except TooLate:
                return "late"
            finally:
                over.set()
            return "undone"

        settled, undone = at_once(2, act)
        judgement.refresh_from_db()
        state = ReviewItem.objects.get(pk=item.pk).state
        said[undone] += 1
        if undone == "undone":
            assert (settled, state, Outcome.objects.filter(judgement_id=judgement.pk).count()) == (
                0, "waiting", 0
            )  # fmt: skip
            taken = claim(person, model)
            judge(taken, person)
        else:
            assert (state, Outcome.objects.filter(judgement_id=judgement.pk).count()) == ("decided", 1)
    assert sum(said.values()) == 12


def test_many_settlers_settle_once(model, person):
    item = making.an_item(model)
    judge(claim(person, model), person, hold_seconds=0.05)
    end_hold(ReviewItem.objects.get(pk=item.pk))

    settled = at_once(8, lambda _n: services.settle(item_id=item.pk, now=making.now()))

    assert sum(settled) == 1
    assert Outcome.objects.count() == Label.objects.count() == 1


def test_cancelling_and_judging_at_once_end_in_one_of_them(model, person):
    from reviews.queue.errors import AlreadyDecided

    for _ in range(8):
        item = making.an_item(model)
        taken = claim(person, model)

        def act(n, taken=taken, item=item):
            if n == 0:
                return send(taken, person)
            try:
                return queue_services.cancel(item_id=item.pk, actor=making.OPERATOR, now=making.now())
            except AlreadyDecided:
                return "too late"

        judged, cancelled = at_once(2, act)

        assert (judged == "LeaseLost") != (cancelled == "too late")
        assert ReviewItem.objects.get(pk=item.pk).state == (
            "decided" if cancelled == "too late" else "cancelled"
        )


def test_two_reopenings_begin_one_round(model, person):
    from reviews.queue.errors import AlreadyOpen

    item = making.an_item(model)
    judge(claim(person, model), person)

    def act(_n):
        try:
            services.reopen(item_id=item.pk, reason="again", actor=person, now=making.now())
        except AlreadyOpen:
            return 0
        return 1

    assert sum(at_once(4, act)) == 1
    assert ReviewItem.objects.get(pk=item.pk).round == 2
