"""Conditions of an approval: CEL over what the gate is told and what is measured. Pure.

Every number enters as a double, since CEL knows no sum of an integer and a double. A NaN or an infinity
fulfils nothing, because a comparison with it is false and the negation of that true. What is missing is not
fulfilled, and the reason says its name.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from cel_expr_python import cel

from audit.refusals import FieldError
from governance.approvals.reasons import Reason

NAMES: Final = ("context", "live", "now")
"""What a condition can speak of: the caller's context, live evidence by name, the moment of the question."""
MOST: Final = 20
LONGEST: Final = 2_000
_POSITION: Final = re.compile(r"<input>:(\d+):(\d+): (.*)")
_MISSING: Final = re.compile(r'Key not found in map : "?([^"]*)"?')


def faults_of(check: str, pointer: str) -> list[FieldError]:
    """Why a condition cannot be taken; each with its line and column."""
    if len(check) > LONGEST:
        return [FieldError(pointer, "TOO_LONG", f"A check has at most {LONGEST} characters.")]
    try:
        compiled = _compiled(check)
    except RuntimeError as error:
        return [FieldError(pointer, "BAD_CONDITION", said) for said in _positions(str(error))]
    if compiled.return_type().name() != "BOOL":
        return [FieldError(pointer, "BAD_CONDITION", "Line 1, column 1: a check is true or false.")]
    return []


def evaluate(
    conditions: Iterable[Mapping[str, Any]],
    *,
    context: Mapping[str, Any],
    live: Mapping[str, Any],
    now: dt.datetime,
    waived: Iterable[str] = (),
) -> list[Reason]:
    """Why the conditions are not all fulfilled; empty if they are.

    `conditions` are objects with `name`, `check` and `text`; those named in `waived` are left out.
    """
    excused = frozenset(waived)
    asked = [each for each in conditions if each["name"] not in excused]
    if not asked:
        return []
    try:
        known = {"context": _plain(dict(context)), "live": _plain(dict(live)), "now": now}
    except ValueError as error:
        return [Reason("CONDITION_NOT_FULFILLED", str(error))]
    found = (_why_not(condition, known) for condition in asked)
    return [reason for reason in found if reason is not None]


def _why_not(condition: Mapping[str, Any], known: Mapping[str, Any]) -> Reason | None:
    name = f"Condition {condition['name']!r}"
    try:
        said = _compiled(condition["check"]).eval(data=known)
    except RuntimeError as error:  # whatever it is: what cannot be judged is not fulfilled
        return Reason("CONDITION_NOT_FULFILLED", f"{name} cannot be judged: {error}")
    if said.type() == cel.Type.ERROR:
        if missing := _MISSING.search(str(said.value())):
            return Reason("CONDITION_KEY_MISSING", f"{name} needs {missing[1]!r}, which nobody has given.")
        return Reason("CONDITION_NOT_FULFILLED", f"{name} cannot be judged: {said.value()}.")
    if said.value() is True:
        return None
    return Reason(
        "CONDITION_NOT_FULFILLED", f"{name} does not hold: {condition['text'] or condition['check']}"
    )


@lru_cache(maxsize=1)
def _environment() -> Any:
    members = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    return cel.NewEnv(variables={"context": members, "live": members, "now": cel.Type.TIMESTAMP})


@lru_cache(maxsize=1024)
def _compiled(check: str) -> Any:
    return _environment().compile(check)


def _plain(value: Any) -> Any:
    """The value with every number as a double.

    Raises:
        ValueError: a number that nothing can be said about.
    """
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return _double(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    return [_plain(item) for item in value]


def _double(value: float) -> float:
    try:
        double = float(value)
    except OverflowError:
        double = float("inf")
    if not isfinite(double):
        raise ValueError("A number is NaN or beyond a double, so no condition can be judged.")
    return double


def _positions(error: str) -> list[str]:
    """What the compiler says, with line and column."""
    found = [
        f"Line {line}, column {column}: {said.partition(' expecting ')[0]}."
        for line, column, said in _POSITION.findall(error)
    ]
    return found or ["This cannot be read as CEL."]
