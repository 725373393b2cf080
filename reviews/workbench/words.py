"""Why an item came to people, in the few words that fit on a label. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from reviews.routing import reasons

SHORT: Mapping[str, str] = {
    reasons.SUSPENDED: "model suspended",
    reasons.NOT_APPROVED: "version not approved",
    reasons.FAILSAFE_VERSION: "version not registered",
    reasons.FAILSAFE_ENVIRONMENT: "unknown environment",
    reasons.FAILSAFE_POLICY: "no routing policy",
    reasons.FAILSAFE_INPUT: "unusual input",
    reasons.FAILSAFE_OUTPUT: "unusual output",
    reasons.FAILSAFE_CONFIDENCE: "no usable confidence",
    reasons.CLASS_ALWAYS_REVIEWED: "class always reviewed",
    reasons.LOW_CONFIDENCE: "low confidence",
    reasons.RANDOM_QA: "random check",
    reasons.FLAGGED: "disputed",
    "REOPENED": "reopened",
}


def reason_labels(
    codes: Iterable[str], *, policy: Mapping[str, Any] | None, classes: Iterable[str]
) -> list[dict[str, str]]:
    """Code and text of each reason; a low confidence names the threshold it was held against."""
    return [{"code": code, "text": _text(code, policy, classes)} for code in codes]


def _text(code: str, policy: Mapping[str, Any] | None, classes: Iterable[str]) -> str:
    if code == reasons.LOW_CONFIDENCE and policy:
        own = policy.get("class_thresholds") or {}
        threshold = max((own.get(name, policy["threshold"]) for name in classes), default=policy["threshold"])
        return f"confidence below {threshold:g}"
    for prefix, noun in ((reasons.RULE_PREFIX, "rule"), (reasons.GUARDRAIL_PREFIX, "guardrail")):
        if code.startswith(prefix):
            return f"{noun}: {code.removeprefix(prefix)}"
    return SHORT.get(code, code.replace("_", " ").lower())
