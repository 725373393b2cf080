"""The form of one review as the templates show it: fields, choices with keys, suggestion, reasons. Pure.

Choices start unchosen with the suggestion marked: a pre-filled answer and Enter is the rubber stamp this
product measures. Other fields start with the suggestion.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from reviews.judging.codes import ReasonCode
from reviews.labels.form_answers import Posted, fill, suggested_choices
from reviews.labels.schema_form import Choice, Field, Form, Kind
from reviews.workbench.showing import percent, value_text

REASON_KEYS = "abdfghijklmnoqrtvwxz"
"""Letters that are no command of the workbench."""


class Wrong(NamedTuple):
    """What a refused submission was told, by field."""

    fields: Mapping[str, str] = {}
    """By pointer into the output."""
    general: Sequence[str] = ()
    reasons: str = ""
    comment: str = ""


class Typed(NamedTuple):
    """What a person had entered: a draft, or a submission that came back."""

    answers: Posted = {}
    reasons: Sequence[str] = ()
    comment: str = ""


def form_view(
    form: Form,
    *,
    suggestion: object,
    scores: object,
    confidence: object,
    reason_codes: Sequence[ReasonCode],
    typed: Typed | None,
    wrong: Wrong,
) -> dict[str, Any]:
    """The context of `reviews/workbench/_form.html`."""
    errors, stray = _placed(form, wrong.fields)
    shown = _Shown(
        texts=fill(form, suggestion),
        suggested=suggested_choices(form, suggestion),
        typed=typed.answers if typed else None,
        scores=scores if isinstance(scores, dict) else {},
        confidence=percent(confidence),
        errors=errors,
    )
    fields = [_field(field, shown) for field in form.fields]
    choice_keys = {choice["key"] for field in _leaves(fields) for choice in field["choices"]}
    reasons = set(typed.reasons) if typed else set()
    return {
        "question": form.fields[0].title if len(form.fields) == 1 else "What is the right answer?",
        "errors": [*wrong.general, *stray],
        "can_confirm": suggestion is not None,
        "why_not_confirm": "" if suggestion is not None else "The model gave no answer to confirm.",
        "suggestion_text": _suggestion_text(suggestion),
        "confidence": percent(confidence),
        "fields": fields,
        "reason_codes": [
            {
                "code": reason.code,
                "label": reason.label,
                "key": key,
                "chosen": reason.code in reasons,
                "needs_comment": reason.needs_comment,
            }
            for reason, key in zip(reason_codes, _free_keys(choice_keys, len(reason_codes)), strict=True)
        ],
        "reasons_error": wrong.reasons,
        "comment": typed.comment if typed else "",
        "comment_error": wrong.comment,
    }


def _placed(form: Form, wrong: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Each error at the field in which its pointer lies; those that lie in none, by themselves."""
    pointers = {inner.pointer for field in form.fields for inner in (field, *field.fields)}
    placed: dict[str, str] = {}
    stray = []
    for pointer, detail in wrong.items():
        place = pointer
        while place not in pointers and place:
            place = place.rpartition("/")[0]
        if place in pointers:
            placed.setdefault(place, detail)
        else:
            stray.append(detail)
    return placed, stray


class _Shown(NamedTuple):
    texts: Posted
    suggested: Mapping[str, Sequence[str]]
    typed: Posted | None
    scores: Mapping[str, Any]
    confidence: str
    errors: Mapping[str, str]


def _field(field: Field, shown: _Shown) -> dict[str, Any]:
    name = field.input
    suggested_value = (shown.texts.get(name) or [""])[0]
    typed = None if shown.typed is None else shown.typed.get(name)
    return {
        "name": name,
        "pointer": field.pointer,
        "id": _html_id(name),
        "label": field.title,
        "help": field.description,
        "kind": _kind(field),
        "required": field.required,
        "error": shown.errors.get(field.pointer, ""),
        "value": typed[0] if typed else suggested_value if shown.typed is None else "",
        "suggestion": "" if field.choices else suggested_value[:200],
        "suggested_value": suggested_value,
        "choices": _choices(field, shown, typed or ()),
        "fields": [_field(inner, shown) for inner in field.fields],
        "min": field.bounds.least,
        "max": field.bounds.most,
        "step": "1" if field.kind is Kind.INTEGER else "",
        "maxlength": field.bounds.longest,
    }


def _choices(field: Field, shown: _Shown, typed: Sequence[str]) -> list[dict[str, Any]]:
    suggested = shown.suggested.get(field.input, ())
    choices = list(field.choices)
    if field.none_choice:
        used = {choice.key for choice in choices}
        # Nought for none, where it is free.
        key = "0" if "" not in used and "0" not in used else ""
        choices.append(Choice([], "", "None of these", key))
    return [
        {
            "value": choice.text,
            "label": choice.label,
            "key": choice.key,
            "chosen": choice.text in typed,
            "suggested": choice.text in suggested,
            "score": _score(choice, shown, suggested),
        }
        for choice in choices
    ]


def _score(choice: Choice, shown: _Shown, suggested: Sequence[str]) -> str:
    if isinstance(choice.value, str) and choice.value in shown.scores:
        return percent(shown.scores[choice.value])
    only = len(suggested) == 1 and choice.text in suggested
    return shown.confidence if only else ""


def _kind(field: Field) -> str:
    match field.kind:
        case Kind.TEXT if field.multiline:
            return "longtext"
        case Kind.LIST:
            return "longtext"
        case kind:
            return str(kind)


def _suggestion_text(suggestion: object) -> str:
    if suggestion is None:
        return ""
    if isinstance(suggestion, dict) and len(suggestion) == 1:
        return value_text(next(iter(suggestion.values())))
    return json.dumps(suggestion, ensure_ascii=False)[:200]


def _leaves(fields: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for field in fields:
        yield field
        yield from field["fields"]


def _free_keys(taken: set[str], count: int) -> list[str]:
    free = [key for key in REASON_KEYS if key not in taken]
    return (free + [""] * count)[:count]


def _html_id(name: str) -> str:
    return "f-" + re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") + f"-{len(name)}"
