"""What stands on a prediction's page in words: routing, outcomes, events."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from reviews.judging.codes import CODES
from reviews.judging.passing import REOPENED
from reviews.queue.models import Judgement
from reviews.routing.reasons import LOW_CONFIDENCE, RANDOM_QA, reason_for
from reviews.workbench.showing import percent, value_text

SOURCES: Mapping[str, str] = {
    "model": "the model's own answer",
    "human": "decided by people",
    "adjudication": "decided by an adjudicator",
    "fallback": "nobody decided in time",
    "": "taken back",
}
HAPPENED: Mapping[str, str] = {
    "reviews.prediction.flagged": "disputed the outcome",
    "reviews.prediction.cancelled": "withdrew the prediction",
    "reviews.review.reopened": "asked for another review",
    "reviews.review.escalated": "escalated the review",
    "reviews.review.assigned": "assigned the review",
    "reviews.review.unlocked": "took the review from whoever held it",
    "reviews.review.snoozed": "put the review off",
    "reviews.review.skipped": "skipped the review",
    "reviews.review.undone": "took a decision back",
}
DISPUTED_BY: Mapping[str, str] = {"customer": "for a customer", "monitor": "for a monitor"}


def reason_sentence(code: str, *, policy: Mapping[str, Any] | None, classes: Iterable[str]) -> str:
    """Why it went to people, as a sentence; a low confidence names its threshold."""
    if code == REOPENED:
        return "Somebody asked for another look after the decision."
    if code == LOW_CONFIDENCE and policy:
        return f"The confidence is below the threshold of {threshold_of(policy, classes):g}."
    try:
        return reason_for(code).sentence
    except KeyError:
        return code.replace("_", " ").capitalize() + "."


def threshold_of(policy: Mapping[str, Any], classes: Iterable[str]) -> float:
    """The strictest threshold that applies to these classes."""
    own = policy.get("class_thresholds") or {}
    return max((float(own.get(name, policy["threshold"])) for name in classes), default=policy["threshold"])


def routing_sentence(decision: str, reasons: Iterable[str], *, number: int | None, pending: bool) -> str:
    """What routing did, in one sentence."""
    by = f"Policy {number}" if number is not None else "Routing"
    if decision == "review":
        return f"{by} sent it to people{', and its outcome waits for them' if pending else ''}."
    if RANDOM_QA in reasons:
        return f"{by} let it stand, and sent it to people as a random check besides."
    return f"{by} let it stand without a person: nothing asked for one."


def propensity_sentence(propensity: float) -> str:
    """How likely it was, when it was routed, that a person would see it."""
    if propensity >= 1:
        return "Every prediction like this is seen by a person"
    if propensity <= 0:
        return "No prediction like this is drawn for a person"
    return f"{percent(propensity)} of predictions like this are seen by a person"


def reasons_said(judgement: Judgement) -> list[str]:
    """The reviewer's reason codes in words."""
    return [CODES[code].label if code in CODES else code for code in judgement.reasons]


def output_words(output: object) -> str:
    """An output in a few words: the one member's value, or as much JSON as fits."""
    if isinstance(output, dict) and len(output) == 1:
        output = next(iter(output.values()))
    text = value_text(output)
    return text if len(text) <= 200 else text[:200] + "…"


def json_words(text: str | None) -> str:
    """The same of JSON text."""
    return output_words(orjson.loads(text)) if text else "nothing"


def diff_rows(judgement: Judgement) -> list[dict[str, str | None]]:
    """What a judgement changed, as the template `_diff.html` wants it."""
    return [
        {
            "pointer": str(change.get("pointer", "")),
            "before": None if change.get("op") == "add" else value_text(change.get("from")),
            "after": None if change.get("op") == "remove" else value_text(change.get("to")),
        }
        for change in judgement.diff
    ]
