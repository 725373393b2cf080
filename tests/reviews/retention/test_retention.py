"""Retention: content goes by itself after its time, never before six months, never under a hold."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from reviews.erasure.models import Erasure
from reviews.intake.models import Payload, Prediction
from reviews.retention import services
from tests.reviews.erasure.erasing import Place, as_client, worked


def set_days(place: Place, days: Any) -> Any:
    where = f"/api/v1/systems/{place.posting.system.slug}/retention"
    return as_client(place.officer).put(where, {"days": days}, format="json")


def age(prediction_id: str, days: int) -> None:
    """Let a prediction have been posted so many days ago."""
    found = Prediction.objects.get(pk=prediction_id)
    from audit.trail import services as trail
    from audit.trail.actors import OPERATOR

    found.routed_at = timezone.now() - dt.timedelta(days=days)
    trail.record(kind="test.aged", actor=OPERATOR, entity=found, details={}, now=timezone.now())


@pytest.mark.parametrize("days", [1, 30, 182])
def test_six_months_is_the_least(place: Place, days: int) -> None:
    answer = set_days(place, days)

    assert (answer.status_code, answer.json()["code"]) == (422, "BELOW_FLOOR")


def test_says_what_holds(place: Place) -> None:
    assert set_days(place, 200).json()["days"] == 200
    assert set_days(place, None).json()["days"] is None
    where = f"/api/v1/systems/{place.posting.system.slug}/retention"
    assert as_client(place.officer).get(where).json()["floor_days"] == 183


def test_erases_what_is_past_its_time_and_nothing_else(place: Place) -> None:
    old, young, waits = place.post(), place.post(None), place.uncertain()
    age(old["id"], 201)
    age(young["id"], 199)
    age(waits["id"], 300)
    set_days(place, 200)

    assert services.let_go(now=timezone.now()) == 1
    erasure = worked(Erasure.objects.get().pk)

    assert (erasure.state, erasure.ground, erasure.done) == ("done", "retention", 1)
    assert {str(each.pk) for each in Payload.objects.all()} == {young["id"], waits["id"]}
    assert place.posting.get(f"/predictions/{old['id']}").json()["erased"]["erasure"] == str(erasure.pk)
    assert services.let_go(now=timezone.now()) == 0


def test_without_a_rule_everything_is_kept(place: Place) -> None:
    age(place.post()["id"], 4_000)

    assert services.let_go(now=timezone.now()) == 0


def test_passes_over_what_a_hold_keeps(place: Place) -> None:
    age(place.post()["id"], 300)
    set_days(place, 200)
    body = {"model": place.posting.model.slug, "reason": "Court."}
    as_client(place.officer).post("/api/v1/legal-holds", body, format="json")

    assert services.let_go(now=timezone.now()) == 0
    assert Payload.objects.count() == 1
