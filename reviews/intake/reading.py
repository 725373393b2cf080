"""Hostile bytes to Python values, and back to text: pure, exact, and fast where the bytes are ordinary.

A body is read by orjson; a few checks on the bytes tell whether orjson could have hidden something (a
repeated name, U+0000, nesting, an integer beyond 64 bits). Only then, or when orjson refuses, the standard
library reads it once more, with a hook for each hazard. Both ways give the same value for the same bytes;
a test compares them. Measured by `bench/reading.py`.

What JSON has no word for but clients send all the same (NaN, Infinity, 1e999, integers beyond a double)
is kept: such a prediction is for a person to look at, not for a parser to lose.
"""

import json
import re
from collections.abc import Iterable
from math import inf, isfinite
from typing import NamedTuple

import orjson

from reviews.intake.content import content_digest, fits_double, stored_text
from reviews.intake.errors import MalformedJson
from reviews.intake.posted import Posted, read_prediction

__all__ = [
    "MalformedJson",
    "Posted",
    "Reading",
    "content_digest",
    "fits_double",
    "read",
    "read_json",
    "read_prediction",
    "stored_text",
]

DEEPEST = 64
"""Levels of objects and arrays; the body itself is the first."""

LONGEST_INTEGER = 4_300
"""Digits, Python's own limit: conversion is quadratic. A longer integer is kept as an infinity of its sign,
which is what a double makes of it; it goes to a person like every number beyond a double."""

_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_DIGITS_OF_64_BITS = b"0" * 19
_LONG_INTEGER = re.compile(rb"(?:^|[\[:,\s])-?[0-9]{19}")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""Possessive, and content with an end that never comes: hostile bytes cannot make it start over."""
_NOT_A_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = b"[{"


class Reading(NamedTuple):
    """A body as read. `ordinary`: no NaN, no infinity, no integer beyond 64 bits is anywhere in it."""

    value: object
    ordinary: bool


def read_json(raw: bytes) -> object:
    """The value that `raw` spells.

    NaN, Infinity, -Infinity and decimals beyond a double come back as floats, integers of any size as they
    are.

    Raises:
        MalformedJson: not UTF-8, not JSON, a byte order mark, a name twice in one object, U+0000 or a lone
            surrogate (raw or escaped), more than 64 levels.
    """
    return read(raw).value


def read(raw: bytes) -> Reading:
    """As `read_json`, and whether all numbers are ordinary, so that nobody has to search for one that is
    not."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _read_carefully(raw)
    if _hides_something(raw, value):
        return _read_carefully(raw)
    return Reading(value, True)


def _hides_something(raw: bytes, value: object) -> bool:
    """Whether orjson may have read `raw` otherwise than the contract wants. May err to yes, never to no.

    A name that stands twice is found by counting colons: outside strings there is one for each member, inside
    strings they survive a round trip (unless spelled as an escape, which is looked for), so each dropped
    member leaves one colon too few.
    """
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _is_too_deep(value):
        return True
    if b"\\" in raw and (b"\\u0000" in raw or b"\\u003" in raw):
        return True
    if raw.count(b":") != orjson.dumps(value).count(b":"):
        return True
    return _DIGITS_OF_64_BITS in raw.translate(_DIGITS_AS_ZERO) and bool(_LONG_INTEGER.search(raw))


def _is_too_deep(value: object) -> bool:
    """Level by level, because recursion is what a deep value attacks."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return any(type(each) is dict or type(each) is list for each in level)


def _inside(value: object) -> Iterable[object]:
    if type(value) is dict:
        return value.values()
    return value if type(value) is list else ()


def _read_carefully(raw: bytes) -> Reading:
    """The bounded pass of the standard library, for everything orjson cannot say or will not tell."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8: byte {error.start} does not fit.") from error
    _refuse_depth(raw)
    extraordinary: list[float] = []
    decoder = json.JSONDecoder(
        object_pairs_hook=_object,
        parse_constant=lambda word: _noted(float(word), extraordinary),
        parse_float=lambda digits: _noted(float(digits), extraordinary),
        parse_int=lambda digits: _integer(digits, extraordinary),
    )
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"The body is not JSON: {error}.") from error
    if "\\u" in text:
        _refuse_characters(value)
    return Reading(value, ordinary=not extraordinary)


def _refuse_depth(raw: bytes) -> None:
    """Count levels before anything recurses. In text that is not JSON the count means nothing, and harms
    nothing."""
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST:
        return
    depth = 0
    for bracket in _STRING.sub(b"", raw).translate(None, _NOT_A_BRACKET):
        depth += 1 if bracket in _OPENING else -1
        if depth > DEEPEST:
            raise MalformedJson(f"The body has more than {DEEPEST} levels.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise MalformedJson(f"The name {_shortly(name)} stands twice in one object.")
            seen.add(name)
    return members


def _integer(digits: str, extraordinary: list[float]) -> int | float:
    if len(digits) > LONGEST_INTEGER:
        return _noted(-inf if digits[0] == "-" else inf, extraordinary)
    number = int(digits)
    if not -(2**63) <= number < 2**64:
        extraordinary.append(inf)
    return number


def _noted(number: float, extraordinary: list[float]) -> float:
    if not isfinite(number):
        extraordinary.append(number)
    return number


def _refuse_characters(value: object) -> None:
    """U+0000 and lone surrogates, in names and in values. Only an escape can have brought them this far."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if type(each) is str:
            _refuse_characters_in(each)
        elif type(each) is dict:
            waiting.extend(each)
            waiting.extend(each.values())
        elif type(each) is list:
            waiting.extend(each)


def _refuse_characters_in(text: str) -> None:
    if "\x00" in text:
        raise MalformedJson("The body has the character U+0000, which cannot be stored.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise MalformedJson("The body has half a surrogate pair, which is no character.") from error


def _shortly(name: str) -> str:
    return json.dumps(name if len(name) <= 40 else name[:40] + "…")
