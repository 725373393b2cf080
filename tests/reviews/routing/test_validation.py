"""reviews.routing.validation.validate_policy: what a policy may say, and what this release cannot do yet."""

import math
from typing import Any

import pytest

from audit.refusals import BadInput, NotAvailableYet
from reviews.routing.engine import compile_policy
from reviews.routing.validation import validate_policy

LEAST: dict[str, Any] = {"queue": "fraud", "threshold": 0.85}
CLASSES = frozenset({"fraud", "ok", "a/b"})
QUEUES = frozenset({"fraud", "senior"})

FILLED = {
    "queue": "fraud",
    "threshold": 0.85,
    "class_thresholds": {},
    "always_review": [],
    "qa_rate": 0.0,
    "qa_blocks": False,
    "deadline_minutes": 240,
    "rules": [],
    "guardrails": [],
    "reviewers": 1,
    "mode": "assisted",
    "on_deadline": "escalate",
    "escalation_queue": None,
}


def validated(**body: Any) -> dict[str, object]:
    return validate_policy({**LEAST, **body}, classes=CLASSES, queues=QUEUES)


def faults(body: object, classes: frozenset[str] | None = CLASSES) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as caught:
        validate_policy(body, classes=classes, queues=QUEUES)
    assert all(error.detail for error in caught.value.errors)
    return [(error.pointer, error.code) for error in caught.value.errors]


def test_needs_a_queue_and_a_threshold_and_fills_in_the_rest() -> None:
    assert validated() == FILLED
    assert list(validated()) == list(FILLED)
    assert faults({}) == [("/queue", "REQUIRED"), ("/threshold", "REQUIRED")]


def test_takes_the_example_of_the_contract_apart_from_what_is_not_available_yet() -> None:
    body = {
        "queue": "fraud",
        "threshold": 0.85,
        "class_thresholds": {"fraud": 0.95},
        "always_review": ["ok", "ok"],
        "qa_rate": 0.02,
        "qa_blocks": True,
        "deadline_minutes": 60.0,
        "rules": [],
        "guardrails": [],
        "reviewers": 1.0,
        "mode": "assisted",
        "on_deadline": "escalate",
        "escalation_queue": "senior",
    }

    assert validated(**body) == {**body, "always_review": ["ok"], "deadline_minutes": 60, "reviewers": 1}


def test_takes_its_own_answer_back() -> None:
    assert validate_policy(validated(), classes=CLASSES, queues=QUEUES) == validated()


def test_gives_each_policy_defaults_of_its_own() -> None:
    first = validated()
    assert isinstance(first["always_review"], list)
    first["always_review"].append("ok")

    assert validated()["always_review"] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"rules": [{"name": "large"}]}, "/rules"),
        ({"guardrails": [{"name": "sum"}]}, "/guardrails"),
        ({"reviewers": 2}, "/reviewers"),
        ({"mode": "blind"}, "/mode"),
        ({"mode": "reveal_after_commit"}, "/mode"),
        ({"on_deadline": "return_undecided"}, "/on_deadline"),
        ({"on_deadline": "reject"}, "/on_deadline"),
    ],
)
def test_says_what_is_not_available_yet(change: dict[str, object], fault: str) -> None:
    with pytest.raises(NotAvailableYet) as caught:
        validated(**change)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [(fault, "NOT_AVAILABLE_YET")]


def test_calls_it_bad_input_when_something_else_is_wrong_too() -> None:
    with pytest.raises(BadInput) as caught:
        validated(mode="blind", threshold=2)
    assert type(caught.value) is BadInput
    assert [error.pointer for error in caught.value.errors] == ["/threshold", "/mode"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"queue": "elsewhere"}, ("/queue", "UNKNOWN_QUEUE")),
        ({"queue": None}, ("/queue", "UNKNOWN_QUEUE")),
        ({"queue": ["fraud"]}, ("/queue", "UNKNOWN_QUEUE")),
        ({"escalation_queue": "elsewhere"}, ("/escalation_queue", "UNKNOWN_QUEUE")),
        ({"threshold": 1.01}, ("/threshold", "OUT_OF_RANGE")),
        ({"threshold": -0.01}, ("/threshold", "OUT_OF_RANGE")),
        ({"threshold": 10**400}, ("/threshold", "OUT_OF_RANGE")),
        ({"threshold": math.nan}, ("/threshold", "NOT_A_NUMBER")),
        ({"threshold": "0.85"}, ("/threshold", "NOT_A_NUMBER")),
        ({"threshold": True}, ("/threshold", "NOT_A_NUMBER")),
        ({"threshold": None}, ("/threshold", "NOT_A_NUMBER")),
        ({"class_thresholds": {"nope": 0.5}}, ("/class_thresholds/nope", "UNKNOWN_CLASS")),
        ({"class_thresholds": {"a/b": 2}}, ("/class_thresholds/a~1b", "OUT_OF_RANGE")),
        ({"class_thresholds": [0.5]}, ("/class_thresholds", "NOT_AN_OBJECT")),
        ({"always_review": ["ok", "nope"]}, ("/always_review/1", "UNKNOWN_CLASS")),
        ({"always_review": "ok"}, ("/always_review", "NOT_A_LIST")),
        ({"always_review": [1]}, ("/always_review", "NOT_A_LIST")),
        ({"qa_rate": 1.5}, ("/qa_rate", "OUT_OF_RANGE")),
        ({"qa_rate": 1e-9}, ("/qa_rate", "OUT_OF_RANGE")),
        ({"qa_blocks": 1}, ("/qa_blocks", "NOT_A_BOOLEAN")),
        ({"qa_blocks": None}, ("/qa_blocks", "NOT_A_BOOLEAN")),
        ({"deadline_minutes": 0}, ("/deadline_minutes", "OUT_OF_RANGE")),
        ({"deadline_minutes": 10**9}, ("/deadline_minutes", "OUT_OF_RANGE")),
        ({"deadline_minutes": 1.5}, ("/deadline_minutes", "NOT_AN_INTEGER")),
        ({"deadline_minutes": True}, ("/deadline_minutes", "NOT_AN_INTEGER")),
        ({"rules": {}}, ("/rules", "NOT_A_LIST")),
        ({"guardrails": None}, ("/guardrails", "NOT_A_LIST")),
        ({"reviewers": 0}, ("/reviewers", "OUT_OF_RANGE")),
        ({"reviewers": "1"}, ("/reviewers", "NOT_AN_INTEGER")),
        ({"mode": "fast"}, ("/mode", "NOT_A_CHOICE")),
        ({"on_deadline": "approve"}, ("/on_deadline", "NOT_A_CHOICE")),
        ({"tresholds": {}}, ("/tresholds", "UNKNOWN_FIELD")),
        ({"number": 1}, ("/number", "UNKNOWN_FIELD")),
    ],
)
def test_points_at_what_is_wrong(change: dict[str, object], fault: tuple[str, str]) -> None:
    assert faults({**LEAST, **change}) == [fault]


@pytest.mark.parametrize("body", [None, [], "x", 1])
def test_refuses_what_is_no_object(body: object) -> None:
    assert faults(body) == [("", "NOT_AN_OBJECT")]


def test_takes_any_class_where_the_schema_has_no_enum() -> None:
    body = {**LEAST, "class_thresholds": {"anything": 0.5}, "always_review": ["else"]}

    assert validate_policy(body, classes=None, queues=QUEUES)["always_review"] == ["else"]


def test_gives_what_compiles() -> None:
    compiled = compile_policy(
        validated(qa_rate=0.02), number=3, salt=b"salt", model="screen", classes=CLASSES
    )

    assert (compiled.queue, compiled.threshold, compiled.qa_rate) == ("fraud", 0.85, 0.02)
