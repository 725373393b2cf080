"""audit.canonical: the bytes that the log holds."""

import datetime as dt
import enum
import hashlib
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import (
    LARGEST_EVENT,
    EventTooLarge,
    canonical_bytes,
    commitment,
    event_bytes,
    utc_text,
)

ENTITY = UUID("0193a5b0-0000-7000-8000-000000000001")
SYSTEM = UUID("0193a5b0-0000-7000-8000-000000000002")
AT = dt.datetime(2026, 11, 20, 10, 0, 0, 5, tzinfo=dt.UTC)
BERLIN = dt.timezone(dt.timedelta(hours=1))


class Verdict(enum.StrEnum):
    ANSWER = "answer"


class Level(enum.IntEnum):
    HIGH = 3


class Plain(enum.Enum):
    SEVEN = 7


def event(details: dict[str, object], system: UUID | None = SYSTEM) -> bytes:
    return event_bytes(
        kind="reviews.item.decided",
        actor="person:0193",
        entity_type="review_item",
        entity_id=ENTITY,
        entity_version=2,
        at=AT,
        details=details,
        system=system,
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, b"{}"),
        ({"b": 1, "a": [True, False, None]}, b'{"a":[true,false,null],"b":1}'),
        ({"a": {"d": 1, "c": 2}}, b'{"a":{"c":2,"d":1}}'),
        ((1, "x"), b'[1,"x"]'),
        (2**53 - 1, b"9007199254740991"),
        (2**53, b'"9007199254740992"'),
        (-(2**53), b'"-9007199254740992"'),
        (10**30, b'"1000000000000000000000000000000"'),
        (0.61, b'"0.61"'),
        (0.1 + 0.2, b'"0.30000000000000004"'),
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e-7, b'"1e-07"'),
        (1e300, b'"1e+300"'),
        (ENTITY, b'"0193a5b0-0000-7000-8000-000000000001"'),
        (AT, b'"2026-11-20T10:00:00.000005Z"'),
        (dt.date(2026, 11, 20), b'"2026-11-20"'),
        (Verdict.ANSWER, b'"answer"'),
        (Level.HIGH, b"3"),
        (Plain.SEVEN, b"7"),
        ({Verdict.ANSWER: 1}, b'{"answer":1}'),
        ('"\\/\b\f\n\r\t\x00\x1f\x7f€', b'"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\xe2\x82\xac"'),
    ],
)
def test_writes_each_type_in_its_one_form(value: object, written: bytes) -> None:
    assert canonical_bytes(value) == written


def test_sorts_members_by_utf16_code_units_where_that_differs_from_code_points() -> None:
    # The example of RFC 8785, 3.2.3: the pair of surrogates sorts before U+FB33.
    value = {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "\r": 4, "1": 5, "\x80": 6, "\xf6": 7}

    written = canonical_bytes({"nested": [value]})

    names = list(json.loads(written)["nested"][0])
    assert names == ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]


def test_takes_a_time_of_another_zone_as_the_same_moment() -> None:
    assert utc_text(AT.astimezone(BERLIN)) == utc_text(AT) == "2026-11-20T10:00:00.000005Z"


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        {"deep": [float("-inf")]},
        "\ud800",
        {"\udfff": 1},
        dt.datetime(2026, 11, 20, 10, 0),  # noqa: DTZ001 - a naive time is the point
    ],
)
def test_refuses_what_has_no_one_meaning(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_bytes(value)


def test_refuses_nesting_without_end() -> None:
    loop: list[object] = []
    loop.append(loop)

    with pytest.raises(ValueError, match="nested"):
        canonical_bytes(loop)


@pytest.mark.parametrize("value", [{1: "a"}, {"a": {1, 2}}, b"bytes", object()])
def test_refuses_types_that_json_does_not_have(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_bytes(value)


def test_writes_an_event_with_sorted_members_and_no_spaces() -> None:
    assert event({"to": "decided", "changed": True, "propensity": 0.02}) == (
        b'{"actor":"person:0193","at":"2026-11-20T10:00:00.000005Z",'
        b'"details":{"changed":true,"propensity":"0.02","to":"decided"},'
        b'"entity_id":"0193a5b0-0000-7000-8000-000000000001","entity_type":"review_item",'
        b'"entity_version":2,"kind":"reviews.item.decided",'
        b'"system":"0193a5b0-0000-7000-8000-000000000002"}'
    )


def test_says_null_for_an_event_outside_any_system() -> None:
    assert event({}, system=None).endswith(b'"system":null}')


def test_refuses_an_event_that_does_not_fit_into_a_leaf() -> None:
    room = LARGEST_EVENT - len(event({"x": ""}))

    assert len(event({"x": "a" * room})) == LARGEST_EVENT
    with pytest.raises(EventTooLarge):
        event({"x": "a" * (room + 1)})


def test_commits_to_a_value_as_the_design_spells_it() -> None:
    salt = bytes(range(32))

    digest = commitment(b"customer-77", salt)

    assert digest == hashlib.sha256(b"\x02" + salt + b"\0\0\0\0\0\0\0\x0bcustomer-77").digest()


@pytest.mark.parametrize("salt", [b"", b"x" * 31, b"x" * 33])
def test_refuses_a_salt_of_the_wrong_length(salt: bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        commitment(b"value", salt)


# The plain way to do the same, as an oracle.

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def slowly(value: object) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{slowly(name)}:{slowly(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(slowly, value)) + "]"
    if isinstance(value, float):
        return slowly(int(value)) if value.is_integer() and abs(value) < 2**53 else f'"{value!r}"'
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return f'"{value}"'
    return json.dumps(value, ensure_ascii=False)


@given(VALUES)
def test_agrees_with_a_plain_serialiser(value: object) -> None:
    assert canonical_bytes(value) == slowly(value).encode()


def test_escapes_every_character_as_json_stringify_does() -> None:
    characters = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000]

    odd = [each for each in characters if canonical_bytes(each) != slowly(each).encode()]

    assert odd == []


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_gives_an_event_the_same_details_as_the_general_form(details: dict[str, object]) -> None:
    assert b'"details":' + canonical_bytes(details) + b',"entity_id":' in event(details)
