"""reviews.intake.reading: hostile bytes to values, exactly."""

import json
import math
import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.intake import reading
from reviews.intake.reading import MalformedJson, read, read_json, stored_text

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="not closed"),
        pytest.param(b"{'a': 1}", id="wrong quotes"),
        pytest.param(b"[1,]", id="trailing comma"),
        pytest.param(b"[01]", id="leading zero"),
        pytest.param(b"[1] [2]", id="two values"),
        pytest.param(b"nan", id="not a literal"),
        pytest.param(b"[+Infinity]", id="plus"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param(b'"\xff"', id="not UTF-8"),
        pytest.param(b'"\xed\xa0\x80"', id="surrogate in UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"a": 1, "a": 1}', id="name twice"),
        pytest.param(b'{"a": 1, "b": {"c": [{"d": 1, "d": 2}]}}', id="name twice, deep inside"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', id="name twice, once escaped"),
        pytest.param(b'{"a": "\\u003a", "b": 1, "b": 2}', id="name twice, hidden behind an escaped colon"),
        pytest.param(b'{"a": "\\u003A\\u003A", "b": ":", "b": 2}', id="the same in capitals"),
        pytest.param(b'{"a"\n: NaN, "a"\t: 1}', id="name twice, with a NaN"),
        pytest.param(b'{"": 1, "": 2}', id="empty name twice"),
        pytest.param(b'"a\\u0000b"', id="U+0000 escaped"),
        pytest.param(b'{"\\u0000": 1}', id="U+0000 in a name"),
        pytest.param(b'{"a": {"b\\u0000": NaN}}', id="U+0000 in a name, with a NaN"),
        pytest.param(b'"a\x00b"', id="U+0000 raw"),
        pytest.param(b"\x00{}", id="U+0000 outside"),
        pytest.param(b'"\\ud800"', id="lone high surrogate"),
        pytest.param(b'"\\udc00"', id="lone low surrogate"),
        pytest.param(b'{"\\ud800": 1}', id="lone surrogate in a name"),
        pytest.param(b'[NaN, {"a": "\\udfff\\ud800"}]', id="surrogates the wrong way round, with a NaN"),
        pytest.param(nested(65), id="65 levels"),
        pytest.param(nested(300), id="300 levels"),
        pytest.param(nested(1_025), id="1,025 levels"),
        pytest.param(nested(500_000), id="500,000 levels"),
        pytest.param(b"[" * 1_000_000, id="a million openings"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="100,000 objects"),
        pytest.param(b'[["]",' * 65 + b"1" + b"]]" * 65, id="levels with brackets in strings"),
        pytest.param(b'[NaN,"]",' * 65 + b"1" + b"]" * 65, id="levels with brackets in strings and a NaN"),
        pytest.param(b'"\n"', id="raw line feed in a string"),
    ],
)
def test_refuses(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        read_json(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, 2.5, "x", true, null]}', {"a": [1, 2.5, "x", True, None]}),
        (b' \n{"a": 1}\r\n ', {"a": 1}),
        (b'{"a": 1, "b": {"a": 1}}', {"a": 1, "b": {"a": 1}}),
        (b'{"a:b": ":", "c": "\\u003a"}', {"a:b": ":", "c": ":"}),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'[NaN, "\\ud83d\\ude00"]'.replace(b"NaN", b"1e999"), [math.inf, "\U0001f600"]),
        (b"[1e999, -1e999]", [math.inf, -math.inf]),
        (b"[Infinity, -Infinity]", [math.inf, -math.inf]),
        (b"18446744073709551616", 2**64),
        (b"[-9223372036854775809]", [-(2**63) - 1]),
        (b'{"n":123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
        (b"1234567890123456789", 1234567890123456789),
        (b"0.00012345678901234567", 0.00012345678901234567),
        (b"12345678901234567890.5", 12345678901234567890.5),
        (b'"12345678901234567890123"', "12345678901234567890123"),
        (b"9" * 4_300, int("9" * 4_300)),
        (b"9" * 4_301, math.inf),
        (b"-" + b"9" * 100_000, -math.inf),
        (b"[" + b"{}," * 100 + b"[[]]]", [{}] * 100 + [[[]]]),
        (b'"' + b"[" * 1_000 + b'"', "[" * 1_000),
        (b'[NaN, "' + b"[" * 1_000 + b'"]', [pytest.approx(math.nan, nan_ok=True), "[" * 1_000]),
        (b'"[\\"' + b"[{" * 1_000 + b'"', '["' + "[{" * 1_000),
    ],
)
def test_keeps(raw: bytes, value: object) -> None:
    assert read_json(raw) == value


def test_keeps_nan() -> None:
    value = read_json(b'{"a": NaN}')

    assert isinstance(value, dict)
    assert math.isnan(value["a"])


def test_keeps_64_levels() -> None:
    assert read_json(nested(64)) is not None
    assert read_json(b"[" * 64 + b"1" + b"]" * 64) is not None
    assert read_json(b"[[]," + b"[" * 63 + b"1" + b"]" * 64) is not None
    assert read_json(b'{"a":' * 63 + b"[NaN]" + b"}" * 63) is not None


@pytest.mark.parametrize(
    ("raw", "ordinary"),
    [
        (b'{"a": 0.5, "b": 12}', True),
        (b'{"a": "12345678901234567890"}', True),
        (b"18446744073709551615", True),
        (b"18446744073709551616", False),
        (b"[NaN]", False),
        (b"[1e400]", False),
        (b"9" * 5_000, False),
    ],
)
def test_says_whether_all_numbers_are_ordinary(raw: bytes, *, ordinary: bool) -> None:
    assert read(raw).ordinary is ordinary


def test_ends_soon_on_a_string_of_escapes_without_end() -> None:
    # A pattern that can start over at every quote would need hours for this.
    with pytest.raises(MalformedJson):
        read_json(b"[" * 65 + b'"' + b'\\"' * 500_000)


def test_says_which_name_stands_twice() -> None:
    with pytest.raises(MalformedJson, match='"amount" stands twice'):
        read_json(b'{"input": {"amount": 1, "amount": 2}}')


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_reads_what_any_writer_writes(value: object, ascii_only: bool, indent: int | None) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()

    assert same(read_json(raw), value)


@given(VALUES)
def test_reads_the_same_quickly_and_carefully(value: object) -> None:
    raw = json.dumps(value).encode()

    assert same(reading._read_carefully(raw).value, read_json(raw))
    assert reading._read_carefully(raw).ordinary == read(raw).ordinary


@given(st.lists(st.tuples(TEXT, st.integers() | TEXT), max_size=6), st.booleans())
def test_finds_every_name_that_stands_twice(members: list[tuple[str, object]], ascii_only: bool) -> None:
    body = ",".join(
        f"{json.dumps(name, ensure_ascii=ascii_only)}:{json.dumps(value)}" for name, value in members
    )
    raw = ("[{" + body + "}]").encode()

    if len({name for name, _ in members}) == len(members):
        assert read_json(raw) == [dict(members)]
    else:
        with pytest.raises(MalformedJson, match="twice"):
            read_json(raw)


@given(st.binary(max_size=40) | st.text('{}[]",:\\u0e1N aI-', max_size=30).map(str.encode))
def test_answers_every_bytes_with_a_value_or_a_refusal(raw: bytes) -> None:
    try:
        value = read_json(raw)
    except MalformedJson:
        return
    assert same(json.loads(raw), value)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b'{"b": 1, "a": [1.5, null, "\\u00e4"]}', '{"b":1,"a":[1.5,null,"ä"]}'),
        (b"[NaN, Infinity, -Infinity, null]", '["NaN","Infinity","-Infinity",null]'),
        (b"[1e999, 12345678901234567890123]", '["Infinity",12345678901234567890123]'),
    ],
)
def test_stores_a_text_that_every_reader_takes(raw: bytes, text: str) -> None:
    assert stored_text(read_json(raw)) == text


@given(VALUES)
def test_stores_everything_that_was_read(value: object) -> None:
    text = stored_text(value)

    assert "NaN" not in re.sub(r'"[^"]*"', "", text)
    assert same(json.loads(text, parse_constant=pytest.fail), spelled(value))
    orjson.loads(text)


def spelled(value: object) -> object:
    """What `stored_text` promises, said another way."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, dict):
        return {name: spelled(member) for name, member in value.items()}
    if isinstance(value, list):
        return [spelled(item) for item in value]
    return value


def same(one: object, other: object) -> bool:
    """Equal in type and value, with NaN equal to itself."""
    return repr(one).replace("-0.0", "0.0") == repr(other).replace("-0.0", "0.0")
