"""Why a prediction goes to a person: every reason code, its sentence, and what kind of reason it is.

`docs/reference/` is generated from this table. Rules and guardrails bring their own name behind a prefix.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What a reason says about the prediction."""

    FAILSAFE = "failsafe"  # it cannot be judged by rules at all
    HOLD = "hold"  # the version may not stand alone at present
    POLICY = "policy"  # the routing policy asks for a person
    CHANCE = "chance"  # drawn at random, whatever it is
    DISPUTE = "dispute"  # somebody doubted it after it was accepted


class Reason(NamedTuple):
    """One row of the table."""

    code: str
    kind: Kind
    sentence: str


SUSPENDED: Final = "SUSPENDED"
NOT_APPROVED: Final = "NOT_APPROVED"
FAILSAFE_VERSION: Final = "FAILSAFE_VERSION"
FAILSAFE_ENVIRONMENT: Final = "FAILSAFE_ENVIRONMENT"
FAILSAFE_POLICY: Final = "FAILSAFE_POLICY"
FAILSAFE_INPUT: Final = "FAILSAFE_INPUT"
FAILSAFE_OUTPUT: Final = "FAILSAFE_OUTPUT"
FAILSAFE_CONFIDENCE: Final = "FAILSAFE_CONFIDENCE"
CLASS_ALWAYS_REVIEWED: Final = "CLASS_ALWAYS_REVIEWED"
LOW_CONFIDENCE: Final = "LOW_CONFIDENCE"
RANDOM_QA: Final = "RANDOM_QA"
FLAGGED: Final = "FLAGGED"

RULE_PREFIX: Final = "RULE:"
GUARDRAIL_PREFIX: Final = "GUARDRAIL:"

TABLE: Final = (
    Reason(SUSPENDED, Kind.HOLD, "The model version is suspended, so people decide."),
    Reason(NOT_APPROVED, Kind.HOLD, "The model version is not approved for this environment."),
    Reason(FAILSAFE_VERSION, Kind.FAILSAFE, "The model version is not registered."),
    Reason(FAILSAFE_ENVIRONMENT, Kind.FAILSAFE, "The environment is not known."),
    Reason(
        FAILSAFE_POLICY,
        Kind.FAILSAFE,
        "No routing policy is published for this model, or a rule could not be evaluated.",
    ),
    Reason(
        FAILSAFE_INPUT,
        Kind.FAILSAFE,
        "The input, or something posted with it, is not what the model's data contract allows.",
    ),
    Reason(
        FAILSAFE_OUTPUT, Kind.FAILSAFE, "The output is missing, or is not what the model's schema allows."
    ),
    Reason(FAILSAFE_CONFIDENCE, Kind.FAILSAFE, "The confidence is missing, or is not a number from 0 to 1."),
    Reason(CLASS_ALWAYS_REVIEWED, Kind.POLICY, "Every prediction of this class is reviewed."),
    Reason(LOW_CONFIDENCE, Kind.POLICY, "The confidence is below the threshold."),
    Reason(RANDOM_QA, Kind.CHANCE, "Drawn at random for quality assurance."),
    Reason(FLAGGED, Kind.DISPUTE, "Somebody disputed the outcome."),
)
"""In the order in which reasons are listed; rules and guardrails stand before RANDOM_QA."""

BY_CODE: Final[Mapping[str, Reason]] = {reason.code: reason for reason in TABLE}


def reason_for(code: str) -> Reason:
    """The row of a code, also of `RULE:<name>` and `GUARDRAIL:<name>`.

    Raises:
        KeyError: there is no such reason.
    """
    if code.startswith(RULE_PREFIX):
        name = code.removeprefix(RULE_PREFIX)
        return Reason(code, Kind.POLICY, f"The rule “{name}” applies.")
    if code.startswith(GUARDRAIL_PREFIX):
        name = code.removeprefix(GUARDRAIL_PREFIX)
        return Reason(code, Kind.POLICY, f"The output breaks the guardrail “{name}”.")
    return BY_CODE[code]
