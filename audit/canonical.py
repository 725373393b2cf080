"""The one way to write a value as bytes that are hashed: RFC 8785 style, pure.

Sorted members (by UTF-16 code units, as RFC 8785 says), no white space, shortest escapes. Where RFC 8785
would write a number that readers disagree about, a string stands instead: non-integers as their shortest
decimal, integers beyond 2**53 - 1 as their digits. Times are UTC with microseconds. Stored bytes are what
counts; nobody serialises a second time to verify, so this form may grow new types but never change old ones.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from math import isfinite
from uuid import UUID

import orjson

LARGEST_EVENT = 65_535
"""Bytes; a leaf of the log cannot be larger."""

LARGEST_SAFE_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 7493, 2.2)."""

SALT_LENGTH = 32

_COMMITMENT = b"\x02"  # 0x00 and 0x01 separate leaves and nodes in the tree (RFC 9162, 2.1.1)
_BELOW_FOUR_BYTE_CHARACTERS = bytes(range(0xF0))


class EventTooLarge(ValueError):
    """The event would not fit into a leaf of the log. A bug: large values belong beside the log."""


def canonical_bytes(value: object) -> bytes:
    """The canonical form of a JSON-like value, as UTF-8.

    Takes None, bool, int, float, str, UUID, aware datetime, date, Enum members, mappings with str keys,
    lists and tuples.

    Raises:
        ValueError: NaN, an infinity, a naive datetime, a lone surrogate, or nesting beyond 250 levels.
        TypeError: a type, or a key, that has no canonical form.
    """
    return _dump(_walk(value))


def event_bytes(
    *,
    kind: str,
    actor: str,
    entity_type: str,
    entity_id: UUID,
    entity_version: int,
    at: dt.datetime,
    details: Mapping[str, object],
    system: UUID | None,
) -> bytes:
    """The bytes of an audit event: what the log holds, for ever.

    On the bulk path once per prediction; `bench/cores.py` measures it.

    Raises:
        EventTooLarge: more than 65,535 bytes.
        ValueError, TypeError: as `canonical_bytes`.
    """
    # The frame is taken as it is: its types are known, only the details have to be walked.
    body = _dump(
        {
            "actor": actor,
            "at": utc_text(at),
            "details": _walk(details),
            "entity_id": entity_id,
            "entity_type": entity_type,
            "entity_version": entity_version,
            "kind": kind,
            "system": system,
        }
    )
    if len(body) > LARGEST_EVENT:
        raise EventTooLarge(f"An event of {len(body)} bytes does not fit into {LARGEST_EVENT}.")
    return body


def commitment(value: bytes, salt: bytes) -> bytes:
    """SHA-256(0x02 || salt || length || value): says nothing about `value` without the salt.

    `salt` is 32 random bytes, fresh for each value; `length` is 8 bytes, big-endian.
    """
    if len(salt) != SALT_LENGTH:
        raise ValueError(f"A salt has {SALT_LENGTH} bytes, not {len(salt)}.")
    return hashlib.sha256(_COMMITMENT + salt + len(value).to_bytes(8, "big") + value).digest()


@lru_cache(maxsize=64)
def utc_text(moment: dt.datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`. Cached: all events of a batch have one time.

    Equal moments in different zones share an entry, and have the same text.
    """
    if moment.utcoffset() is None:
        raise ValueError("A time without a zone has no canonical form.")
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _dump(plain: object) -> bytes:
    """Serialise what `_plain` made.

    orjson sorts by UTF-8 bytes. That is the order of UTF-16 code units too, unless a character beyond the
    basic plane is present (UTF-8 lead byte 0xF0 and above), so only then the members are sorted here.
    Its escapes are those of RFC 8785 (a test compares every character).
    """
    try:
        body = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
        if not body.isascii() and body.translate(None, _BELOW_FOUR_BYTE_CHARACTERS):
            body = orjson.dumps(_by_utf16(plain))
    except orjson.JSONEncodeError as error:
        raise ValueError(f"No canonical form: {error}.") from error
    return body


def _walk(value: object) -> object:
    try:
        return _plain(value)
    except RecursionError as error:
        raise ValueError("The value is nested too deeply.") from error


def _plain(value: object) -> object:
    """`value` as str, small int, bool, None, dict and list alone. Exact types first: this is a hot path."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is UUID:
        return value  # orjson writes it as str(value)
    if kind is int:
        return _integer(value)  # type: ignore[arg-type]  # `kind` says so, mypy cannot follow
    if kind is dict:
        return {
            name if type(name) is str else _key(name): (member if type(member) is str else _plain(member))
            for name, member in value.items()  # type: ignore[attr-defined]  # as above
        }
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]  # type: ignore[attr-defined]  # as above
    return _seldom(value)


def _seldom(value: object) -> object:
    """The types that are rare on the hot path, and subclasses of the others."""
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, dt.datetime):
        return utc_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return str.__str__(value)  # a TextChoices member is a str
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return _plain(dict(value))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def _integer(value: int) -> int | str:
    return value if -LARGEST_SAFE_INTEGER <= value <= LARGEST_SAFE_INTEGER else str(value)


def _decimal(value: float) -> int | str:
    if not isfinite(value):
        raise ValueError("NaN and infinities have no canonical form.")
    if value.is_integer() and abs(value) <= LARGEST_SAFE_INTEGER:
        return int(value)
    return float.__repr__(value)  # the shortest decimal that reads back as the same double


def _key(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"The key {name!r} is not a string.")
    return str.__str__(name)


def _by_utf16(plain: object) -> object:
    """The same value with its members in the order of RFC 8785, 3.2.3."""
    if isinstance(plain, dict):
        return {name: _by_utf16(plain[name]) for name in sorted(plain, key=_utf16)}
    if isinstance(plain, list):
        return [_by_utf16(item) for item in plain]
    return plain


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
