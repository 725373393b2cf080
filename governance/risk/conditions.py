"""Conditions of a rule pack: JSON in, true, false or unknown out (Kleene's strong logic). Pure.

A condition is an object with one member:

    {"is": [question, value]}        the answer is the value, or holds it among others
    {"in": [question, [values]]}     the answer is, or holds, one of the values
    {"concluded": [name]}            an earlier rule concluded something of that name
    {"concluded": [name, value]}     an earlier rule concluded exactly that
    {"class": [classes]}             the class is one of them (duties only)
    {"all": [conditions]}  {"any": [conditions]}  {"not": condition}

Unknown is None. It spreads unless the other operands settle the matter: nothing is concluded from silence.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

Truth = bool | None
Condition = Mapping[str, Any]
Answer = bool | str | frozenset[str] | None
OPERATORS = frozenset({"is", "in", "concluded", "class", "all", "any", "not"})


class Facts(Protocol):
    """What leaves of a condition are looked up in."""

    def holds(self, question: str, values: Iterable[Any]) -> Truth:
        """Whether the answer is, or holds, one of the values."""

    def concluded(self, name: str, value: str | None) -> Truth:
        """Whether an earlier rule concluded it."""

    def is_class(self, classes: Iterable[str]) -> Truth:
        """Whether the class is one of them."""

    def lacking(self, question: str) -> frozenset[str]:
        """The questions to ask so that this one has an answer."""

    def lacking_for(self, name: str, value: str | None) -> frozenset[str]:
        """The questions to ask so that it is settled whether it is concluded."""


def truth(condition: Condition, facts: Facts) -> Truth:
    """Whether the condition holds; None when the facts do not settle it."""
    operator, operand = operation_of(condition)
    match operator:
        case "is":
            return facts.holds(operand[0], [operand[1]])
        case "in":
            return facts.holds(operand[0], operand[1])
        case "concluded":
            return facts.concluded(operand[0], operand[1] if len(operand) > 1 else None)
        case "class":
            return facts.is_class(operand)
        case "not":
            inner = truth(operand, facts)
            return None if inner is None else not inner
        case "all":
            return conjunction(truth(part, facts) for part in operand)
        case _:
            return disjunction(truth(part, facts) for part in operand)


def missing(condition: Condition, facts: Facts) -> frozenset[str]:
    """The unanswered questions that could still settle an unsettled condition; empty for a settled one."""
    if truth(condition, facts) is not None:
        return frozenset()
    operator, operand = operation_of(condition)
    match operator:
        case "is" | "in":
            return facts.lacking(operand[0])
        case "concluded":
            return facts.lacking_for(operand[0], operand[1] if len(operand) > 1 else None)
        case "class":
            return frozenset()
        case "not":
            return missing(operand, facts)
        case _:
            return frozenset().union(*(missing(part, facts) for part in operand))


def conjunction(truths: Iterable[Truth]) -> Truth:
    """False as soon as one is false, however unknown the others are."""
    result: Truth = True
    for each in truths:
        if each is False:
            return False
        if each is None:
            result = None
    return result


def disjunction(truths: Iterable[Truth]) -> Truth:
    """True as soon as one is true, however unknown the others are."""
    result: Truth = False
    for each in truths:
        if each is True:
            return True
        if each is None:
            result = None
    return result


def operation_of(condition: Condition) -> tuple[str, Any]:
    """The one operator of a condition, and what it is applied to."""
    ((operator, operand),) = condition.items()
    return operator, operand


def leaves(condition: Condition) -> Iterator[tuple[str, Any]]:
    """Every operator that looks something up, with its operand."""
    operator, operand = operation_of(condition)
    if operator == "not":
        yield from leaves(operand)
    elif operator in ("all", "any"):
        for part in operand:
            yield from leaves(part)
    else:
        yield operator, operand


def questions_in(condition: Condition) -> frozenset[str]:
    """The questions that a condition names itself."""
    return frozenset(operand[0] for operator, operand in leaves(condition) if operator in ("is", "in"))
