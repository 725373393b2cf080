"""What a routing policy may say: the body of the contract, checked and with every default filled in. Pure.

What this release cannot do yet is refused by name, never ignored: a policy that silently did less than it
says would let predictions through.
"""

from collections.abc import Callable, Container, Mapping
from math import isfinite
from typing import Final

from audit.refusals import BadInput, FieldError, NotAvailableYet

DEFAULT_DEADLINE_MINUTES: Final = 240
LONGEST_DEADLINE_MINUTES: Final = 366 * 24 * 60
SMALLEST_QA_RATE: Final = 1e-6
"""Unless 0. A label's weight is 1/propensity: below this, one label would outweigh a million."""

NOT_YET: Final = "NOT_AVAILABLE_YET"

MODES: Final = {"assisted": True, "blind": False, "reveal_after_commit": False}
ON_DEADLINE: Final = {"escalate": True, "return_undecided": False, "reject": False}
"""The words of the contract, and whether this release can do them."""

Check = Callable[[object, "_Report"], object]


class _Report:
    """The errors of one member, with its pointer before them."""

    def __init__(self, errors: list[FieldError], pointer: str) -> None:
        self._errors = errors
        self._pointer = pointer

    def add(self, code: str, detail: str, *, below: str | int | None = None) -> None:
        tail = "" if below is None else "/" + str(below).replace("~", "~0").replace("/", "~1")
        self._errors.append(FieldError(self._pointer + tail, code, detail))


def validate_policy(
    body: object, *, classes: frozenset[str] | None, queues: Container[str]
) -> dict[str, object]:
    """The body with every member of the contract, in a fixed order.

    `classes`: the enum of the class field in the output schema, None when it has none (then any class will
    do). `queues`: the slugs of the queues of the model's AI system.

    Raises:
        BadInput: errors with pointers, all of them at once.
        NotAvailableYet: the same, when nothing is wrong but that this release cannot do it.
    """
    if type(body) is not dict:
        raise BadInput([FieldError("", "NOT_AN_OBJECT", "A routing policy is a JSON object.")])
    errors: list[FieldError] = []
    checks = _checks(classes, queues)
    for name in body:
        if name not in checks:
            _Report(errors, "").add("UNKNOWN_FIELD", f"There is no member {name[:60]!r}.", below=name)
    normalised: dict[str, object] = {}
    for name, (default, check) in checks.items():
        report = _Report(errors, f"/{name}")
        if name in body:
            normalised[name] = check(body[name], report)
        elif default is _REQUIRED:
            report.add("REQUIRED", f"The member {name} is required.")
        else:
            normalised[name] = default
    if errors:
        raise (NotAvailableYet if all(error.code == NOT_YET for error in errors) else BadInput)(errors)
    return normalised


_REQUIRED: Final = object()


def _checks(classes: frozenset[str] | None, queues: Container[str]) -> Mapping[str, tuple[object, Check]]:
    """Every member: its default, and what makes a given value good. Fresh each time: defaults may be
    changed."""

    def queue(value: object, report: _Report) -> object:
        if type(value) is not str or value not in queues:
            report.add("UNKNOWN_QUEUE", "Name a queue of the model's own AI system by its slug.")
        return value

    def known_class(name: str, report: _Report, below: str | int) -> None:
        if classes is not None and name not in classes:
            report.add("UNKNOWN_CLASS", f"The output schema has no class {name[:60]!r}.", below=below)

    def class_thresholds(value: object, report: _Report) -> object:
        if type(value) is not dict:
            report.add("NOT_AN_OBJECT", "Give an object from class to threshold.")
            return {}
        for name in value:
            known_class(name, report, name)
        return {name: _share(each, report, below=name) for name, each in value.items()}

    def always_review(value: object, report: _Report) -> object:
        if type(value) is not list or any(type(each) is not str for each in value):
            report.add("NOT_A_LIST", "Give a list of classes.")
            return []
        for place, name in enumerate(value):
            known_class(name, report, place)
        return list(dict.fromkeys(value))

    return {
        "queue": (_REQUIRED, queue),
        "threshold": (_REQUIRED, _share),
        "class_thresholds": ({}, class_thresholds),
        "always_review": ([], always_review),
        "qa_rate": (0.0, _qa_rate),
        "qa_blocks": (False, _boolean),
        "deadline_minutes": (DEFAULT_DEADLINE_MINUTES, _deadline),
        "rules": ([], _none_yet),
        "guardrails": ([], _none_yet),
        "reviewers": (1, _reviewers),
        "mode": ("assisted", _one_of(MODES)),
        "on_deadline": ("escalate", _one_of(ON_DEADLINE)),
        "escalation_queue": (None, lambda value, report: None if value is None else queue(value, report)),
    }


def _share(value: object, report: _Report, *, below: str | None = None) -> float:
    """A finite number from 0 to 1; a boolean is none."""
    if (type(value) is float and isfinite(value)) or type(value) is int:
        if 0 <= value <= 1:
            return float(value)
        report.add("OUT_OF_RANGE", "Give a number from 0 to 1.", below=below)
    else:
        report.add("NOT_A_NUMBER", "Give a number from 0 to 1.", below=below)
    return 0.0


def _qa_rate(value: object, report: _Report) -> float:
    rate = _share(value, report)
    if 0 < rate < SMALLEST_QA_RATE:
        report.add("OUT_OF_RANGE", f"Give 0, or at least {SMALLEST_QA_RATE:f}.")
    return rate


def _boolean(value: object, report: _Report) -> bool:
    if type(value) is not bool:
        report.add("NOT_A_BOOLEAN", "Give true or false.")
    return value is True


def _whole(value: object) -> int | None:
    """An integer, also when it is spelled 240.0."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def _deadline(value: object, report: _Report) -> int:
    minutes = _whole(value)
    if minutes is None:
        report.add("NOT_AN_INTEGER", "Give whole minutes.")
    elif not 1 <= minutes <= LONGEST_DEADLINE_MINUTES:
        report.add("OUT_OF_RANGE", f"Give 1 to {LONGEST_DEADLINE_MINUTES} minutes.")
    return minutes or 0


def _none_yet(value: object, report: _Report) -> list[object]:
    if type(value) is not list:
        report.add("NOT_A_LIST", "Give a list.")
    elif value:
        report.add(NOT_YET, "This release cannot evaluate these yet; leave the list empty.")
    return []


def _reviewers(value: object, report: _Report) -> int:
    number = _whole(value)
    if number is None:
        report.add("NOT_AN_INTEGER", "Give a whole number of reviewers.")
    elif number < 1:
        report.add("OUT_OF_RANGE", "At least one person reviews.")
    elif number > 1:
        report.add(NOT_YET, "This release knows one reviewer for each item.")
    return number or 0


def _one_of(words: Mapping[str, bool]) -> Check:
    def check(value: object, report: _Report) -> object:
        if type(value) is not str or value not in words:
            report.add("NOT_A_CHOICE", f"Give one of {', '.join(words)}.")
        elif not words[value]:
            report.add(NOT_YET, f"This release cannot do {value} yet.")
        return value

    return check
