"""May this version go live there now? Facts in, decision and reasons out. Pure, and it fails closed.

`RULES` is the table: each rule looks at the facts and says what is wrong, if anything. What weighs how is the
rule's, what that means for the answer is the environment's mode: `block` denies, `warn` turns a denial into a
warning, `allow` lets it through and still says why. Whoever is suspended, prohibited or not even known is
denied in every mode.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Literal, NamedTuple

from registry.systems.reasons import Reason

Decision = Literal["allow", "warn", "deny"]

UNDECIDABLE: Final = "UNDECIDABLE"
PROHIBITED: Final = "prohibited"
UNDETERMINED: Final = "undetermined"


class Weight(IntEnum):
    """What a finding does to the answer."""

    NOTE = 0  # warns; lets through where the mode is `allow`
    BAR = 1  # denies; the environment's mode may soften it
    STOP = 2  # denies, whatever the mode is


class Signed(NamedTuple):
    """The approval in force, as far as the gate looks at it."""

    id: str
    revalidation: str = "ok"
    """`ok`, `overdue` (within its days of grace) or `lapsed` (after them)."""
    unfulfilled: Sequence[Reason] = ()
    """Conditions that do not hold, or that could not be judged."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that counts. The defaults are those of a question about nothing: it is denied."""

    environment: str = ""
    mode: str | None = None
    """`block`, `warn` or `allow`; None: there is no such environment."""
    regions: Sequence[str] = ()
    """Where the environment may run; empty: anywhere."""
    matches: int | None = None
    """How many versions have exactly the artifacts asked about; None: the question named the version."""
    known: bool = False
    """Whether there is one version that the question is about."""
    suspended: Sequence[str] = ()
    """What is suspended, in words: the version, its model, its system."""
    class_: str | None = None
    """How the system is classified; None: never."""
    demands_approval: bool = True
    approval: Signed | None = None
    why_none: Sequence[Reason] = ()
    """Why no approval is in force."""
    waived: frozenset[str] = frozenset()
    """Codes of reasons that somebody waived for now."""
    region: Any = None
    """Where the caller says it runs."""
    spend: Any = None
    ceiling: Any = None
    """What was spent, and what may be: numbers that the caller reports, of the same currency."""


class Judgement(NamedTuple):
    """The answer."""

    decision: Decision
    reasons: tuple[Reason, ...]


class Rule(NamedTuple):
    """One row of the table."""

    name: str
    weight: Weight
    find: Callable[[Facts], Iterable[Reason]]
    waivable: bool = False


def _unknown_environment(facts: Facts) -> Iterator[Reason]:
    if facts.mode is None:
        yield Reason("UNKNOWN_ENVIRONMENT", "There is no such environment, so nothing is let into it.")


def _unknown_subject(facts: Facts) -> Iterator[Reason]:
    if facts.known:
        return
    if facts.matches is None:
        yield Reason("UNKNOWN_VERSION", "There is no such version of this model, or it is not yours to know.")
    elif facts.matches == 0:
        yield Reason("UNKNOWN_ARTIFACTS", "No version that you may know has exactly these artifacts.")
    else:
        detail = f"{facts.matches} versions have exactly these artifacts; ask by model and version."
        yield Reason("AMBIGUOUS", detail)


def _suspended(facts: Facts) -> Iterator[Reason]:
    for what in facts.suspended:
        yield Reason("SUSPENDED", what)


def _prohibited(facts: Facts) -> Iterator[Reason]:
    if facts.known and facts.class_ == PROHIBITED:
        yield Reason("PROHIBITED", "The AI system is classified as prohibited; nobody can approve it.")


def _unclassified(facts: Facts) -> Iterator[Reason]:
    if facts.known and facts.mode is not None and facts.class_ is None:
        yield Reason("UNCLASSIFIED", "The AI system was never classified, so nobody knows what is due.")


def _undetermined(facts: Facts) -> Iterator[Reason]:
    if facts.known and facts.class_ == UNDETERMINED:
        detail = "Questions about the AI system are still open; it is treated as high-risk."
        yield Reason("UNDETERMINED", detail)


def _not_approved(facts: Facts) -> Iterator[Reason]:
    if not facts.known or facts.mode is None or facts.approval is not None or not facts.demands_approval:
        return
    yield from facts.why_none or [Reason("NOT_APPROVED", "No approval of this version is in force there.")]


def _conditions(facts: Facts) -> Iterator[Reason]:
    if facts.approval is not None:
        yield from facts.approval.unfulfilled


def _lapsed(facts: Facts) -> Iterator[Reason]:
    if facts.approval is not None and facts.approval.revalidation not in ("ok", "overdue"):
        detail = "The revalidation is overdue, and its days of grace are over."
        yield Reason("REVALIDATION_LAPSED", detail)


def _overdue(facts: Facts) -> Iterator[Reason]:
    if facts.approval is not None and facts.approval.revalidation == "overdue":
        yield Reason(
            "REVALIDATION_OVERDUE", "The revalidation is overdue; after its days of grace: a denial."
        )


def _region(facts: Facts) -> Iterator[Reason]:
    if facts.region is None or not facts.regions:
        return
    if facts.region not in facts.regions:
        allowed = ", ".join(facts.regions)
        detail = f"The region given is none of those that {facts.environment} may run in: {allowed}."
        yield Reason("REGION_NOT_ALLOWED", detail)


def _spend(facts: Facts) -> Iterator[Reason]:
    if facts.spend is None and facts.ceiling is None:
        return
    if not (_is_number(facts.spend) and _is_number(facts.ceiling)):
        yield Reason("SPEND_UNKNOWN", "Spend and ceiling are both needed, as numbers, or neither.")
    elif not facts.spend <= facts.ceiling:  # also when one of them is NaN
        yield Reason("SPEND_ABOVE_CEILING", f"{facts.spend} was spent; at most {facts.ceiling} may be.")


RULES: Final = (
    Rule("environment", Weight.STOP, _unknown_environment),
    Rule("subject", Weight.STOP, _unknown_subject),
    Rule("suspended", Weight.STOP, _suspended),
    Rule("prohibited", Weight.STOP, _prohibited),
    Rule("unclassified", Weight.BAR, _unclassified),
    Rule("not approved", Weight.BAR, _not_approved),
    Rule("conditions", Weight.BAR, _conditions, waivable=True),
    Rule("revalidation lapsed", Weight.BAR, _lapsed, waivable=True),
    Rule("region", Weight.BAR, _region, waivable=True),
    Rule("spend", Weight.BAR, _spend, waivable=True),
    Rule("revalidation overdue", Weight.NOTE, _overdue, waivable=True),
    Rule("undetermined", Weight.NOTE, _undetermined),
)
"""In the order in which reasons are listed."""

SENTENCES: Final[Mapping[str, str]] = {
    "UNDECIDABLE": "The gate could not decide; nothing is let through.",
    "UNKNOWN_ENVIRONMENT": "There is no such environment.",
    "UNKNOWN_VERSION": "There is no such version, or it is not the caller's to know.",
    "UNKNOWN_ARTIFACTS": "No version has exactly these artifacts.",
    "AMBIGUOUS": "More than one version has exactly these artifacts.",
    "SUSPENDED": "The version, its model or its AI system is suspended.",
    "PROHIBITED": "The AI system is classified as prohibited.",
    "UNCLASSIFIED": "The AI system was never classified.",
    "UNDETERMINED": "The class of the AI system is not determined yet; a warning.",
    "NOT_APPROVED": "No approval of the version for this environment is in force.",
    "APPROVAL_EXPIRED": "The approval has ended.",
    "APPROVAL_STALE": "What was signed for has changed since.",
    "CONDITION_NOT_FULFILLED": "A condition of the approval does not hold.",
    "CONDITION_KEY_MISSING": "A condition of the approval needs a value that the context lacks.",
    "REVALIDATION_LAPSED": "The revalidation is overdue, beyond its days of grace.",
    "REVALIDATION_OVERDUE": "The revalidation is overdue; a warning during the days of grace.",
    "REGION_NOT_ALLOWED": "The environment may not run in this region.",
    "SPEND_ABOVE_CEILING": "More was spent than may be.",
    "SPEND_UNKNOWN": "Of spend and ceiling only one was given, or no number.",
}
"""Every code of a reason in words, for the reference."""


def judge(facts: Facts) -> Judgement:
    """Decide; whatever goes wrong on the way is a denial."""
    try:
        return _judge(facts)
    except Exception as error:  # whatever it is: a gate that falls over must not stand open
        return undecidable(f"The gate could not decide ({type(error).__name__}), so nothing is let through.")


def undecidable(detail: str) -> Judgement:
    """The answer when there is none."""
    return Judgement("deny", (Reason(UNDECIDABLE, detail),))


def _judge(facts: Facts) -> Judgement:
    found = list(_findings(facts))
    reasons = tuple(reason for _, reason in found)
    heaviest = max((weight for weight, _ in found), default=None)
    return Judgement(_decision(facts.mode, heaviest), reasons)


def _findings(facts: Facts) -> Iterator[tuple[Weight, Reason]]:
    for rule in RULES:
        for reason in rule.find(facts):
            if not re.fullmatch(r"[A-Z][A-Z_]*", reason.code):
                raise ValueError(reason.code)
            if not (rule.waivable and reason.code in facts.waived):
                yield rule.weight, reason


def _decision(mode: str | None, heaviest: Weight | None) -> Decision:
    """The table of modes and weights; a mode that nobody knows counts as `block`."""
    if heaviest is Weight.STOP or mode is None:
        return "deny"
    if heaviest is None or mode == "allow":
        return "allow"
    if heaviest is Weight.NOTE or mode == "warn":
        return "warn"
    return "deny"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
