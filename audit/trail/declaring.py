"""What a row of the catalogue of events is made of: a kind, its members with their types, and controls. Pure.

Types are those of the JSON that `audit.canonical` writes: times, ids and non-integers are strings there.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

COMMITTED: Final = "commitment; what it commits to can be erased"
PSEUDONYMOUS: Final = "pseudonymous: stands for a person who has an account"
OF_A_SUBJECT: Final = "pseudonymous: leads to what is kept of a data subject, until that is erased"


@dataclass(frozen=True, slots=True)
class Type:
    """What a value may be. `care` is what somebody who protects personal data must know of it."""

    name: str
    fits: Callable[[Any], bool]
    care: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the details of an event. An optional one may be left out."""

    name: str
    type: Type
    meaning: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """What somebody is obliged to show: in plain words, and where it is demanded."""

    words: str
    citations: str


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of event. Its sentence goes on after the name of whoever did it; `about` is the entity's type.

    `shows` are the controls it is evidence of, beside `controls.TRAIL`, of which every event is.
    """

    kind: str
    sentence: str
    about: str
    members: tuple[Member, ...] = ()
    shows: tuple[Control, ...] = ()

    def member(self, name: str) -> Member | None:
        return next((each for each in self.members if each.name == name), None)

    def faults(self, entity_type: str, details: Mapping[str, Any]) -> Iterator[str]:
        """What of an event is not as declared here."""
        if entity_type != self.about:
            yield f"it is about a {self.about}, not a {entity_type}"
        for name, value in details.items():
            member = self.member(name)
            if member is None:
                yield f"the member {name!r} is not declared"
            elif not member.type.fits(value):
                yield f"{name} is no {member.type.name}: {value!r}"
        for member in self.members:
            if member.name not in details and not member.optional:
                yield f"the member {member.name!r} is missing"


@dataclass(frozen=True, slots=True)
class Area:
    """Kinds that belong together on pages."""

    title: str
    rows: tuple[Row, ...]


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_id(value: Any) -> bool:
    try:
        return bool(str(UUID(value)) == value)
    except (ValueError, TypeError, AttributeError):
        return False


def _is_time(value: Any) -> bool:
    try:
        return bool(_TIME.fullmatch(value) and dt.datetime.fromisoformat(value))
    except (ValueError, TypeError):
        return False


def _is_day(value: Any) -> bool:
    try:
        return bool(dt.date.fromisoformat(value).isoformat() == value)
    except (ValueError, TypeError):
        return False


def _is_hex(value: Any) -> bool:
    return isinstance(value, str) and bool(_HEX.fullmatch(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_reference(value: Any, heads: frozenset[str]) -> bool:
    head, _, tail = value.partition(":") if isinstance(value, str) else ("", "", "")
    return head in heads and _is_id(tail)


def _is_actor(value: Any) -> bool:
    return value in _OFFICES or _is_reference(value, frozenset({"person", "key"}))


_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_DECIMAL: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_OFFICES: Final = ("clock", "operator", "stranger")

TEXT: Final = Type("text", _is_text)
FLAG: Final = Type("true or false", lambda value: isinstance(value, bool))
NUMBER: Final = Type("integer", _is_int)
DECIMAL: Final = Type(
    "number (a non-integer as its decimal digits)",
    lambda value: _is_int(value) or (isinstance(value, str) and bool(_DECIMAL.fullmatch(value))),
)
TIME: Final = Type("time (UTC, microseconds)", _is_time)
DAY: Final = Type("day", _is_day)
ID: Final = Type("id", _is_id)
CASE: Final = Type("id", _is_id, OF_A_SUBJECT)
PERSON: Final = Type(
    "reference to a person", lambda value: _is_reference(value, frozenset({"person"})), PSEUDONYMOUS
)
PERSON_ID: Final = Type("id", _is_id, PSEUDONYMOUS)
KEY: Final = Type("reference to a key", lambda value: _is_reference(value, frozenset({"key"})))
ACTOR: Final = Type("reference to a person or key, or an office", _is_actor, PSEUDONYMOUS)
SCOPE: Final = Type(
    "everywhere, or reference to a system or queue",
    lambda value: value == "everywhere" or _is_reference(value, frozenset({"system", "queue"})),
)
SHA256: Final = Type("SHA-256, hex", _is_hex)
COMMITMENT: Final = Type("commitment, hex", _is_hex, COMMITTED)


def maybe(type_: Type) -> Type:
    """The type, or null."""
    return Type(f"{type_.name}, or null", lambda value: value is None or type_.fits(value), type_.care)


def many(type_: Type) -> Type:
    """A list of the type."""
    return Type(
        f"list of {type_.name}",
        lambda value: isinstance(value, list) and all(map(type_.fits, value)),
        type_.care,
    )


def each(type_: Type) -> Type:
    """An object whose members have names of their own and one type."""
    return Type(
        f"object of {type_.name}",
        lambda value: isinstance(value, dict) and all(map(type_.fits, value.values())),
        type_.care,
    )


def thing(**members: Type) -> Type:
    """An object of exactly these members."""
    said = ", ".join(f"{name}: {type_.name}" for name, type_ in members.items())
    return Type(
        f"object ({said})",
        lambda value: (
            isinstance(value, dict)
            and value.keys() == members.keys()
            and all(members[name].fits(held) for name, held in value.items())
        ),
    )
