"""audit.trail.sequencer: every fact gets one place, for good, in an order that nothing later disturbs."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.trail import feeds, sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event, Feed, Pending

pytestmark = pytest.mark.usefixtures("committed_db")


def write(count: int = 1) -> None:
    with transaction.atomic():
        for n in range(count):
            trail.remark(
                kind="test.noted", actor=OPERATOR, entity_type="test", details={"n": n}, now=timezone.now()
            )


def in_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    def closing() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return closing


def places() -> list[tuple[int, int]]:
    return feeds.read(Feed.EVENTS, after=0, limit=10_000)


def test_numbers_facts_from_one_without_gaps() -> None:
    write(7)

    assert sequencer.integrate(Feed.EVENTS) == 7
    assert [n for n, _ in places()] == list(range(1, 8))
    assert feeds.size(Feed.EVENTS) == 7
    assert not Pending.objects.exists()


def test_a_transaction_that_commits_later_stands_later() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            trail.remark(kind="test.slow", actor=OPERATOR, entity_type="test", details={}, now=timezone.now())
            begun.set()
            assert go_on.wait(10)

    thread = threading.Thread(target=in_thread(slow))
    thread.start()
    assert begun.wait(10)
    write()
    sequencer.integrate(Feed.EVENTS)
    before = places()
    go_on.set()
    thread.join()
    sequencer.integrate(Feed.EVENTS)

    after = places()
    assert len(before) == 1
    assert after[:1] == before
    kinds = dict(Event.objects.values_list("seq", "kind"))
    assert [kinds[ref] for _, ref in after] == ["test.noted", "test.slow"]


def test_two_sequencers_at_once_lose_and_double_nothing() -> None:
    stop = threading.Event()

    def sequence() -> None:
        while not stop.is_set():
            sequencer.integrate(Feed.EVENTS)

    def writer() -> None:
        for _ in range(40):
            write(5)

    with ThreadPoolExecutor(6) as pool:
        sequencers = [pool.submit(in_thread(sequence)) for _ in range(2)]
        for done in [pool.submit(in_thread(writer)) for _ in range(4)]:
            done.result(60)
        stop.set()
        for done in sequencers:
            done.result(60)
    while sequencer.integrate(Feed.EVENTS):
        pass

    found = places()
    assert [n for n, _ in found] == list(range(1, 801))
    assert {ref for _, ref in found} == set(Event.objects.values_list("seq", flat=True))


def test_an_idle_transaction_elsewhere_does_not_hold_it_up() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def idle() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
            begun.set()
            assert go_on.wait(10)

    thread = threading.Thread(target=in_thread(idle))
    thread.start()
    assert begun.wait(10)
    write(3)

    moved = sequencer.integrate(Feed.EVENTS)
    go_on.set()
    thread.join()

    assert moved == 3


def test_one_pass_serves_every_feed_in_which_something_waits() -> None:
    assert sequencer.integrate_all() == 0
    write(3)

    assert sequencer.integrate_all() == 3
    assert feeds.size(Feed.EVENTS) == 3


class SlowClock:
    """A clock by which a pass from the front takes as long as it is told."""

    def __init__(self) -> None:
        self.now = self.step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_what_commits_late_waits_for_a_pass_from_the_front() -> None:
    clock = SlowClock()
    passes = sequencer.Passes(clock)
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            trail.remark(kind="test.slow", actor=OPERATOR, entity_type="test", details={}, now=timezone.now())
            begun.set()
            assert go_on.wait(10)

    thread = threading.Thread(target=in_thread(slow))
    thread.start()
    assert begun.wait(10)
    write(3)
    clock.step = 1.0
    moved = [passes.one()]  # from the front: it took a second
    clock.step = 0.0
    go_on.set()
    thread.join()
    write(2)
    moved += [passes.one(), passes.one()]
    clock.now += sequencer.SHARE
    moved.append(passes.one())

    assert moved == [3, 2, 0, 1]
    assert not Pending.objects.exists()


def test_every_pass_is_from_the_front_while_that_is_quick() -> None:
    passes = sequencer.Passes(SlowClock())

    moved = []
    for count in (2, 3):
        write(count)
        moved.append(passes.one())

    assert moved == [2, 3]
    assert passes._front_again_at == 0.0
