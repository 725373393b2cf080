"""What the pure cores cost per prediction: microseconds per call, best of several runs."""

import datetime as dt
import uuid
from collections.abc import Callable
from functools import partial

from audit.canonical import commitment, event_bytes
from bench.reading import TYPICAL, microseconds
from reviews.intake.reading import content_digest, read, read_prediction, stored_text
from reviews.labels.diff import diff
from reviews.routing.engine import CompiledPolicy, Facts, classes_of, compile_policy, route

POLICY = {
    "queue": "fraud",
    "threshold": 0.85,
    "class_thresholds": {"fraud": 0.95},
    "always_review": ["blocked"],
    "qa_rate": 0.02,
}


def compiled() -> CompiledPolicy:
    return compile_policy(
        POLICY, number=7, salt=b"s" * 32, model="fraud-screen", classes=frozenset({"fraud", "ok", "blocked"})
    )


def facts(confidence: float) -> Facts:
    """Made anew for each prediction, so its price belongs to routing."""
    return Facts(
        external_id="txn-8812",
        confidence=confidence,
        classes=classes_of({"label": "fraud"}, "label"),
        output_valid=True,
        input_valid=True,
        known_version=True,
        known_environment=True,
    )


def main() -> None:
    policy = compiled()
    reading = read(TYPICAL)
    value = reading.value
    assert isinstance(value, dict)
    digest = content_digest(value)
    event = partial(
        event_bytes,
        kind="reviews.prediction.posted",
        actor=f"key:{uuid.uuid4()}",
        entity_type="prediction",
        entity_id=uuid.uuid4(),
        entity_version=1,
        at=dt.datetime.now(dt.UTC),
        details={
            "external_id": "c0ffee" * 10,
            "decision": "review",
            "reasons": ["LOW_CONFIDENCE"],
            "policy_version": 7,
            "propensity": 0.02,
            "version": "3.2.0",
            "content": digest.hex(),
        },
        system=uuid.uuid4(),
    )
    payload = stored_text(value).encode()
    before, after = {"label": "fraud", "amount": 12.5}, {"label": "ok", "amount": 12.5}
    rows: dict[str, Callable[[], object]] = {
        "read": partial(read, TYPICAL),
        "read_prediction": partial(read_prediction, value, ordinary=reading.ordinary),
        "content_digest": partial(content_digest, value),
        "stored_text": partial(stored_text, value),
        "commitment": partial(commitment, payload, bytes(32)),
        "facts": partial(facts, 0.99),
        "route: accept": partial(route, policy, facts(0.99)),
        "route: review": partial(route, policy, facts(0.61)),
        "route: no policy": partial(route, None, facts(0.99)),
        "event_bytes": event,
        "diff": partial(diff, before, after),
    }
    for name, call in rows.items():
        print(f"{name:20}{microseconds(call):8.2f} us")


if __name__ == "__main__":
    main()
