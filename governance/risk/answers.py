"""Reads answers against the questions of a pack: typed, all mistakes at once, with pointers. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from audit.refusals import BadInput, FieldError
from governance.risk.conditions import Answer
from governance.risk.engine import plain
from governance.risk.pack import BOOLEAN, CHOICE, NONE_OF_THESE, Pack, Question
from registry.systems.body import escaped

UNKNOWN: Final = "unknown"
"""What may stand for null: "I don't know" in words; also alone in an array."""


def read_answers(pack: Pack, value: object, *, pointer: str = "/answers") -> dict[str, Answer]:
    """The answers, by question. `null` and "unknown" become None.

    Raises:
        BadInput: unknown questions, wrong types, choices that there are not; all at once.
    """
    if not isinstance(value, Mapping):
        raise BadInput([FieldError(pointer, "WRONG_TYPE", "answers is an object: question, answer.")])
    errors: list[FieldError] = []
    found: dict[str, Answer] = {}
    for name, answer in value.items():
        where = f"{pointer}/{escaped(name)}"
        question = pack.by_id.get(name)
        if question is None:
            detail = f"{pack.name} {pack.version} has no question {str(name)[:100]!r}."
            errors.append(FieldError(where, "UNKNOWN_FIELD", detail))
        elif fault := fault_of(question, answer):
            errors.append(FieldError(where, *fault))
        else:
            found[name] = _typed(answer)
    if errors:
        raise BadInput(errors)
    return found


def fault_of(question: Question, answer: object) -> tuple[str, str] | None:
    """Why this is no answer to the question: code and sentence."""
    if _is_unknown(answer):
        return None
    if question.type == BOOLEAN:
        return None if isinstance(answer, bool) else ("WRONG_TYPE", "true, false or null is needed here.")
    if question.type == CHOICE:
        if not isinstance(answer, str):
            return "WRONG_TYPE", "One choice, a string, or null is needed here."
        return None if answer in question.choice_ids else _no_such(question, [answer])
    return _fault_of_several(question, answer)


def as_json(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Answers as they are kept: "I don't know" is null."""
    return {name: plain(answer) for name, answer in answers.items()}


def _fault_of_several(question: Question, answer: object) -> tuple[str, str] | None:
    if not isinstance(answer, list) or not all(isinstance(each, str) for each in answer):
        return "WRONG_TYPE", "An array of choices, or null, is needed here."
    if not answer:
        return "EMPTY", f"Choose {NONE_OF_THESE!r} if nothing of it is so, or null if you do not know."
    if strange := [each for each in answer if each not in question.choice_ids]:
        return _no_such(question, strange)
    if len(answer) > 1 and NONE_OF_THESE in answer:
        return "CONTRADICTION", f"{NONE_OF_THESE!r} stands alone."
    return None


def _is_unknown(answer: object) -> bool:
    return answer is None or answer == UNKNOWN or answer == [UNKNOWN]


def _no_such(question: Question, strange: list[str]) -> tuple[str, str]:
    named = ", ".join(repr(each[:60]) for each in strange[:5])
    return "BAD_VALUE", f"There is no choice {named}; there are: {', '.join(question.choice_ids)}."


def _typed(answer: Any) -> Answer:
    if _is_unknown(answer):
        return None
    if isinstance(answer, list):
        return frozenset(answer)
    return answer if isinstance(answer, bool) else str(answer)
