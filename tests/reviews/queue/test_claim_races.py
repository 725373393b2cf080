"""Claims on real connections: nothing twice, nothing left over, leases to the moment, no waiting."""

import datetime as dt
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from governance.access.roles import Role
from reviews.judging import services as judging
from reviews.judging.submission import Submission
from reviews.queue import claims, moves, services
from reviews.queue.errors import Leased, LeaseLost, TooManyLeases
from reviews.queue.models import Judgement, ReviewItem, Slot
from reviews.queue.services import Nothing
from tests.reviews.queue import making

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def model(committed_db):
    return making.a_model()


@pytest.fixture
def queue(model):
    return making.inbox(model)


def at_once(count, act):
    """Run `act(n)` in so many threads, each with a connection of its own, from one moment on."""
    together = threading.Barrier(count)

    def run(n):
        try:
            together.wait()
            return act(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def claim(person, queue, hold=()):
    return services.claim(queue_ids=[queue.pk], actor=person, hold=hold, now=making.now())


def finish(taken, person):
    """Done with it, as cheaply as a judgement takes a slot away."""
    with transaction.atomic():
        moves.lock(taken.item.pk)
        Slot.objects.filter(item_id=taken.item.pk, leased_by=person).delete()


def work_to_the_end(person, queue):
    """Claim and finish until the queue says that it is empty."""
    got = []
    while True:
        taken = claim(person, queue)
        if isinstance(taken, Nothing):
            assert taken.why in {"empty", "all_leased"}
            if taken.why == "empty":
                return got
            time.sleep(0.005)
            continue
        got.append(taken.item.pk)
        finish(taken, person)


@pytest.mark.parametrize("lane", [0, 1])
def test_sixteen_claimers_serve_every_item_once(model, queue, lane):
    making.many_items(queue, model, 400, lane=lane)
    people = [making.a_person(queue=queue) for _ in range(16)]

    got = at_once(16, lambda n: work_to_the_end(people[n], queue))

    given = Counter(item for each in got for item in each)
    assert len(given) == 400
    assert set(given.values()) == {1}
    assert not Slot.objects.exists()


def test_three_slots_get_three_of_thirty_reviewers_and_never_four(model, queue):
    item = making.an_item(model, reviewers=3)
    people = [making.a_person(queue=queue) for _ in range(30)]

    def act(n):
        taken = claim(people[n], queue)
        if isinstance(taken, Nothing):
            return taken.why
        judging.judge(
            item_id=item.pk,
            submission=Submission(uuid.uuid4(), taken.lease.token, {"label": "fraud"}),
            actor=people[n],
            via="api",
            now=making.now(),
        )
        return "judged"

    said = Counter(at_once(30, act))

    assert said["judged"] == 3
    assert set(said) <= {"judged", "all_leased", "empty"}
    assert Judgement.objects.filter(item=item).count() == 3
    assert ReviewItem.objects.get(pk=item.pk).state == "decided"


def test_one_person_at_ten_tabs_holds_two_at_most(model, queue):
    making.many_items(queue, model, 20)
    person = making.a_person(queue=queue)
    holding = [claim(person, queue).item.pk]

    def act(_n):
        try:
            return claim(person, queue, hold=holding).item.pk
        except TooManyLeases:
            return None

    got = at_once(10, act)

    assert Slot.objects.filter(leased_by=person).count() == 2
    assert len({item for item in got if item}) == 1


def test_a_named_claim_is_given_to_one(model, queue):
    item = making.an_item(model)
    people = [making.a_person(queue=queue) for _ in range(8)]

    def act(n):
        try:
            return services.claim_named(item_id=item.pk, actor=people[n], now=making.now())
        except Leased:
            return None

    assert len([taken for taken in at_once(8, act) if taken]) == 1


def test_a_lease_ends_within_fifty_milliseconds_of_its_time(model, queue, monkeypatch):
    monkeypatch.setattr(claims, "LEASE_SECONDS", 0.3)
    making.an_item(model)
    first, second = making.a_person(queue=queue), making.a_person(queue=queue)
    ends = claim(first, queue).lease.expires_at
    slack = dt.timedelta(milliseconds=50)

    tried = [moves.database_time()]
    while True:
        with transaction.atomic():
            taken = claims.take(second.pk, queue.pk)
            transaction.set_rollback(True)  # only the statement is looked at; nobody wrote its event
        tried.append(moves.database_time())
        if taken:
            break
        assert tried[-2] < ends + slack, "it should have been free when this attempt began"

    assert taken.lease.leased_at >= ends
    assert tried[-1] > ends - slack


def test_a_claim_passes_over_what_somebody_has_locked(model, queue):
    locked, free = making.an_item(model, age=20), making.an_item(model, age=10)
    manager = making.a_person(Role.QUEUE_MANAGER, queue=queue)
    person = making.a_person(queue=queue)

    def act(n):
        if n == 0:
            with transaction.atomic():
                moves.lock(locked.pk)
                ready.set()
                done.wait(5)
            return None
        ready.wait(5)
        began = time.monotonic()
        try:
            return claim(person, queue).item.pk, time.monotonic() - began
        finally:
            done.set()

    ready, done = threading.Event(), threading.Event()
    _, (item_id, seconds) = at_once(2, act)

    assert item_id == free.pk
    assert seconds < 4  # who waited for the lock would have waited five
    services.assign(item_id=locked.pk, person=manager, reason="x", actor=manager, now=making.now())


def test_a_moment_of_contention_is_not_told_as_an_empty_queue(model, queue):
    item = making.an_item(model)
    person = making.a_person(queue=queue)

    def act(n):
        if n == 0:
            with transaction.atomic():
                moves.lock(item.pk)
                ready.set()
                time.sleep(0.1)
            return None
        ready.wait(5)
        return claim(person, queue)

    ready = threading.Event()

    assert at_once(2, act)[1].item.pk == item.pk


def test_a_release_and_an_unlock_of_one_lease_end_it_once(model, queue):
    item = making.an_item(model)
    person, manager = making.a_person(queue=queue), making.a_person(Role.QUEUE_MANAGER, queue=queue)
    taken = claim(person, queue)

    def act(n):
        from reviews.queue.errors import NotLeased

        try:
            if n == 0:
                services.release(item_id=item.pk, token=taken.lease.token, actor=person, now=making.now())
            else:
                services.unlock(item_id=item.pk, actor=manager, now=making.now())
        except (LeaseLost, NotLeased):
            return 0
        return 1

    assert sum(at_once(2, act)) == 1
    assert Slot.objects.get(item=item).leased_by_id is None


def test_two_flags_open_one_round(model, queue):
    from reviews.queue.errors import AlreadyOpen

    prediction_id = making.an_item(model).prediction_id
    item = ReviewItem.objects.get(prediction_id=prediction_id)
    services.cancel(item_id=item.pk, actor=making.OPERATOR, now=making.now())
    fresh = uuid.uuid4()

    def act(_n):
        try:
            services.open_round(
                prediction_id=fresh, model_id=model.pk, policy_id=None, queue=queue, reason="FLAGGED",
                actor=making.OPERATOR, now=making.now(),
            )  # fmt: skip
        except AlreadyOpen:
            return 0
        return 1

    assert sum(at_once(4, act)) == 1
    assert Slot.objects.filter(item__prediction_id=fresh).count() == 1


def test_what_is_due_is_woken_once_by_two_at_once(model, queue):
    person = making.a_person(queue=queue)
    for _ in range(5):
        making.an_item(model)
        taken = claim(person, queue)
        services.release(
            item_id=taken.item.pk, token=taken.lease.token, actor=person, now=making.now(),
            snooze_until=making.now() + dt.timedelta(minutes=1),
        )  # fmt: skip
    later = making.now() + dt.timedelta(minutes=2)

    assert sum(at_once(4, lambda _n: services.wake(now=later))) == 5
