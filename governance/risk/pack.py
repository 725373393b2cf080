"""Rule packs: typed questions, ordered rules, classes and duties, as they stand in a pack's files. Pure.

A pack is immutable: its digest is the SHA-256 of its RFC 8785 bytes, and a test holds name and version to it.
`governance.risk.checking` says whether a document is a pack at all.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rfc8785

from governance.risk.conditions import Condition

BOOLEAN, CHOICE, MULTI = "boolean", "choice", "multi"
NONE_OF_THESE = "none"
"""The choice of a `multi` that stands alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer."""

    id: str
    text: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One typed question. `asked_when` None: always."""

    id: str
    step: str
    type: str
    text: str
    help: str
    law: str
    citation: str
    choices: tuple[Choice, ...] = ()
    asked_when: Condition | None = None

    @property
    def choice_ids(self) -> tuple[str, ...]:
        return tuple(choice.id for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from a condition. It concludes a class, members of the result, or is only a remark.

    `unless` stops the rule only when it is certain. A rule that `lowers` fires only on certainty too:
    what is unknown never lowers a class.
    """

    id: str
    when: Condition
    citation: str
    because: str
    concludes: Mapping[str, str]
    unless: Condition | None = None
    lowers: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation of somebody, from a date on."""

    article: str
    duty: str
    who: str
    applies_from: dt.date | None
    when: Condition


@dataclass(frozen=True)
class Pack:
    """A whole pack. `document` is what its files say, and what its digest is over."""

    document: Mapping[str, Any]
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]
    duties: tuple[Duty, ...]

    @property
    def name(self) -> str:
        return str(self.document["pack"])

    @property
    def version(self) -> str:
        return str(self.document["version"])

    @property
    def title(self) -> str:
        return str(self.document["title"])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes, as hex."""
        return hashlib.sha256(rfc8785.dumps(dict(self.document))).hexdigest()

    @cached_property
    def classes(self) -> Mapping[str, str]:
        """Their ids, the most serious first, with what people call them."""
        return {each["id"]: each["title"] for each in self.document["classes"]}

    @property
    def default_class(self) -> str:
        return str(self.document["default_class"])

    @cached_property
    def conclusions(self) -> Mapping[str, str]:
        """Members of the result beside the class: `list` or `one`."""
        return dict(self.document["conclusions"])

    @cached_property
    def roles(self) -> Mapping[str, Any]:
        """`question` asks for the role; `who` maps who owes a duty to the answers that make one so."""
        return dict(self.document.get("roles", {}))

    @cached_property
    def by_id(self) -> Mapping[str, Question]:
        return {question.id: question for question in self.questions}

    @cached_property
    def steps(self) -> Mapping[str, str]:
        """Ids of the steps of the questionnaire, in order, with their titles."""
        return {each["id"]: each["title"] for each in self.document["steps"]}


def pack_of(document: Mapping[str, Any]) -> Pack:
    """The pack that a checked document describes."""
    return Pack(
        document=document,
        questions=tuple(_question(each) for each in document["questions"]),
        rules=tuple(_rule(each) for each in document["rules"]),
        duties=tuple(_duty(each) for each in document["obligations"]),
    )


def _question(each: Mapping[str, Any]) -> Question:
    return Question(
        **{name: each[name] for name in ("id", "step", "type", "text", "help", "law", "citation")},
        choices=tuple(Choice(**choice) for choice in each.get("choices", ())),
        asked_when=each.get("asked_when"),
    )


def _rule(each: Mapping[str, Any]) -> Rule:
    return Rule(
        **{name: each[name] for name in ("id", "when", "citation", "because")},
        concludes=each.get("concludes", {}),
        unless=each.get("unless"),
        lowers=each.get("lowers", False),
    )


def _duty(each: Mapping[str, Any]) -> Duty:
    since = each["applies_from"]
    return Duty(
        **{name: each[name] for name in ("article", "duty", "who", "when")},
        applies_from=dt.date.fromisoformat(since) if since else None,
    )
