"""Fill the form of a schema with a suggestion, and read what a person posted back as an answer. Pure.

A field that comes back as it was filled keeps the suggestion's value exactly: browsers turn line ends into
CR LF and a number has many spellings, and neither is a correction. Choices start unchosen; only a person
chooses.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final, NamedTuple

from audit.refusals import FieldError
from reviews.intake.content import fits_double, without_nan
from reviews.intake.reading import LONGEST_INTEGER, MalformedJson, read_json
from reviews.labels.diff import ABSENT
from reviews.labels.schema_form import Choice, Field, Form, Kind

Posted = Mapping[str, Sequence[str]]

CHOSEN: Final = (Kind.ENUM, Kind.BOOLEAN, Kind.MULTI)

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Answer(NamedTuple):
    """What was read. With errors, `output` holds what could be read, and is no answer."""

    output: object
    errors: list[FieldError]


def fill(form: Form, suggestion: object) -> dict[str, list[str]]:
    """What the inputs show at first, by input name; nothing for choices, and for values a field cannot
    show."""
    texts: dict[str, list[str]] = {}
    if form.whole:
        _fill(form.fields[0], suggestion, texts)
    else:
        _fill_members(form.fields, suggestion, texts)
    return texts


def suggested_choices(form: Form, suggestion: object) -> dict[str, list[str]]:
    """The choices to mark as suggested, by input name: what `y` would choose."""
    marked: dict[str, list[str]] = {}
    for field, value in _leaves(form, suggestion):
        if field.kind in CHOSEN and (texts := _choice_texts(field, value)) is not None:
            marked[field.input] = texts
    return marked


def parse_form(form: Form, posted: Posted, suggestion: object = ABSENT) -> Answer:
    """The answer that a posted form says.

    `posted` holds lists of texts by input name (`QueryDict.lists()`); other names are ignored.
    `suggestion` is what the form was filled with: unchanged fields keep its exact values, and members
    without a field stay.
    """
    errors: list[FieldError] = []
    if form.whole:
        value = _take(form.fields[0], posted, suggestion, errors)
        return Answer(None if value is ABSENT else value, errors)
    output = _take_members(form.fields, posted, suggestion, errors, keeps_others=form.keeps_others)
    return Answer(output, errors)


# --- filling ---


def _leaves(form: Form, suggestion: object) -> list[tuple[Field, object]]:
    if form.whole:
        return [(form.fields[0], suggestion)]
    leaves: list[tuple[Field, object]] = []
    for field in form.fields:
        value = _member(suggestion, field.name)
        if field.kind is Kind.OBJECT:
            leaves += [(inner, _member(value, inner.name)) for inner in field.fields]
        else:
            leaves.append((field, value))
    return leaves


def _member(value: object, name: str) -> object:
    return value.get(name, ABSENT) if isinstance(value, dict) else ABSENT


def _fill_members(fields: Sequence[Field], value: object, texts: dict[str, list[str]]) -> None:
    for field in fields:
        _fill(field, _member(value, field.name), texts)


def _fill(field: Field, value: object, texts: dict[str, list[str]]) -> None:
    if field.kind is Kind.OBJECT:
        _fill_members(field.fields, value, texts)
    elif field.kind not in CHOSEN and value is not ABSENT:
        text = _shown(field, value)
        if text is not None:
            texts[field.input] = [text]


def _shown(field: Field, value: object) -> str | None:
    """The text an input shows for a value; None when it cannot show it."""
    if value is ABSENT:
        return "" if not field.required else None
    if field.kind is Kind.JSON:
        return json.dumps(without_nan(value), ensure_ascii=False, indent=2)
    if value is None:
        return "" if field.nullable else None
    if field.kind is Kind.LIST:
        return _shown_list(field, value)
    return _shown_scalar(field.kind, value)


def _shown_scalar(kind: Kind | None, value: object) -> str | None:
    if kind in (Kind.NUMBER, Kind.INTEGER):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if isinstance(value, float) and not isfinite(value):
            return None
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else json.dumps(value)
    if not isinstance(value, str) or (kind is Kind.DATE and _date(value) is None):
        return None
    return value


def _shown_list(field: Field, value: object) -> str | None:
    if not isinstance(value, list):
        return None
    lines = [_shown_scalar(field.item_kind, item) for item in value]
    if any(not line or not line.strip() or len(line.splitlines()) > 1 for line in lines):
        return None  # a blank line is no item, and an item is one line
    return "\n".join(line for line in lines if line)


def _choice_texts(field: Field, value: object) -> list[str] | None:
    """The posted texts of the choices that make a value; None when no choices do."""
    if field.kind is not Kind.MULTI:
        found = [each.text for each in field.choices if _equal(each, value)]
        return found or None
    if not isinstance(value, list):
        return None
    texts = [each.text for item in value for each in field.choices if _equal(each, item)]
    if len(texts) < len(value):
        return None
    return texts or ([""] if field.none_choice else None)


def _equal(choice: Choice, value: object) -> bool:
    if isinstance(choice.value, bool) or isinstance(value, bool):
        return choice.value is value
    return bool(choice.value == value)


# --- reading back ---


def _take_members(
    fields: Sequence[Field],
    posted: Posted,
    suggestion: object,
    errors: list[FieldError],
    *,
    keeps_others: bool,
) -> dict[str, object]:
    taken: dict[str, object] = {}
    for field in fields:
        value = _take(field, posted, _member(suggestion, field.name), errors)
        if value is not ABSENT:
            taken[field.name] = value
    if keeps_others and isinstance(suggestion, dict):
        names = {field.name for field in fields}
        taken.update({name: value for name, value in suggestion.items() if name not in names})
    return taken


def _take(field: Field, posted: Posted, suggested: object, errors: list[FieldError]) -> object:
    if field.kind is Kind.OBJECT:
        return _take_object(field, posted, suggested, errors)
    texts = [_unix(text) for text in posted.get(field.input, ())]
    if field.kind in CHOSEN:
        return _take_choices(field, texts, suggested, errors)
    if len(texts) > 1:
        errors.append(FieldError(field.pointer, "TOO_MANY", "Give one value."))
        return ABSENT
    text = texts[0] if texts else ""
    shown = _shown(field, suggested)
    if shown is not None and _as_posted(field, text) == _as_posted(field, shown):
        return suggested
    if "\x00" in text:
        errors.append(FieldError(field.pointer, "BAD_CHARACTER", "Remove the character U+0000."))
        return ABSENT
    if not text.strip() and field.kind is not Kind.TEXT:
        text = ""
    if not text:
        return _take_nothing(field, suggested, errors, was_posted=bool(texts))
    return _take_text(field, text, errors)


def _take_object(field: Field, posted: Posted, suggested: object, errors: list[FieldError]) -> object:
    """An object that may be absent is, when nothing was written or chosen in any of its fields."""
    empty = not any(text.strip() for inner in field.fields for text in posted.get(inner.input, ()))
    if empty and suggested is None and field.nullable:
        return None
    bare = isinstance(suggested, dict) and not any(inner.name in suggested for inner in field.fields)
    if empty and not bare and not field.required:
        return ABSENT
    if empty and not bare and field.nullable:
        return None
    return _take_members(field.fields, posted, suggested, errors, keeps_others=field.keeps_others)


def _take_choices(field: Field, texts: list[str], suggested: object, errors: list[FieldError]) -> object:
    values = {each.text: each.value for each in field.choices}
    chosen = [text for text in dict.fromkeys(texts) if text]
    if unknown := [text for text in chosen if text not in values]:
        errors.append(
            FieldError(field.pointer, "NOT_A_CHOICE", f"{unknown[0][:60]!r} is not among the choices.")
        )
        return ABSENT
    if field.kind is Kind.MULTI:
        return _take_multi(field, chosen, suggested, errors, none="" in texts)
    if len(chosen) > 1:
        errors.append(FieldError(field.pointer, "TOO_MANY", "Choose one."))
        return ABSENT
    if not chosen:
        if field.required:
            errors.append(FieldError(field.pointer, "REQUIRED", f"Choose one for “{field.title}”."))
        return ABSENT
    value = values[chosen[0]]
    return suggested if suggested is not ABSENT and chosen == _choice_texts(field, suggested) else value


def _take_multi(
    field: Field, chosen: list[str], suggested: object, errors: list[FieldError], *, none: bool
) -> object:
    if none and field.none_choice:
        if chosen:
            errors.append(
                FieldError(field.pointer, "CONTRADICTION", "Choose either none, or those that apply.")
            )
        return suggested if suggested == [] else []
    if not chosen:
        if field.required:
            detail = f"Choose for “{field.title}”" + (", or that none applies." if field.none_choice else ".")
            errors.append(FieldError(field.pointer, "REQUIRED", detail))
        return ABSENT
    suggested_texts = None if suggested is ABSENT else _choice_texts(field, suggested)
    if suggested_texts is not None and set(chosen) == set(suggested_texts):
        return suggested
    return [each.value for each in field.choices if each.text in chosen]


def _take_nothing(field: Field, suggested: object, errors: list[FieldError], *, was_posted: bool) -> object:
    """A person left the field empty, or emptied it."""
    if field.nullable and (field.required or suggested is not ABSENT):
        return None
    if field.kind is Kind.LIST and was_posted and (field.required or suggested is not ABSENT):
        return []
    if not field.required:
        return ABSENT
    if field.kind is Kind.TEXT and was_posted:
        return ""
    errors.append(FieldError(field.pointer, "REQUIRED", f"Fill in “{field.title}”."))
    return ABSENT


def _take_text(field: Field, text: str, errors: list[FieldError]) -> object:
    try:
        match field.kind:
            case Kind.TEXT:
                return text
            case Kind.DATE:
                return _read_date(text.strip())
            case Kind.LIST:
                return [_read_item(field, line) for line in text.split("\n") if line.strip()]
            case Kind.JSON:
                return _read_json(text)
            case _:
                return _read_number(text.strip(), whole=field.kind is Kind.INTEGER)
    except _Unreadable as reason:
        errors.append(FieldError(field.pointer, reason.code, str(reason)))
        return ABSENT


class _Unreadable(Exception):
    """A text that is no value of its field; says what to write instead."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


def _read_item(field: Field, line: str) -> object:
    if field.item_kind is Kind.TEXT:
        return line
    return _read_number(line.strip(), whole=field.item_kind is Kind.INTEGER)


def _read_number(text: str, *, whole: bool) -> int | float:
    if not _NUMBER.fullmatch(text):
        hint = (
            "Use a point for decimals and nothing between thousands, as in 1234.5."
            if re.fullmatch(r"[-+]?[0-9][0-9.,' _]*", text)
            else "Write a number, as in 1234.5."
        )
        raise _Unreadable("NOT_A_NUMBER", f"{text[:40]!r} is not a number. {hint}")
    if _WHOLE.fullmatch(text) and len(text) <= LONGEST_INTEGER:
        return int(text)
    number = float(text)
    if not isfinite(number):
        raise _Unreadable("OUT_OF_RANGE", "This number is too large.")
    if whole and not number.is_integer():
        raise _Unreadable("NOT_AN_INTEGER", f"Write a whole number; {text[:40]} is not one.")
    return int(number) if whole else number


def _read_date(text: str) -> str:
    if _date(text) is None:
        raise _Unreadable("NOT_A_DATE", "Write a day that exists as year-month-day, as in 2026-11-20.")
    return text


def _date(text: str) -> dt.date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _read_json(text: str) -> object:
    try:
        value = read_json(text.encode())
    except (MalformedJson, UnicodeEncodeError) as error:
        raise _Unreadable("MALFORMED_JSON", f"Correct the JSON: {error}") from error
    if not fits_double(value):
        raise _Unreadable("OUT_OF_RANGE", "JSON has no NaN, no infinities and no number beyond a double.")
    return value


def _as_posted(field: Field, text: str) -> str:
    """The text as a browser would post it: an input of one line has no line ends at all."""
    return _unix(text) if field.multiline else _unix(text).replace("\n", "")


def _unix(text: str) -> str:
    """Browsers post line ends as CR LF, whatever the text had."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
