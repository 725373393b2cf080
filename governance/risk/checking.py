"""Checks a rule pack completely before anything is concluded from it. Pure.

A pack that a check refuses is a bug of the pack: it stops the process at start, never a person in the middle.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from governance.risk.conditions import OPERATORS, leaves
from governance.risk.pack import BOOLEAN, CHOICE, MULTI, NONE_OF_THESE

QUESTION = {"id", "step", "type", "text", "help", "law", "citation"}
RULE = {"id", "when", "citation", "because"}
DUTY = {"article", "duty", "who", "when", "applies_from"}
HEAD = {
    "pack", "version", "title", "about", "dated", "sources", "steps", "classes", "default_class", "default",
    "undetermined", "conclusions", "questions", "rules", "obligations",
}  # fmt: skip
OPTIONAL_HEAD = {"roles", "exemption"}
_NAMES: Mapping[str, Callable[[Mapping[str, Any]], Iterable[str]]] = {
    "question": lambda document: (each["id"] for each in document["questions"]),
    "rule": lambda document: (each["id"] for each in document["rules"]),
    "class": lambda document: (each["id"] for each in document["classes"]),
    "step": lambda document: (each["id"] for each in document["steps"]),
}


class BadPack(ValueError):
    """The document is no rule pack; says everything that is wrong with it."""


def check(document: Mapping[str, Any]) -> None:
    """Refuse what is not a whole, closed pack.

    Raises:
        BadPack: with every fault found.
    """
    if faults := [*_faults_of_head(document)]:
        raise BadPack("; ".join(faults))
    faults = [
        *_repeated(document),
        *_faults_of_questions(document),
        *_faults_of_rules(document),
        *_faults_of_classes(document),
        *_faults_of_duties(document),
    ]
    if faults:
        raise BadPack(f"{document['pack']} {document['version']}: " + "; ".join(faults))


def _faults_of_head(document: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(HEAD - document.keys()):
        yield f"{name} is missing"
    for name in sorted(document.keys() - HEAD - OPTIONAL_HEAD):
        yield f"{name} is not known"


def _repeated(document: Mapping[str, Any]) -> Iterator[str]:
    for kind, names in _NAMES.items():
        seen: set[str] = set()
        for name in names(document):
            if name in seen:
                yield f"{kind} {name} stands twice"
            seen.add(name)


def _faults_of_questions(document: Mapping[str, Any]) -> Iterator[str]:
    steps = {step["id"] for step in document["steps"]}
    earlier: dict[str, Mapping[str, Any]] = {}
    for question in document["questions"]:
        name = f"question {question.get('id')}"
        yield from (f"{name} lacks {member}" for member in sorted(_lacking(question, QUESTION)))
        if question.get("step") not in steps:
            yield f"{name} stands in no step"
        yield from (f"{name} {fault}" for fault in _faults_of_choices(question))
        if condition := question.get("asked_when"):
            yield from _faults_of_condition(f"{name}, asked when", condition, earlier, document, {"is", "in"})
        earlier[question["id"]] = question


def _faults_of_choices(question: Mapping[str, Any]) -> Iterator[str]:
    choices = [choice["id"] for choice in question.get("choices", ())]
    kind = question.get("type")
    if kind not in (BOOLEAN, CHOICE, MULTI):
        yield f"has an unknown type {kind}"
    elif (kind == BOOLEAN) is bool(choices):
        yield "has choices and its type says otherwise, or the other way round"
    if len(set(choices)) < len(choices):
        yield "has a choice twice"
    if kind == MULTI and NONE_OF_THESE not in choices:
        yield f"has no choice {NONE_OF_THESE}, so that nothing could be answered"


def _faults_of_rules(document: Mapping[str, Any]) -> Iterator[str]:
    known = {question["id"]: question for question in document["questions"]}
    members = document["conclusions"].keys() | {"class", "fact"}
    concluded: set[tuple[str, str]] = set()
    for rule in document["rules"]:
        name = f"rule {rule.get('id')}"
        yield from (f"{name} lacks {member}" for member in sorted(_lacking(rule, RULE)))
        for member in ("when", "unless"):
            if condition := rule.get(member):
                yield from _faults_of_condition(f"{name}, {member}", condition, known, document)
                yield from _not_yet_concluded(name, condition, concluded)
        for member, value in rule.get("concludes", {}).items():
            if member not in members:
                yield f"{name} concludes {member}, which the result does not have"
            concluded |= {(member, value), (member, "")}


def _not_yet_concluded(name: str, condition: Any, concluded: set[tuple[str, str]]) -> Iterator[str]:
    for operator, operand in () if _shape_of(condition) else leaves(condition):
        if operator == "concluded" and (operand[0], operand[1] if len(operand) > 1 else "") not in concluded:
            yield f"{name} rests on {operand}, which no earlier rule concludes"


def _faults_of_classes(document: Mapping[str, Any]) -> Iterator[str]:
    classes = {each["id"] for each in document["classes"]}
    reached = {rule.get("concludes", {}).get("class") for rule in document["rules"]} - {None}
    reached.add(document["default_class"])
    yield from (f"no rule concludes the class {each}" for each in sorted(classes - reached))
    yield from (f"the class {each} is not declared" for each in sorted(reached - classes))
    if _lacking(document["default"], {"citation", "because"}):
        yield "the default has no citation or no because"


def _faults_of_duties(document: Mapping[str, Any]) -> Iterator[str]:
    known = {question["id"]: question for question in document["questions"]}
    classes = {each["id"] for each in document["classes"]}
    concluded = {pair for rule in document["rules"] for pair in _pairs(rule.get("concludes", {}))}
    who = document.get("roles", {}).get("who", {})
    for number, duty in enumerate(document["obligations"]):
        name = f"duty {number} ({duty.get('article')})"
        yield from (f"{name} lacks {member}" for member in sorted(_lacking(duty, DUTY - {"applies_from"})))
        yield from _faults_of_condition(name, duty["when"], known, document, OPERATORS)
        yield from _not_yet_concluded(name, duty["when"], concluded)
        for operator, operand in () if _shape_of(duty["when"]) else leaves(duty["when"]):
            if operator == "class" and (strange := set(operand) - classes):
                yield f"{name} names classes there are not: {sorted(strange)}"
        if who and duty.get("who") not in who:
            yield f"{name} is owed by nobody known: {duty.get('who')}"
        if not _is_date(duty.get("applies_from")):
            yield f"{name} has no date where one should be"
    question = document.get("roles", {}).get("question")
    if question:
        condition = {"in": [question, [value for values in who.values() for value in values or ()]]}
        yield from _faults_of_condition("roles", condition, known, document)


def _pairs(concludes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for member, value in concludes.items():
        yield member, value
        yield member, ""


def _faults_of_condition(
    name: str,
    condition: Any,
    known: Mapping[str, Mapping[str, Any]],
    document: Mapping[str, Any],
    operators: Iterable[str] = OPERATORS - {"class"},
) -> Iterator[str]:
    """Everything it looks up exists, and could be so."""
    if fault := _shape_of(condition):
        yield f"{name}: {fault}"
        return
    for operator, operand in leaves(condition):
        if operator not in operators:
            yield f"{name}: {operator} has no place here"
        elif operator in ("is", "in"):
            question = known.get(operand[0])
            values = [operand[1]] if operator == "is" else operand[1]
            if question is None:
                yield f"{name}: there is no (earlier) question {operand[0]}"
            else:
                yield from (f"{name}: {value!r} cannot be its answer" for value in _strange(question, values))


def _shape_of(condition: Any) -> str:
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return "a condition has one operator"
    ((operator, operand),) = condition.items()
    if operator not in OPERATORS:
        return f"there is no operator {operator}"
    if operator == "not":
        return _shape_of(operand)
    if operator in ("all", "any"):
        return next(filter(None, map(_shape_of, operand)), "") if operand else f"{operator} of nothing"
    return "" if isinstance(operand, list) and operand else f"{operator} needs a list"


def _strange(question: Mapping[str, Any], values: Iterable[Any]) -> Iterator[Any]:
    choices = [choice["id"] for choice in question.get("choices", ())]
    possible = (True, False) if question["type"] == BOOLEAN else choices
    yield from (value for value in values if value not in possible)


def _lacking(each: Mapping[str, Any], members: set[str]) -> set[str]:
    return {member for member in members if not each.get(member)}


def _is_date(value: Any) -> bool:
    if value is None:
        return True
    try:
        dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
