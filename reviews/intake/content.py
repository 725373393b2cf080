"""What was posted, as text to keep and as a digest to compare: pure.

Two posts have the same content when a person reading both would say so: the order of names and the spelling
of numbers (1, 1.0, 1e0) do not count, nor do `usage` and `correlation`, and a member that is absent equals
its default.
"""

import hashlib
import json
from collections.abc import Mapping
from math import isfinite, isnan
from typing import Final

import orjson

NOT_CONTENT: Final = ("usage", "correlation")
NULL_IS_ABSENT: Final = (
    "confidence",
    "scores",
    "explanation",
    "segment",
    "signals",
    "subject",
    "occurred_at",
)
"""Members for which null says no more than absence. Not `output`: a schema may allow null, absence it may
not."""

_UNSUSPICIOUS = bytes(set(range(256)) - set(b'0123456789.e+-,]}"ul'))
"""All bytes except those that spell a number, end it, stand in `null`, or mark a string."""
_DIGITS_AS_ONE = bytes.maketrans(b"23456789", b"11111111")
_EXACT = 2.0**53
_SMALLEST, _LARGEST = 1e-4, 1e16
"""Between these every serialiser of shortest decimals writes a double in the same, positional way."""
_64_BITS = range(-(2**63), 2**64)


def stored_text(value: object) -> str:
    """JSON text of a value that was read: what is stored and handed back.

    NaN and the infinities become the strings "NaN", "Infinity" and "-Infinity"; integers stay exact.
    """
    try:
        body = orjson.dumps(value)
    except orjson.JSONEncodeError:  # an integer beyond 64 bits
        return json.dumps(without_nan(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if b"null" in body:  # orjson writes NaN as null
        body = orjson.dumps(without_nan(value))
    return body.decode()


def without_nan(value: object) -> object:
    """The value as it reads back from where it is stored."""
    if type(value) is float:
        return value if isfinite(value) else word_of(value)
    if type(value) is dict:
        return {name: without_nan(member) for name, member in value.items()}
    if type(value) is list:
        return [without_nan(item) for item in value]
    return value


def word_of(number: float) -> str:
    """How a number that JSON cannot spell reads back."""
    if isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def fits_double(value: object) -> bool:
    """Whether no number anywhere in `value` is NaN, infinite or an integer beyond a double.

    `Reading.ordinary` answers yes without looking, for most bodies.
    """
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if type(each) is dict:
            waiting.extend(each.values())
        elif type(each) is list:
            waiting.extend(each)
        elif not is_double(each) and type(each) in (int, float):
            return False
    return True


def is_double(value: object) -> bool:
    """Whether this is a number, no boolean, that a double can hold."""
    if type(value) is int:
        try:
            float(value)
        except OverflowError:
            return False
        return True
    return type(value) is float and isfinite(value)


def content_digest(prediction: Mapping[str, object]) -> bytes:
    """SHA-256 over what counts of a posted prediction, to tell a repetition from a conflict.

    Integers and decimals are compared by value as far as a double is exact; two integers beyond that are
    equal only digit for digit. NaN equals NaN, and is not the string "NaN".
    """
    content = dict(prediction)
    for name in NOT_CONTENT:
        content.pop(name, None)
    if content.get("training_use") is True:
        del content["training_use"]
    if content.get("environment") == "production":
        del content["environment"]
    body = _dumped(content)
    if body is None:
        for name in NULL_IS_ABSENT:
            if content.get(name, name) is None:
                del content[name]
        body = orjson.dumps(_comparable(content), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).digest()


def content_bytes(value: object) -> bytes:
    """Bytes that are equal for values of equal content, as `content_digest` understands it."""
    return _dumped(value) or orjson.dumps(_comparable(value), option=orjson.OPT_SORT_KEYS)


def _dumped(value: object) -> bytes | None:
    """`value` serialised, where that provably equals the serialised `_comparable(value)`; else None.

    Looked for: integers written as decimals, numbers with exponents (serialisers differ), null (perhaps a
    NaN). Finding one inside a string costs time, nothing else. The digest must survive a new version of
    orjson.
    """
    try:
        body = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None
    traces = body.translate(_DIGITS_AS_ONE, _UNSUSPICIOUS)
    if b"ull" in traces or b"1e" in traces:
        return None
    if b".0" in traces and (
        b".0," in traces
        or b".0}" in traces
        or b".0]" in traces
        or b"0.0000" in traces
        or traces.endswith(b".0")
    ):
        return None
    return body


def _comparable(value: object) -> object:
    """`value` with one spelling for each number.

    What does not fit into 64 bits, and decimals that serialisers write differently, become strings that
    start with U+0000, which no posted string contains.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is float:
        return _comparable_float(value)  # type: ignore[arg-type]  # `kind` says so
    if kind is int:
        return value if value in _64_BITS else _comparable_large(value)  # type: ignore[arg-type]  # as above
    if kind is dict:
        return {
            name: member if type(member) is str else _comparable(member)
            for name, member in value.items()  # type: ignore[attr-defined]  # as above
        }
    if kind is list:
        # Long lists of decimals (pixels, embeddings) are worth a short cut for whole ones.
        return [
            int(item)
            if type(item) is float and -_EXACT < item < _EXACT and item.is_integer()
            else _comparable(item)
            for item in value  # type: ignore[attr-defined]  # as above
        ]
    raise TypeError(f"{kind.__name__} was not read from JSON.")


def _comparable_float(number: float) -> object:
    if number.is_integer():
        if -_EXACT < number < _EXACT:
            return int(number)
        whole = int(number)
        return whole if whole in _64_BITS else f"\0{number!r}"
    if _SMALLEST <= number < _LARGEST or _SMALLEST <= -number < _LARGEST:
        return number
    return f"\0{number!r}"  # also NaN and the infinities


def _comparable_large(number: int) -> str:
    try:
        as_double = float(number)
    except OverflowError:
        return f"\0{number}"
    return f"\0{as_double!r}" if int(as_double) == number else f"\0{number}"
