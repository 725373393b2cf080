"""Classifies: a pack and typed answers in, class, trace and duties out. Pure, deterministic, no keywords.

Rules are read in order. One that raises a class fires when it is true, and leaves the class undetermined
while it is unknown; one that lowers it has to be certain. So taking an answer away never lowers a class.
"""

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from governance.risk.conditions import (
    Answer,
    Condition,
    Truth,
    disjunction,
    missing,
    questions_in,
    truth,
)
from governance.risk.pack import Duty, Pack, Question, Rule

UNDETERMINED: Final = "undetermined"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A rule that fired, with the answers it rests on."""

    rule: str
    citation: str
    because: str
    answers: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "citation": self.citation,
            "because": self.because,
            "answers": dict(self.answers),
        }


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty that follows, and whether it applies on the day asked about."""

    article: str
    duty: str
    who: str
    applies_from: dt.date | None
    in_force: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "article": self.article,
            "duty": self.duty,
            "who": self.who,
            "applies_from": self.applies_from.isoformat() if self.applies_from else None,
            "in_force": self.in_force,
        }


@dataclass(frozen=True, slots=True)
class Classification:
    """Everything that follows from the answers."""

    class_: str
    possible: tuple[str, ...]
    """The classes that are left; one of them unless undetermined."""
    conclusions: Mapping[str, Any]
    undetermined: tuple[str, ...]
    """The questions without an answer that could still change the class."""
    unanswered: tuple[str, ...]
    """Every question that is to be asked and has no answer yet."""
    trace: tuple[Conclusion, ...]
    obligations: tuple[Obligation, ...]

    @property
    def result(self) -> dict[str, Any]:
        return {
            "class": self.class_,
            **self.conclusions,
            "possible": list(self.possible),
            "unanswered": list(self.unanswered),
        }

    def as_json(self) -> dict[str, Any]:
        """As the contract gives it."""
        return {
            "result": self.result,
            "undetermined": list(self.undetermined),
            "trace": [each.as_json() for each in self.trace],
            "obligations": [each.as_json() for each in self.obligations],
        }


@dataclass
class Case:
    """The answers, and what the rules have concluded from them so far."""

    pack: Pack
    answers: Mapping[str, Answer]
    """A question that was answered "unknown" stands here with None."""
    class_: str | None = None
    fired: dict[str, Truth] = field(default_factory=dict)
    _asked: dict[str, Truth] = field(default_factory=dict)

    def holds(self, question: str, values: Iterable[Any]) -> Truth:
        answer = self.answers.get(question)
        if answer is None:
            # What need not be asked is not so; what was not answered may be.
            return False if self.asked(question) is False else None
        wanted = set(values)
        return bool(answer & wanted) if isinstance(answer, frozenset) else answer in wanted

    def concluded(self, name: str, value: str | None) -> Truth:
        return disjunction(self.fired[rule.id] for rule in self._concluding(name, value))

    def is_class(self, classes: Iterable[str]) -> Truth:
        return self.class_ in set(classes)

    def lacking(self, question: str) -> frozenset[str]:
        before = self.pack.by_id[question].asked_when
        found = missing(before, self) if before else frozenset()
        return found | {question} if self.is_to_ask(question) else found

    def lacking_for(self, name: str, value: str | None) -> frozenset[str]:
        rules = [rule for rule in self._concluding(name, value) if self.fired[rule.id] is None]
        return frozenset().union(*(missing(rule.when, self) for rule in rules))

    @property
    def shown_classes(self) -> Container[str | None]:
        """The classes whose rules belong into the trace."""
        return tuple(self.pack.classes) if self.class_ == UNDETERMINED else (self.class_,)

    def asked(self, question: str) -> Truth:
        """Whether the earlier answers call for the question."""
        if question not in self._asked:
            condition = self.pack.by_id[question].asked_when
            self._asked[question] = True if condition is None else truth(condition, self)
        return self._asked[question]

    def is_to_ask(self, question: str) -> bool:
        """Whether it is time for the question: also when an "I don't know" alone left that open."""
        asked = self.asked(question)
        if asked is not None:
            return asked
        condition = self.pack.by_id[question].asked_when
        return condition is not None and missing(condition, self) <= self.answers.keys()

    def _concluding(self, name: str, value: str | None) -> list[Rule]:
        return [
            rule
            for rule in self.pack.rules
            if rule.id in self.fired
            and name in rule.concludes
            and (value is None or rule.concludes[name] == value)
        ]


def classify(pack: Pack, answers: Mapping[str, Answer], *, on: dt.date) -> Classification:
    """What the pack says about these answers; the duties as of the day `on`.

    `answers` are those of `governance.risk.answers.read_answers`.
    """
    case = _judged(pack, answers)
    possible, lacking = _classes(case)
    case.class_ = possible[0] if len(possible) == 1 else UNDETERMINED
    order = [question.id for question in pack.questions]
    return Classification(
        class_=case.class_,
        possible=possible,
        conclusions=_members(case),
        undetermined=tuple(each for each in order if each in lacking),
        unanswered=tuple(each.id for each in questions_to_ask(pack, answers) if answers.get(each.id) is None),
        trace=tuple(_trace(case)),
        obligations=_owed(case, on),
    )


def duties_as(
    pack: Pack, answers: Mapping[str, Answer], class_: str, *, on: dt.date
) -> tuple[Obligation, ...]:
    """The duties if the system stands as another class than the rules conclude."""
    case = _judged(pack, answers)
    case.class_ = class_
    return _owed(case, on)


def questions_to_ask(pack: Pack, answers: Mapping[str, Answer]) -> list[Question]:
    """The questions that these answers call for, in order, answered or not."""
    case = Case(pack, answers)
    return [question for question in pack.questions if case.is_to_ask(question.id)]


def _judged(pack: Pack, answers: Mapping[str, Answer]) -> Case:
    """The case with every rule read, in order."""
    case = Case(pack, answers)
    for rule in pack.rules:
        case.fired[rule.id] = _fires(rule, case)
    return case


def _fires(rule: Rule, case: Case) -> Truth:
    if rule.unless is not None and truth(rule.unless, case) is True:
        return False
    held = truth(rule.when, case)
    return held is True if rule.lowers else held


def _classes(case: Case) -> tuple[tuple[str, ...], frozenset[str]]:
    """The classes that are left, the first rule's first, and the questions that would decide."""
    possible: list[str] = []
    lacking: frozenset[str] = frozenset()
    for rule in (rule for rule in case.pack.rules if "class" in rule.concludes):
        fired = case.fired[rule.id]
        if fired is not False:
            possible.append(rule.concludes["class"])
        if fired is True:
            break
        if fired is None:
            lacking |= missing(rule.when, case)
    else:
        possible.append(case.pack.default_class)
    left = tuple(dict.fromkeys(possible))
    return left, lacking if len(left) > 1 else frozenset()


def _members(case: Case) -> dict[str, Any]:
    """The members of the result that rules concluded with certainty."""
    found: dict[str, Any] = {}
    for name, kind in case.pack.conclusions.items():
        values = [
            rule.concludes[name]
            for rule in case.pack.rules
            if name in rule.concludes and case.fired[rule.id] is True
        ]
        unique = list(dict.fromkeys(values))
        found[name] = unique if kind == "list" else (unique[0] if unique else None)
    return found


def _trace(case: Case) -> Iterable[Conclusion]:
    """Every rule that fired; of the rules about the class only the one that decided, and its like."""
    for rule in case.pack.rules:
        concluded = rule.concludes.get("class")
        if case.fired[rule.id] is True and (concluded is None or concluded in case.shown_classes):
            yield Conclusion(rule.id, rule.citation, rule.because, _basis(rule, case))
    if case.class_ == case.pack.default_class and not _decided(case):
        default = case.pack.document["default"]
        yield Conclusion("default", default["citation"], default["because"], {})


def _decided(case: Case) -> bool:
    return any(case.fired[rule.id] is True for rule in case.pack.rules if "class" in rule.concludes)


def _basis(rule: Rule, case: Case) -> dict[str, Any]:
    conditions: list[Condition] = [rule.when, *([rule.unless] if rule.unless else [])]
    named = frozenset().union(*(questions_in(condition) for condition in conditions))
    return {name: plain(case.answers[name]) for name in sorted(named) if case.answers.get(name) is not None}


def plain(answer: Answer) -> Any:
    """An answer as JSON has it."""
    return sorted(answer) if isinstance(answer, frozenset) else answer


def _is_owed(duty: Duty, case: Case) -> bool:
    """Whether the duty may apply: not knowing one's role takes no duty away."""
    if truth(duty.when, case) is False:
        return False
    roles = case.pack.roles
    making = roles.get("who", {}).get(duty.who)
    return making is None or case.holds(roles["question"], making) is not False


def _owed(case: Case, on: dt.date) -> tuple[Obligation, ...]:
    return tuple(_obligation(duty, on) for duty in case.pack.duties if _is_owed(duty, case))


def _obligation(duty: Duty, on: dt.date) -> Obligation:
    in_force = duty.applies_from is not None and duty.applies_from <= on
    return Obligation(duty.article, duty.duty, duty.who, duty.applies_from, in_force)
