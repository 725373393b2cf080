"""reviews.queue.services.claim: what a person is given next, and what they are told if there is nothing."""

import datetime as dt

import pytest
from django.db import connection

from audit.refusals import NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.models import Event
from governance.access.roles import Role
from reviews.queue import claims, services
from reviews.queue.errors import TooManyLeases
from reviews.queue.models import Exclusion, ReviewItem, Slot
from reviews.queue.services import Nothing, Taken
from reviews.queue.states import PassedOver
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


def claim(person, *queues, hold=()):
    return services.claim(queue_ids=[each.pk for each in queues], actor=person, hold=hold, now=making.now())


def keep_from(item, person, why=PassedOver.JUDGED):
    Exclusion.objects.create(item_id=item.pk, person_id=person.pk, why=why, at=making.now())
    Slot.objects.filter(item=item).update(lane=1)


def expire(item):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_slot SET leased_until = clock_timestamp() - interval '1 ms' WHERE item_id = %s",
            [item.pk],
        )


def test_gives_the_most_urgent_and_says_so_in_the_trail(model, queue, person, immediate):
    making.an_item(model, age=10)
    oldest = making.an_item(model, age=20)

    taken = claim(person, queue)

    assert isinstance(taken, Taken)
    assert (taken.item.pk, taken.resumed) == (oldest.pk, False)
    event = Event.objects.get(entity_id=oldest.pk, kind="reviews.review.claimed")
    assert (event.actor, event.entity_version) == (person.audit_ref, 2)
    assert ReviewItem.objects.get(pk=oldest.pk).event_version == 2
    immediate()


def test_gives_the_own_live_lease_back_with_the_same_token(model, queue, person):
    making.an_item(model)
    making.an_item(model)
    first = claim(person, queue)

    again = claim(person, queue)

    assert again.resumed
    assert (again.item.pk, again.lease.token) == (first.item.pk, first.lease.token)
    assert again.lease.expires_at >= first.lease.expires_at


def test_gives_another_one_beside_what_is_held_and_never_a_third(model, queue, person):
    for _ in range(3):
        making.an_item(model)
    first = claim(person, queue)
    second = claim(person, queue, hold=[first.item.pk])

    with pytest.raises(TooManyLeases):
        claim(person, queue, hold=[first.item.pk, second.item.pk])
    assert second.item.pk != first.item.pk


def test_gives_nothing_of_a_queue_to_strangers_and_keys(model, queue):
    making.an_item(model)

    with pytest.raises(NotFound):
        claim(making.a_person(queue=making.inbox(making.a_model())), queue)
    with pytest.raises(NotPermitted):
        claim(making.a_person(Role.AUDITOR), queue)


def test_says_empty(queue, person):
    assert claim(person, queue) == Nothing("empty")


def test_says_when_all_are_leased_and_when_the_first_lease_ends(model, queue, person):
    making.an_item(model)
    other = claim(making.a_person(queue=queue), queue)

    assert claim(person, queue) == Nothing("all_leased", other.lease.expires_at)


def test_says_when_nothing_waiting_is_for_this_person(model, queue, person):
    making.an_item(model, poster=person)
    keep_from(making.an_item(model), person)

    assert claim(person, queue) == Nothing("not_eligible")
    assert isinstance(claim(making.a_person(queue=queue), queue), Taken)


def test_an_item_that_is_put_off_counts_as_taken_until_then(model, queue, person):
    making.an_item(model)
    taken = claim(person, queue)
    until = making.now() + dt.timedelta(hours=1)
    services.release(
        item_id=taken.item.pk, token=taken.lease.token, actor=person, snooze_until=until, now=making.now()
    )

    assert claim(person, queue) == Nothing("all_leased", until)


def test_a_snooze_that_is_over_is_woken_by_whoever_finds_nothing_else(model, queue, person, immediate):
    making.an_item(model)
    taken = claim(person, queue)
    until = making.now() + dt.timedelta(seconds=5)
    services.release(
        item_id=taken.item.pk, token=taken.lease.token, actor=person, snooze_until=until, now=making.now()
    )

    later = services.claim(queue_ids=[queue.pk], actor=person, now=until + dt.timedelta(seconds=1))

    assert later.item.pk == taken.item.pk
    assert Event.objects.filter(entity_id=taken.item.pk, kind="reviews.review.woken").exists()
    immediate()


def test_gives_a_skipped_one_again_only_when_nothing_else_waits(model, queue, person):
    skipped, other = making.an_item(model, age=20), making.an_item(model, age=10)
    taken = claim(person, queue)
    services.release(
        item_id=skipped.pk, token=taken.lease.token, actor=person, reason="unreadable", now=making.now()
    )

    first, second = claim(person, queue), claim(person, queue, hold=[other.pk])

    assert [first.item.pk, second.item.pk] == [other.pk, skipped.pk]


def test_gives_a_skipped_one_to_the_next_person_in_its_turn(model, queue, person):
    skipped = making.an_item(model, age=20)
    making.an_item(model, age=10)
    taken = claim(person, queue)
    services.release(
        item_id=skipped.pk, token=taken.lease.token, actor=person, reason="unreadable", now=making.now()
    )

    assert claim(making.a_person(queue=queue), queue).item.pk == skipped.pk


def test_passes_over_what_was_posted_by_this_person_for_them_only(model, queue, person):
    mine = making.an_item(model, poster=person, age=20)
    other = making.an_item(model, age=10)

    assert claim(person, queue).item.pk == other.pk
    assert claim(making.a_person(queue=queue), queue).item.pk == mine.pk


def test_gives_an_assigned_one_to_nobody_else(model, queue, person):
    item = making.an_item(model)
    manager, other = making.a_person(Role.QUEUE_MANAGER, queue=queue), making.a_person(queue=queue)
    services.assign(item_id=item.pk, person=person, reason="knows the case", actor=manager, now=making.now())

    assert claim(other, queue) == Nothing("not_eligible")
    assert claim(person, queue).item.pk == item.pk


def test_finds_what_lies_behind_more_than_a_window_of_others(model, queue, person, monkeypatch):
    monkeypatch.setattr(claims, "WINDOW", 4)
    monkeypatch.setattr(claims, "DEEP_WINDOW", 8)
    for age in range(100, 60, -1):
        keep_from(making.an_item(model, age=age), person)
    behind = making.an_item(model, age=1)
    Slot.objects.filter(item=behind).update(lane=1)

    assert claim(person, queue).item.pk == behind.pk


def test_starves_nothing_behind_the_window_while_lane_0_is_never_empty(model, queue, person, monkeypatch):
    monkeypatch.setattr(claims, "WINDOW", 4)
    for age in range(100, 70, -1):
        keep_from(making.an_item(model, age=age), person)
    behind = making.an_item(model, age=60)
    Slot.objects.filter(item=behind).update(lane=1)
    for age in range(30, 0, -1):
        making.an_item(model, age=age)

    given = []
    while behind.pk not in given and len(given) < 20:
        taken = claim(person, queue)
        given.append(taken.item.pk)
        Slot.objects.filter(item=taken.item).delete()

    assert behind.pk in given
    assert len(given) <= 40 / 4


def test_over_several_queues_gives_the_most_urgent(model, queue, person):
    system = queue.system
    second = making.a_model(system)
    another = services.create_queue(
        slug="another", name="Another", system=system, actor=making.OPERATOR, now=making.now()
    )
    boss = making.a_person(system=system)
    making.an_item(model, age=10)
    urgent = making.an_item(second, queue=another, age=20)

    assert claim(boss, queue, another).item.pk == urgent.pk
    assert claim(boss, queue, another, hold=[urgent.pk]).item.queue_id == queue.pk


def test_never_gives_two_slots_of_an_item_to_one_person(model, queue, person):
    item = making.an_item(model, reviewers=3)
    claim(person, queue)

    again = claim(person, queue, hold=[item.pk])

    assert isinstance(again, Nothing)
    assert claim(making.a_person(queue=queue), queue).item.pk == item.pk


def test_a_trail_that_cannot_be_written_leaves_the_slot_free(model, queue, person, monkeypatch):
    item = making.an_item(model)

    def fail(**_facts):
        raise RuntimeError("disk full")

    monkeypatch.setattr(trail, "event_row", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        claim(person, queue)

    assert Slot.objects.get(item=item).leased_by_id is None
    assert ReviewItem.objects.get(pk=item.pk).event_version == 1


def test_a_lease_ends_by_the_clock_of_the_database(model, queue, person):
    item = making.an_item(model)
    first = claim(making.a_person(queue=queue), queue)
    expire(item)

    second = claim(person, queue)

    assert second.item.pk == item.pk
    assert second.lease.token > first.lease.token
