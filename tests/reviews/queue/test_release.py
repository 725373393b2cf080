"""reviews.queue.services: giving leases back, managing them, rounds, and making queues."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from audit.refusals import BadInput, NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.models import Event, Opening
from governance.access.models import Scope
from governance.access.roles import Role
from reviews.queue import releasing, selectors, services, tasks
from reviews.queue.errors import AlreadyOpen, LeaseLost, QueueExists, TooManySkips
from reviews.queue.models import Exclusion, Queue, QueuePermission, ReviewItem, Skip, Slot
from tests.reviews.queue import making


@pytest.fixture
def model(db):
    return making.a_model()


@pytest.fixture
def queue(model):
    return making.inbox(model)


@pytest.fixture
def person(queue):
    return making.a_person(queue=queue)


@pytest.fixture
def manager(queue):
    return making.a_person(Role.QUEUE_MANAGER, queue=queue)


@pytest.fixture
def taken(model, queue, person):
    making.an_item(model)
    return claim(person, queue)


def claim(person, queue):
    return services.claim(queue_ids=[queue.pk], actor=person, now=making.now())


def release(taken, person, **how):
    return services.release(
        item_id=taken.item.pk, token=taken.lease.token, actor=person, now=making.now(), **how
    )


def test_frees_the_slot_at_once(taken, person, queue, immediate):
    release(taken, person)

    other = making.a_person(queue=queue)
    assert claim(other, queue).item.pk == taken.item.pk
    assert Event.objects.filter(kind="reviews.review.released").count() == 1
    immediate()


def test_a_second_release_finds_the_lease_lost(taken, person):
    release(taken, person)

    with pytest.raises(LeaseLost):
        release(taken, person)


def test_nobody_releases_what_another_holds(taken, queue):
    with pytest.raises(LeaseLost):
        release(taken, making.a_person(queue=queue))


def test_a_skip_keeps_its_reason_readable_and_out_of_the_log(taken, person, queue):
    release(taken, person, reason="Jane Doe again")

    assert Skip.objects.get().reason == "Jane Doe again"
    event = Event.objects.get(kind="reviews.review.skipped")
    assert b"Jane Doe" not in bytes(event.body)
    assert Opening.objects.get(entity_id=taken.item.pk, name="reason").value == "Jane Doe again"
    assert selectors.passed_over(queue.pk, since=making.now() - dt.timedelta(hours=1)) == {person.pk: 1}


def test_passing_over_is_capped_by_the_hour(taken, person, monkeypatch):
    monkeypatch.setattr(releasing, "SKIPS_PER_HOUR", 1)
    release(taken, person, reason="no")
    again = claim(person, taken.item.queue)

    with pytest.raises(TooManySkips):
        release(again, person, reason="no")
    with pytest.raises(TooManySkips):
        release(again, person, snooze_until=making.now() + dt.timedelta(hours=1))

    release(again, person)


@pytest.mark.parametrize("away", [dt.timedelta(seconds=-1), dt.timedelta(days=8)])
def test_a_snooze_ends_within_a_week(taken, person, away):
    with pytest.raises(BadInput):
        release(taken, person, snooze_until=making.now() + away)

    assert Slot.objects.get(item=taken.item).leased_by_id == person.pk


def test_a_snooze_takes_the_slot_out_and_the_clock_puts_it_back(taken, person, immediate):
    release(taken, person, snooze_until=making.now() + dt.timedelta(milliseconds=300))
    assert Slot.objects.get(item=taken.item).open is False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.35)")

    assert tasks.wake_snoozed() == 1
    assert tasks.wake_snoozed() == 0

    item = ReviewItem.objects.get(pk=taken.item.pk)
    assert (item.state, item.snoozed_until) == ("waiting", None)
    assert Slot.objects.get(item=item).open is True
    immediate()


def test_taking_a_snoozed_one_by_name_wakes_it(taken, person, queue):
    release(taken, person, snooze_until=making.now() + dt.timedelta(hours=1))

    again = services.claim_named(item_id=taken.item.pk, actor=making.a_person(queue=queue), now=making.now())

    assert again.item.state == "waiting"


def test_a_named_claim_is_refused_to_whom_the_review_is_kept_from(model, queue, person):
    posted = making.an_item(model, poster=person)

    with pytest.raises(NotPermitted, match="posted"):
        services.claim_named(item_id=posted.pk, actor=person, now=making.now())


def test_a_named_claim_takes_also_what_one_skipped(taken, person):
    release(taken, person, reason="later")

    again = services.claim_named(item_id=taken.item.pk, actor=person, now=making.now())

    assert again.item.pk == taken.item.pk


def test_an_assigned_review_is_offered_before_older_ones_it_overtakes_nobody_else(
    model, queue, person, manager
):
    item = making.an_item(model, age=5)
    services.assign(item_id=item.pk, person=person, reason="x", actor=manager, now=making.now())
    slot = Slot.objects.get(item=item)
    assert (slot.assigned_to_id, slot.lane) == (person.pk, 1)

    services.assign(item_id=item.pk, person=None, reason="", actor=manager, now=making.now())

    slot.refresh_from_db()
    assert (slot.assigned_to_id, slot.lane) == (None, 0)


def test_a_review_is_assigned_only_to_somebody_who_may_take_it(model, manager, person):
    item = making.an_item(model, poster=person)

    with pytest.raises(NotPermitted, match="cannot review"):
        services.assign(item_id=item.pk, person=person, reason="x", actor=manager, now=making.now())
    with pytest.raises(NotPermitted):
        services.assign(item_id=item.pk, person=manager, reason="x", actor=person, now=making.now())


def test_unlocking_fences_the_holder_off(taken, person, manager, queue):
    services.unlock(item_id=taken.item.pk, actor=manager, reason="gone home", now=making.now())

    with pytest.raises(LeaseLost):
        services.heartbeat(item_id=taken.item.pk, token=taken.lease.token, actor=person)
    assert claim(making.a_person(queue=queue), queue).item.pk == taken.item.pk


def test_a_flag_opens_an_item_or_its_next_round(model, queue, person):
    item = making.an_item(model)
    facts = {
        "prediction_id": item.prediction_id, "model_id": model.pk, "policy_id": None, "queue": queue,
        "reason": "FLAGGED", "actor": making.OPERATOR, "now": making.now(),
    }  # fmt: skip

    with pytest.raises(AlreadyOpen):
        services.open_round(**facts)
    import uuid

    fresh = services.open_round(**{**facts, "prediction_id": uuid.uuid4()}, note="customer called")

    assert (fresh.round, fresh.state, fresh.blocks, fresh.reasons) == (1, "waiting", False, ["FLAGGED"])
    assert Slot.objects.filter(item=fresh).count() == 1


def test_cancelling_ends_the_round(taken):
    services.cancel(item_id=taken.item.pk, actor=making.OPERATOR, now=making.now(), reason="withdrawn")

    assert ReviewItem.objects.get(pk=taken.item.pk).state == "cancelled"
    assert not Slot.objects.exists()


def test_every_system_has_its_inbox_and_a_queue_its_scope(model, queue, person):
    assert queue.slug == f"{model.system.slug}-inbox"
    assert Scope.objects.get(queue_id=queue.pk).system_id == model.system_id
    assert {row.permission.codename for row in QueuePermission.objects.filter(user=person)} == {
        "view_queue", "work_queue"
    }  # fmt: skip


def test_a_slug_is_taken_once(model, queue):
    with pytest.raises(QueueExists):
        services.create_queue(
            slug=queue.slug, name="x", system=model.system, actor=making.OPERATOR, now=making.now()
        )
    assert Queue.objects.filter(slug=queue.slug).count() == 1


def test_counts_above_the_exact_bound_are_kept_for_a_moment(model, queue, monkeypatch):
    monkeypatch.setattr(selectors, "EXACT", 2)
    monkeypatch.setattr(selectors, "_counted", {})
    for _ in range(3):
        making.an_item(model)
    first = selectors.counts(queue.pk)
    making.an_item(model)

    assert selectors.counts(queue.pk).as_of == first.as_of
    monkeypatch.setattr(selectors, "STALE", 0)
    assert selectors.counts(queue.pk).waiting == 4


def test_unknown_reviews_are_not_found(person):
    import uuid

    with pytest.raises(NotFound):
        services.heartbeat(item_id=uuid.uuid4(), token=1, actor=person)


@pytest.mark.parametrize("act", ["release", "skip", "snooze", "assign", "unlock", "wake", "cancel", "create"])
def test_a_trail_that_cannot_be_written_changes_nothing(taken, person, manager, model, monkeypatch, act):
    item, later = taken.item, making.now() + dt.timedelta(hours=1)
    if act in {"assign", "wake"}:
        release(taken, person, snooze_until=later)
    before = [
        list(rows.order_by("pk").values())
        for rows in (ReviewItem.objects, Slot.objects, Skip.objects, Exclusion.objects, Queue.objects)
    ]
    acts = {
        "release": lambda: release(taken, person),
        "skip": lambda: release(taken, person, reason="x"),
        "snooze": lambda: release(taken, person, snooze_until=later),
        "assign": lambda: services.assign(
            item_id=item.pk, person=person, reason="x", actor=manager, now=making.now()
        ),
        "unlock": lambda: services.unlock(item_id=item.pk, actor=manager, now=making.now()),
        "wake": lambda: services.wake(now=later),
        "cancel": lambda: services.cancel(item_id=item.pk, actor=manager, now=making.now()),
        "create": lambda: services.create_queue(
            slug="new", name="x", system=model.system, actor=making.OPERATOR, now=making.now()
        ),
    }

    def fail(**_facts):
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "event_row", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        acts[act]()

    assert before == [
        list(rows.order_by("pk").values())
        for rows in (ReviewItem.objects, Slot.objects, Skip.objects, Exclusion.objects, Queue.objects)
    ]


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE reviews_slot SET leased_until = NULL", "reviews_lease_says_until_when"),
        ("INSERT INTO reviews_slot (item_id, n, queue_id, lane, sort_at, open, token) "
         "SELECT item_id, n, queue_id, 0, sort_at, true, 0 FROM reviews_slot", "reviews_slot_numbered"),
        ("INSERT INTO reviews_slot (item_id, n, queue_id, lane, sort_at, open, token, leased_by_id, "
         "leased_until) SELECT item_id, 2, queue_id, 0, sort_at, true, 0, leased_by_id, leased_until "
         "FROM reviews_slot",
         "reviews_one_slot_of_an_item_per_person"),
        ("INSERT INTO reviews_exclusion (item_id, person_id, why, at) "
         "SELECT item_id, leased_by_id, 'whim', now() FROM reviews_slot", "reviews_known_exclusion"),
        ("INSERT INTO reviews_skip (id, item_id, person_id, queue_id, reason, at) "
         "SELECT gen_random_uuid(), item_id, leased_by_id, queue_id, '', now() FROM reviews_slot",
         "reviews_skip_needs_a_reason"),
        ("UPDATE reviews_reviewitem SET state = 'held', event_version = event_version + 1",
         "reviews_held_says_until_when"),
        ("UPDATE reviews_reviewitem SET state = 'snoozed', event_version = event_version + 1",
         "reviews_snoozed_says_until_when"),
        ("UPDATE reviews_reviewitem SET state = 'decided', event_version = event_version + 1",
         "reviews_decided_says_when"),
        ("UPDATE reviews_reviewitem SET state = 'lost', event_version = event_version + 1",
         "reviews_known_state"),
        ("UPDATE reviews_reviewitem SET state = 'cancelled'", "audit_change_needs_event"),
    ],
)  # fmt: skip
def test_the_database_has_the_last_word(taken, statement, constraint):
    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
