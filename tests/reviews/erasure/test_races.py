"""Erasures on real connections: each prediction goes once, whatever meets it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from audit.trail.models import Event
from reviews.erasure import running
from reviews.erasure.models import Erasure
from reviews.holds import services as holds
from reviews.holds.reading import About
from reviews.intake.models import Erased, Payload
from reviews.queue.errors import LeaseLost
from reviews.queue.models import Draft, Judgement
from tests import factories
from tests.reviews.erasure import erasing
from tests.reviews.erasure.erasing import SECRET, Place, worked
from tests.reviews.judging import deciding


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(n)` in so many threads, each with a connection of its own, from one moment on."""
    together = threading.Barrier(count)

    def run(n: int) -> Any:
        try:
            together.wait()
            return act(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def committed_place(committed_db: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(running, "BATCH", 2)
    return erasing.a_place()


def test_four_workers_at_one_erasure_erase_each_prediction_once(committed_place: Place) -> None:
    place = committed_place
    ids = {place.post()["id"] for _ in range(12)}
    asked = place.ask().json()["id"]

    at_once(4, lambda _n: worked(asked).state)
    erasure = worked(asked)

    assert (erasure.state, erasure.done, erasure.counts["payloads"]) == ("done", 12, 12)
    assert {str(id_) for id_ in Erased.objects.values_list("pk", flat=True)} == ids
    versions = list(Event.objects.filter(entity_id=erasure.pk).values_list("entity_version", flat=True))
    assert sorted(versions) == list(range(1, len(versions) + 1))


def test_two_erasures_of_the_same_predictions_share_them(committed_place: Place) -> None:
    place = committed_place
    for _ in range(8):
        place.uncertain()
    asked = [place.ask().json()["id"], place.ask(model=place.posting.model.slug).json()["id"]]

    at_once(2, lambda n: worked(asked[n]).state)
    done = [worked(each).done for each in asked]

    assert sum(done) == 8
    assert set(Erasure.objects.values_list("state", flat=True)) == {"done"}
    assert not Payload.objects.exists()


def test_a_judgement_that_meets_an_erasure_leaves_nothing_behind(committed_place: Place) -> None:
    place = committed_place
    for _ in range(6):
        place.uncertain()
    asked = place.ask().json()["id"]

    def act(n: int) -> Any:
        if n == 0:
            return worked(asked).state
        reviewer = factories.fresh(place.reviewer)
        for _ in range(6):
            taken = deciding.claim(reviewer, place.posting.model)
            if getattr(taken, "item", None) is None:
                return "empty"
            try:
                deciding.judge(taken, reviewer, output={"label": "ok"}, reasons=["other"], comment=SECRET)
            except LeaseLost:
                continue
        return "judged"

    at_once(2, act)

    assert worked(asked).state == "done"
    assert not Payload.objects.exists()
    assert not Draft.objects.exists()
    assert set(Judgement.objects.values_list("comment", "output")) <= {("", None)}


def test_a_hold_waits_for_the_batch_that_is_under_way_and_stops_the_next(committed_place: Place) -> None:
    place = committed_place
    for _ in range(4):
        place.post()
    asked = Erasure.objects.get(pk=place.ask().json()["id"]).pk
    running.begin(asked, now=timezone.now())
    placed = threading.Event()

    def place_hold() -> None:
        try:
            officer = factories.fresh(place.officer)
            holds.place(
                about=About(system=place.posting.system.slug), reason="r", actor=officer, now=timezone.now()
            )
            placed.set()
        finally:
            connection.close()

    thread = threading.Thread(target=place_hold)
    with transaction.atomic():
        assert running.step(asked, now=timezone.now()) == 2
        thread.start()
        assert not placed.wait(0.5)
    thread.join(10)

    assert placed.is_set()
    assert running.step(asked, now=timezone.now()) == 0
    assert running.finish(asked, now=timezone.now()).state == "held"
    assert Payload.objects.count() == 2
