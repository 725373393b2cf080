"""reviews.routing.urgency: how urgent an item is, and where it stands in the queue."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.routing.engine import Facts, compile_policy, route
from reviews.routing.urgency import LONGEST_PATIENCE, patience, priority_of, priority_parts, sort_at

AT = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (priority_parts(["RANDOM_QA"], blocks=False), {}),
        (priority_parts(["RANDOM_QA"], blocks=True), {"waits": 10}),
        (priority_parts(["LOW_CONFIDENCE"], uncertainty=0.5), {"uncertainty": 15, "waits": 10}),
        (priority_parts(["SUSPENDED"]), {"failsafe": 40, "waits": 10}),
        (priority_parts(["FAILSAFE_INPUT", "SUSPENDED"]), {"failsafe": 40, "waits": 10}),
        (priority_parts(["FLAGGED"], blocks=False), {"dispute": 30}),
        (priority_parts(["RULE:large"], grave_class=True), {"class": 20, "waits": 10}),
    ],
)
def test_shows_the_parts(parts: dict[str, int], expected: dict[str, int]) -> None:
    assert parts == expected


def test_never_exceeds_a_hundred() -> None:
    parts = priority_parts(["FAILSAFE_CONFIDENCE", "FLAGGED"], uncertainty=1.0, grave_class=True)

    assert sum(parts.values()) > 100
    assert priority_of(parts) == 100


def test_grows_with_the_distance_below_the_threshold_and_with_the_class() -> None:
    policy = compile_policy(
        {"queue": "q", "threshold": 0.8, "class_thresholds": {"fraud": 0.9}},
        number=1,
        salt=b"s",
        model="m",
        classes=None,
    )

    def priority(confidence: object, name: str = "ok") -> int:
        facts = Facts("x", confidence, classes=(name,), output_valid=True, input_valid=True)
        facts.known_version = facts.known_environment = True
        return route(policy, facts).priority

    assert [priority(0.79), priority(0.4), priority(0.0), priority(None)] == [10, 25, 40, 80]
    assert priority(0.79, "fraud") == 34  # 4 of 30 for 0.11 below 0.9, 20 for the class, 10 for waiting


def test_orders_by_arrival_and_priority_alone() -> None:
    urgent_later = sort_at(routed_at=AT + LONGEST_PATIENCE / 2, priority=100, due_at=AT + DAY)
    patient_earlier = sort_at(routed_at=AT, priority=0, due_at=AT + DAY)
    patient_much_earlier = sort_at(routed_at=AT - LONGEST_PATIENCE, priority=0, due_at=AT + DAY)

    assert patient_much_earlier < urgent_later < patient_earlier


@given(st.integers(0, 100), st.integers(0, 10_000))
def test_never_sorts_an_item_after_its_deadline_or_before_it_came(priority: int, minutes: int) -> None:
    due_at = AT + dt.timedelta(minutes=minutes)

    assert AT <= sort_at(routed_at=AT, priority=priority, due_at=due_at) <= due_at


def test_has_less_patience_with_each_step_of_priority() -> None:
    steps = [patience(priority) for priority in range(101)]

    assert steps == sorted(steps, reverse=True)
    assert (steps[0], steps[100]) == (LONGEST_PATIENCE, dt.timedelta(0))


@pytest.mark.parametrize("priority", [-1, 101])
def test_refuses_a_priority_outside_its_range(priority: int) -> None:
    with pytest.raises(ValueError, match=str(priority)):
        patience(priority)
