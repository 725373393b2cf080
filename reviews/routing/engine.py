"""Routing: does this prediction stand alone, or does a person decide? One place, pure, and it fails closed.

`route` is a function of a compiled policy and the facts of one prediction, nothing else: the same answer
on any machine, on a retry, and when a policy is replayed on history. All reasons that hold are listed, in
the order of `reasons.TABLE`. A prediction that no policy can judge goes to a person, with the reason.

The propensity is the probability, fixed here, that a person sees the prediction: 1.0 when anything but chance
sends it, else the rate of random checks, also for those that were not drawn.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, cast

from reviews.routing import reasons as codes
from reviews.routing.urgency import patience, priority_of, priority_parts, sort_at
from reviews.routing.validation import DEFAULT_DEADLINE_MINUTES, validate_policy

__all__ = [
    "CompiledPolicy",
    "Facts",
    "Routed",
    "classes_of",
    "compile_policy",
    "draw",
    "patience",
    "priority_of",
    "priority_parts",
    "route",
    "sort_at",
    "validate_policy",
]

Decision = Literal["accept", "review"]

_NO_PARTS: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy version, ready to route with. `inner` and `outer` are the two halves of its keyed draw."""

    number: int
    queue: str
    threshold: float
    class_thresholds: Mapping[str, float]
    always_review: frozenset[str]
    classes: frozenset[str] | None
    qa_rate: float
    qa_blocks: bool
    deadline_minutes: int
    reviewers: int
    on_deadline: str
    escalation_queue: str | None
    inner: "hashlib._Hash"
    outer: "hashlib._Hash"


@dataclass(slots=True)
class Facts:
    """What routing knows of one prediction. `confidence` is as posted, whatever that is.

    `classes` are those of `classes_of`; `extras` are FAILSAFE codes that reading the body found
    (`Posted.odd`).
    """

    external_id: str
    confidence: object = None
    output: object = None
    scores: object = None
    classes: tuple[str, ...] = ()
    output_valid: bool = False
    input_valid: bool = False
    known_version: bool = False
    known_environment: bool = False
    suspended: bool = False
    not_approved: bool = False
    extras: tuple[str, ...] = ()


class Routed(NamedTuple):
    """The answer.

    `decision` is what the caller is told. `blocks`: the outcome waits for the person. A prediction that is
    drawn alone, under a policy whose checks do not block, is accepted and yet `to_person`.
    """

    decision: Decision
    reasons: tuple[str, ...]
    propensity: float
    blocks: bool
    queue: str | None
    """Slug; None means the model's own default queue."""
    priority: int
    priority_parts: Mapping[str, int]
    deadline_minutes: int
    reviewers: int

    @property
    def to_person(self) -> bool:
        """Whether a review item is made."""
        return bool(self.reasons)


def compile_policy(
    body: Mapping[str, object], *, number: int, salt: bytes, model: str, classes: frozenset[str] | None
) -> CompiledPolicy:
    """Make a body that `validate_policy` normalised ready for `route`.

    `classes` is the enum of the class field in the output schema, None when it has none. `salt` is secret:
    who knows it knows which predictions nobody will check.
    """
    if not salt:
        raise ValueError("A policy without a salt has a draw that anybody can predict.")
    return CompiledPolicy(
        number=number,
        queue=cast("str", body["queue"]),
        threshold=float(cast("float", body["threshold"])),
        class_thresholds=dict(cast("Mapping[str, float]", body.get("class_thresholds", {}))),
        always_review=frozenset(cast("list[str]", body.get("always_review", []))),
        classes=classes,
        qa_rate=float(cast("float", body.get("qa_rate", 0.0))),
        qa_blocks=bool(body.get("qa_blocks", False)),
        deadline_minutes=cast("int", body.get("deadline_minutes", DEFAULT_DEADLINE_MINUTES)),
        reviewers=cast("int", body.get("reviewers", 1)),
        on_deadline=cast("str", body.get("on_deadline", "escalate")),
        escalation_queue=cast("str | None", body.get("escalation_queue")),
        inner=_keyed(salt, _INNER_PAD, model.encode() + b"\0"),
        outer=_keyed(salt, _OUTER_PAD),
    )


_INNER_PAD, _OUTER_PAD = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_BLOCK: Final = 64


def _keyed(salt: bytes, pad: bytes, start: bytes = b"") -> "hashlib._Hash":
    """One half of HMAC-SHA256 (RFC 2104) as far as it does not depend on the message, done once for each
    policy."""
    key = salt if len(salt) <= _BLOCK else hashlib.sha256(salt).digest()
    return hashlib.sha256(key.ljust(_BLOCK, b"\0").translate(pad) + start)


def classes_of(output: object, class_field: str) -> tuple[str, ...]:
    """The classes of an output: a string is one, an array of strings several, anything else none."""
    value = output.get(class_field) if type(output) is dict else None
    if type(value) is str:
        return (value,)
    if type(value) is list and all(type(each) is str for each in value):
        return tuple(value)
    return ()


def draw(policy: CompiledPolicy, external_id: str) -> float:
    """A number in [0, 1) that looks random to the caller and is the same whenever it is asked for.

    HMAC-SHA256 under the policy's salt over model, U+0000 and external id; 53 bits, as a double holds.
    Written out because `hmac.digest` sets up its key anew for each call, at more than the price of all the
    rest of `route`.
    """
    inner = policy.inner.copy()
    inner.update(external_id.encode())
    outer = policy.outer.copy()
    outer.update(inner.digest())
    digest = outer.digest()
    return (int.from_bytes(digest[:8], "big") >> 11) * 2.0**-53


def route(policy: CompiledPolicy | None, facts: Facts) -> Routed:
    """Decide. `policy` is the published one, None when there is none."""
    confidence = _confidence(facts.confidence)
    found = _failsafes(policy, facts, confidence)
    uncertainty, grave = _by_policy(policy, facts.classes, confidence, found)
    certain = bool(found)
    rate = policy.qa_rate if policy else 1.0
    if policy and rate > 0.0 and (rate >= 1.0 or draw(policy, facts.external_id) < rate):
        found.append(codes.RANDOM_QA)
    blocks = certain or (bool(found) and policy is not None and policy.qa_blocks)
    parts = (
        priority_parts(found, uncertainty=uncertainty, grave_class=grave, blocks=blocks)
        if found
        else _NO_PARTS
    )
    return Routed(
        "review" if blocks else "accept",
        tuple(found),
        1.0 if certain else rate,
        blocks,
        policy.queue if policy else None,
        priority_of(parts) if found else 0,
        parts,
        policy.deadline_minutes if policy else DEFAULT_DEADLINE_MINUTES,
        policy.reviewers if policy else 1,
    )


def _failsafes(policy: CompiledPolicy | None, facts: Facts, confidence: float | None) -> list[str]:
    """Holds, and everything that makes the prediction one that rules cannot judge."""
    found: list[str] = []
    extras = facts.extras
    in_enum = policy is None or policy.classes is None or policy.classes.issuperset(facts.classes)
    if (
        policy is not None
        and confidence is not None
        and facts.known_version
        and facts.known_environment
        and facts.input_valid
        and facts.output_valid
        and in_enum
        and not (facts.suspended or facts.not_approved or extras)
    ):
        return found  # most predictions
    if facts.suspended:
        found.append(codes.SUSPENDED)
    if facts.not_approved:
        found.append(codes.NOT_APPROVED)
    if not facts.known_version or codes.FAILSAFE_VERSION in extras:
        found.append(codes.FAILSAFE_VERSION)
    if not facts.known_environment or codes.FAILSAFE_ENVIRONMENT in extras:
        found.append(codes.FAILSAFE_ENVIRONMENT)
    if policy is None or codes.FAILSAFE_POLICY in extras:
        found.append(codes.FAILSAFE_POLICY)
    if not facts.input_valid or codes.FAILSAFE_INPUT in extras:
        found.append(codes.FAILSAFE_INPUT)
    if not (facts.output_valid and in_enum) or codes.FAILSAFE_OUTPUT in extras:
        found.append(codes.FAILSAFE_OUTPUT)
    if confidence is None or codes.FAILSAFE_CONFIDENCE in extras:
        found.append(codes.FAILSAFE_CONFIDENCE)
    found.extend(code for code in extras if code not in found)  # whatever it is, it is not nothing
    return found


def _confidence(value: object) -> float | None:
    """A number from 0 to 1, else None. A boolean is no number, and NaN is not between anything."""
    if type(value) is float or type(value) is int:
        return value if 0 <= value <= 1 else None
    return None


def _by_policy(
    policy: CompiledPolicy | None, classes: tuple[str, ...], confidence: float | None, found: list[str]
) -> tuple[float, bool]:
    """Add the policy's reasons to `found`; answer the uncertainty (0 to 1) and whether the class is grave."""
    if policy is None:
        return (1.0 if confidence is None else 0.0), False
    threshold = policy.threshold
    always = False
    if classes:
        always = not policy.always_review.isdisjoint(classes)
        if always:
            found.append(codes.CLASS_ALWAYS_REVIEWED)
        threshold = _threshold(policy, classes)
    grave = always or threshold > policy.threshold
    if confidence is None:
        return 1.0, grave
    if confidence < threshold:
        found.append(codes.LOW_CONFIDENCE)
        return (threshold - confidence) / threshold, grave
    return 0.0, grave


def _threshold(policy: CompiledPolicy, classes: tuple[str, ...]) -> float:
    """A class threshold replaces the default for its class, up or down; of several classes the strictest
    counts."""
    if not policy.class_thresholds:
        return policy.threshold
    if len(classes) == 1:
        return policy.class_thresholds.get(classes[0], policy.threshold)
    return max(policy.class_thresholds.get(each, policy.threshold) for each in classes)
