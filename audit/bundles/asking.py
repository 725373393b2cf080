"""What a bundle, or a sample, asks for, member by member: normalised, or refused."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from audit.bundles.choosing import POPULATIONS
from audit.bundles.layout import EVERYTHING
from audit.canonical import utc_text
from audit.refusals import BadInput, FieldError

MEMBERS: Final = ("from", "to", "system", "subject", "openings")
SAMPLE_MEMBERS: Final = (*MEMBERS, "seed", "size", "kind")
LARGEST_SAMPLE: Final = 10_000
LONGEST: Final = 200


class Asked(NamedTuple):
    """A request as read. `subject` is the data subject in plain, which is kept beside the log only."""

    filter: dict[str, Any]
    subject: str | None
    openings: bool

    @property
    def system_id(self) -> UUID | None:
        return None if self.filter["system"] is None else UUID(self.filter["system"])


def read_request(value: object) -> Asked:
    """A body of `POST /audit/bundles`.

    Raises:
        BadInput: with all errors.
    """
    return _read(value, MEMBERS)


def read_sample(value: object) -> Asked:
    """A body of `POST /audit/samples`: the same, and `seed`, `size` and `kind`.

    Raises:
        BadInput: with all errors.
    """
    return _read(value, SAMPLE_MEMBERS)


def _read(value: object, members: tuple[str, ...]) -> Asked:
    errors: list[FieldError] = []
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    if not isinstance(value, Mapping):
        errors.append(FieldError("", "BAD_TYPE", "A JSON object is needed."))
    errors += [
        FieldError(f"/{name}", "UNKNOWN_FIELD", f"There is no member {name!r}.")
        for name in sorted(set(given) - set(members))
    ]
    filter_ = dict(EVERYTHING)
    filter_["from"], filter_["to"] = (_moment(given, name, errors) for name in ("from", "to"))
    filter_["system"] = _system(given, errors)
    subject = _text(given, "subject", errors)
    if filter_["from"] and filter_["to"] and filter_["from"] >= filter_["to"]:
        errors.append(FieldError("/to", "BAD_VALUE", "to has to be later than from."))
    if not isinstance(openings := given.get("openings", False), bool):
        errors.append(FieldError("/openings", "BAD_VALUE", "openings is true or false."))
    if "seed" in members:
        filter_["sample"] = _sample(given, errors)
    if errors:
        raise BadInput(errors)
    return Asked(filter_, subject, bool(openings))


def _moment(given: Mapping[str, Any], name: str, errors: list[FieldError]) -> str | None:
    if (text := _text(given, name, errors)) is None:
        return None
    try:
        return utc_text(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # no time, no zone, or before the year 1
        errors.append(FieldError(f"/{name}", "BAD_VALUE", f"{name} is a time as in RFC 3339, with its zone."))
        return None


def _system(given: Mapping[str, Any], errors: list[FieldError]) -> str | None:
    """The id of an AI system; the interfaces of the wings above know slugs too."""
    if (text := _text(given, "system", errors)) is None:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        if (found := system_named(text)) is not None:
            return str(found)
        errors.append(FieldError("/system", "UNKNOWN_SYSTEM", "There is no AI system of this name or id."))
        return None


def system_named(slug: str) -> UUID | None:
    """The AI system of this name; wings above say how names are looked up."""
    return next((id_ for look_up in systems if (id_ := look_up(slug)) is not None), None)


systems: list[Callable[[str], UUID | None]] = []
"""Filled by wings above: functions from a slug to the id of an AI system, or None."""


def _text(given: Mapping[str, Any], name: str, errors: list[FieldError]) -> str | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST or "\x00" in value:
        errors.append(FieldError(f"/{name}", "BAD_VALUE", f"{name} is at most {LONGEST} characters."))
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        errors.append(FieldError(f"/{name}", "BAD_VALUE", f"{name} holds half a character."))
        return None
    return value


def _sample(given: Mapping[str, Any], errors: list[FieldError]) -> dict[str, Any]:
    seed, kind = _text(given, "seed", errors), _text(given, "kind", errors)
    size = given.get("size")
    if seed is None or not seed.isprintable():
        errors.append(
            FieldError(
                "/seed",
                "BAD_VALUE",
                "seed is a word of yours, in one line; with it anybody draws the same again.",
            )
        )
    if kind not in POPULATIONS:
        known = ", ".join(POPULATIONS)
        errors.append(FieldError("/kind", "BAD_VALUE", f"kind is one of {known}."))
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_SAMPLE:
        errors.append(
            FieldError("/size", "BAD_VALUE", f"size is a whole number from 1 to {LARGEST_SAMPLE:,}.")
        )
    return {"seed": seed, "size": size, "kinds": sorted(POPULATIONS.get(kind or "", ()))}
