"""reviews.intake.posted.read_prediction: what is refused, what is odd, what is fine."""

import datetime as dt
import math
from typing import Any

import pytest

from audit.refusals import BadInput
from reviews.intake.errors import UnknownField
from reviews.intake.posted import LONGEST_EXTERNAL_ID, pointer, read_prediction

LEAST: dict[str, Any] = {"model": "m", "version": "1", "external_id": "x", "input": {}}


def faults(body: object) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as caught:
        read_prediction(body)
    return [(error.pointer, error.code) for error in caught.value.errors]


def test_takes_the_least_with_the_defaults_of_the_contract() -> None:
    posted = read_prediction(LEAST)

    assert (posted.model, posted.version, posted.external_id, posted.input) == ("m", "1", "x", {})
    assert (posted.environment, posted.training_use, posted.has_output) == ("production", True, False)
    assert (posted.warnings, posted.odd) == ([], ())


def test_takes_every_member_of_the_contract_without_a_warning() -> None:
    body = {
        **LEAST,
        "output": {"label": "fraud"},
        "confidence": 0.61,
        "scores": {"fraud": 0.61, "ok": 1},
        "explanation": {"features": [{"name": "amount", "value": 1, "contribution": 0.31}]},
        "segment": {"country": "DE", "large": True, "size": 3, "none": None},
        "signals": {"grounding": 0.42, "injection": True},
        "subject": "customer-77",
        "training_use": False,
        "correlation": {"any": "thing"},
        "usage": {"latency_ms": 41, "cost": 0.0021, "tokens_in": None, "note": "more"},
        "environment": "staging",
        "occurred_at": "2026-11-20T10:00:00Z",
    }

    posted = read_prediction(body)

    assert (posted.warnings, posted.odd) == ([], ())
    assert posted.occurred_at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    for name in set(body) - {"occurred_at"}:
        assert getattr(posted, name) == body[name]


@pytest.mark.parametrize("name", ["model", "version", "external_id", "input"])
def test_refuses_without_a_required_member(name: str) -> None:
    assert faults({key: value for key, value in LEAST.items() if key != name}) == [(f"/{name}", "REQUIRED")]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"model": 7}, ("/model", "NOT_A_STRING")),
        ({"model": None}, ("/model", "NOT_A_STRING")),
        ({"version": 3.2}, ("/version", "NOT_A_STRING")),
        ({"external_id": 8812}, ("/external_id", "NOT_A_STRING")),
        ({"external_id": ""}, ("/external_id", "BAD_LENGTH")),
        ({"external_id": "x" * 201}, ("/external_id", "BAD_LENGTH")),
        ({"input": []}, ("/input", "NOT_AN_OBJECT")),
        ({"input": None}, ("/input", "NOT_AN_OBJECT")),
        ({"input": "text"}, ("/input", "NOT_AN_OBJECT")),
    ],
)
def test_refuses_a_required_member_of_the_wrong_type(
    change: dict[str, object], fault: tuple[str, str]
) -> None:
    assert faults({**LEAST, **change}) == [fault]


@pytest.mark.parametrize("body", [None, [], "text", 7, [LEAST]])
def test_refuses_what_is_no_object(body: object) -> None:
    assert faults(body) == [("", "NOT_AN_OBJECT")]


def test_refuses_unknown_members_and_says_all_that_is_wrong() -> None:
    body = {"model": "m", "version": 1, "input": {}, "confidance": 0.5, "a/b~c": 1}

    with pytest.raises(UnknownField):
        read_prediction(body)
    assert faults(body) == [
        ("/confidance", "UNKNOWN_FIELD"),
        ("/a~1b~0c", "UNKNOWN_FIELD"),
        ("/version", "NOT_A_STRING"),
        ("/external_id", "REQUIRED"),
    ]


def test_takes_the_longest_external_id() -> None:
    longest = "x" * LONGEST_EXTERNAL_ID

    assert read_prediction({**LEAST, "external_id": longest}).external_id == longest


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scores": [0.1, 0.9]}, "FAILSAFE_OUTPUT"),
        ({"scores": {"a": "0.9"}}, "FAILSAFE_OUTPUT"),
        ({"scores": {"a": math.nan}}, "FAILSAFE_OUTPUT"),
        ({"scores": {"a": True}}, "FAILSAFE_OUTPUT"),
        ({"output": {"label": math.nan}}, "FAILSAFE_OUTPUT"),
        ({"output": [[math.inf]]}, "FAILSAFE_OUTPUT"),
        ({"input": {"deep": [{"x": math.nan}]}}, "FAILSAFE_INPUT"),
        ({"input": {"x": math.inf}}, "FAILSAFE_INPUT"),
        ({"input": {"x": 10**400}}, "FAILSAFE_INPUT"),
        ({"segment": {"x": math.nan}}, "FAILSAFE_INPUT"),
        ({"segment": {"x": 10**400}}, "FAILSAFE_INPUT"),
        ({"segment": {"x": {}}}, "FAILSAFE_INPUT"),
        ({"segment": "DE"}, "FAILSAFE_INPUT"),
        ({"signals": {"x": "high"}}, "FAILSAFE_INPUT"),
        ({"signals": {"x": -math.inf}}, "FAILSAFE_INPUT"),
        ({"signals": [1]}, "FAILSAFE_INPUT"),
        ({"explanation": "because"}, "FAILSAFE_INPUT"),
        ({"subject": 77}, "FAILSAFE_INPUT"),
        ({"subject": ""}, "FAILSAFE_INPUT"),
        ({"usage": {"latency_ms": "41"}}, "FAILSAFE_INPUT"),
        ({"usage": 41}, "FAILSAFE_INPUT"),
        ({"training_use": "no"}, "FAILSAFE_INPUT"),
        ({"training_use": None}, "FAILSAFE_INPUT"),
        ({"occurred_at": "yesterday"}, "FAILSAFE_INPUT"),
        ({"environment": 3}, "FAILSAFE_ENVIRONMENT"),
        ({"environment": None}, "FAILSAFE_ENVIRONMENT"),
    ],
)
def test_keeps_what_is_odd_with_a_reason_and_a_warning(change: dict[str, object], reason: str) -> None:
    posted = read_prediction({**LEAST, **change})

    assert posted.odd == (reason,)
    assert len(posted.warnings) == 1
    assert next(iter(change)) in posted.warnings[0].lower()


@pytest.mark.parametrize("confidence", [None, "0.9", math.nan, True, 10**400, -1, {}])
def test_leaves_the_confidence_for_routing_to_judge(confidence: object) -> None:
    posted = read_prediction({**LEAST, "confidence": confidence})

    assert posted.confidence is confidence
    assert posted.odd == ()


def test_lists_reasons_in_one_order_whatever_the_order_of_members() -> None:
    odd = {"scores": 1, "environment": 2, "signals": 3}

    one = read_prediction({**LEAST, **odd})
    other = read_prediction({**dict(reversed(odd.items())), **LEAST})

    assert one.odd == other.odd == ("FAILSAFE_ENVIRONMENT", "FAILSAFE_INPUT", "FAILSAFE_OUTPUT")
    assert one.warnings == other.warnings


@pytest.mark.parametrize("given", ["no", 0, 1, None, "true", []])
def test_never_takes_an_odd_training_use_as_permission(given: object) -> None:
    assert read_prediction({**LEAST, "training_use": given}).training_use is False


@pytest.mark.parametrize(
    "name", ["scores", "explanation", "segment", "signals", "subject", "usage", "occurred_at"]
)
def test_takes_null_as_absent(name: str) -> None:
    posted = read_prediction({**LEAST, name: None})

    assert (posted.odd, posted.warnings, getattr(posted, name)) == ((), [], None)


def test_tells_an_absent_output_from_null() -> None:
    assert read_prediction({**LEAST, "output": None}).has_output is True
    assert read_prediction(LEAST).has_output is False


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2026-11-20T10:00:00Z", dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)),
        ("2026-11-20t10:00:00.5z", dt.datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=dt.UTC)),
        ("2026-11-20 12:00:00+02:00", dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)),
        ("2026-11-20T10:00:00.123456789Z", dt.datetime(2026, 11, 20, 10, 0, 0, 123_456, tzinfo=dt.UTC)),
        ("2026-11-20T10:00:00", None),
        ("2026-11-20", None),
        ("2026-13-20T10:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("20261120T100000Z", None),
        ("٢٠٢٦-11-20T10:00:00Z", None),
        (1_764_000_000, None),
        ({}, None),
    ],
)
def test_reads_times_as_in_rfc_3339(given: object, moment: dt.datetime | None) -> None:
    posted = read_prediction({**LEAST, "occurred_at": given})

    assert posted.occurred_at == moment
    assert bool(posted.odd) is (moment is None)


def test_trusts_the_reader_that_all_numbers_are_ordinary() -> None:
    assert read_prediction({**LEAST, "input": {"x": 1}}, ordinary=True).odd == ()


def test_points_to_members_as_rfc_6901_says() -> None:
    assert pointer("a/b", "c~d", "") == "/a~1b/c~0d/"
