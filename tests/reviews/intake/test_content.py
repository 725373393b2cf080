"""reviews.intake.content: which posts have the same content."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.intake.content import content_bytes, content_digest
from reviews.intake.reading import read_json

BASE: dict[str, object] = {
    "model": "fraud-screen",
    "version": "3.2.0",
    "external_id": "txn-8812",
    "input": {"amount": 1200.5, "count": 3, "list": [1, 2.5]},
    "output": {"label": "fraud"},
    "confidence": 0.61,
}


def digest(raw: str) -> bytes:
    value = read_json(raw.encode())
    assert isinstance(value, dict)
    return content_digest(value)


def with_input(number: str) -> bytes:
    return digest('{"model": "m", "version": "1", "external_id": "x", "input": {"a": [' + number + "]}}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "1e0"),
        ("100", "1E+2"),
        ("-1", "-1.000"),
        ("0", "-0.0"),
        ("0", "-0"),
        ("0.1", "1e-1"),
        ("0.00001", "1e-5"),
        ("0.000012", "12e-6"),
        ("10000000000000000", "1e16"),
        ("9007199254740992", "9007199254740992.0"),
        ("18446744073709551616", "18446744073709551616.0"),
        ("1" + "0" * 22, "1e22"),
        ("1e300", "1.0e+300"),
        ("NaN", "NaN"),
        ("1e999", "Infinity"),
        ('"\\u00e4"', '"ä"'),
    ],
)
def test_takes_another_spelling_as_the_same(one: str, other: str) -> None:
    assert with_input(one) == with_input(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "2"),
        ("1", "1.0000000000000002"),
        ("1", '"1"'),
        ("1", "true"),
        ("0", "false"),
        ("0", "null"),
        ("NaN", "null"),
        ("NaN", '"NaN"'),
        ("Infinity", "-Infinity"),
        ("Infinity", '"Infinity"'),
        ("1e400", "1" + "0" * 400),
        ("18446744073709551616", "18446744073709551617"),
        ("9007199254740992", "9007199254740993"),
        ('"1.0,"', '"1,"'),
        ('"a\\",1.0,"', '"a\\",1,"'),
        ("1, 2", "2, 1"),
        ("1", "1, null"),
    ],
)
def test_takes_another_value_as_different(one: str, other: str) -> None:
    assert with_input(one) != with_input(other)


@pytest.mark.parametrize(
    "addition",
    [
        {"usage": {"latency_ms": 41}},
        {"correlation": {"attempt": 2}},
        {"training_use": True},
        {"environment": "production"},
        {"scores": None},
        {"explanation": None},
        {"segment": None},
        {"signals": None},
        {"subject": None},
        {"occurred_at": None},
    ],
)
def test_takes_a_default_as_absent(addition: dict[str, object]) -> None:
    assert content_digest({**BASE, **addition}) == content_digest(BASE)


def test_takes_a_null_confidence_as_absent() -> None:
    without = {name: value for name, value in BASE.items() if name != "confidence"}

    assert content_digest({**BASE, "confidence": None}) == content_digest(without)


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": 0.62},
        {"confidence": math.nan},
        {"output": None},
        {"output": {"label": None}},
        {"training_use": False},
        {"training_use": 1},
        {"training_use": None},
        {"environment": "staging"},
        {"environment": None},
        {"subject": "customer-77"},
        {"version": "3.2.1"},
        {"scores": {}},
    ],
)
def test_takes_every_other_change_as_different(change: dict[str, object]) -> None:
    assert content_digest({**BASE, **change}) != content_digest(BASE)


def test_tells_an_absent_output_from_null() -> None:
    without = {name: value for name, value in BASE.items() if name != "output"}

    assert content_digest(without) != content_digest({**BASE, "output": None})


def test_leaves_what_was_posted_as_it_is() -> None:
    posted = {**BASE, "usage": {}, "training_use": True, "scores": None}
    before = json.dumps(posted)

    content_digest(posted)

    assert json.dumps(posted) == before


TEXT = st.text(st.sampled_from('ab.0,}]e-+1"nul\\é'), max_size=6)
NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.floats()
    | st.integers(-50, 50).map(float)
    | st.floats(1e-6, 1e-3)
    | st.sampled_from([2.0**53, 2.0**64, 1e16, 1e-4, 1e-5])
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


def respelled(value: object) -> object:
    """The same content: names in another order, whole decimals as integers and the other way round."""
    if isinstance(value, dict):
        return {name: respelled(value[name]) for name in reversed(value)}
    if isinstance(value, list):
        return [respelled(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if type(value) is int and abs(value) < 2**1000 and int(float(value)) == value:
        return float(value)
    return value


def meaning(value: object) -> object:
    """A value that compares equal exactly when the content is equal."""
    if isinstance(value, dict):
        return ("object", frozenset((name, meaning(member)) for name, member in value.items()))
    if isinstance(value, list):
        return ("array", tuple(meaning(item) for item in value))
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return (type(value) in (int, float), str(value) if isinstance(value, bool | str | None) else value)


@given(VALUES)
def test_does_not_depend_on_order_and_spelling(value: object) -> None:
    assert content_bytes(respelled(value)) == content_bytes(value)


@given(VALUES, VALUES)
def test_agrees_with_the_meaning(one: object, other: object) -> None:
    assert (content_bytes(one) == content_bytes(other)) == (meaning(one) == meaning(other))
