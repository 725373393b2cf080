"""The events of a prediction that arrives: what the log will hold of it for ever.

What callers may write freely (external id, an unregistered version or environment) is in the committed body
alone: it may name people, and an event can never be erased.
"""

import secrets
from typing import Any, Final
from uuid import UUID, uuid4

from audit.canonical import canonical_bytes, commitment
from audit.trail.services import event_row
from reviews.intake.arrival import Arrival

ROUTED: Final = "reviews.prediction.routed"
OPENED: Final = "reviews.review.opened"

_BODY: Final = 8
"""Where the bytes stand in the row of an event."""

# Random, so that nothing a caller writes can be taken for one of them.
_ANY_COMMITMENT: Final = secrets.token_hex(32)
_ANY_CONFIDENCE: Final = f"0.{secrets.randbits(256)}"
_ANY_ID: Final = uuid4()


def events_of(arrival: Arrival) -> list[tuple[Any, ...]]:
    """The rows of its events, as `audit.trail.services.INSERT_EVENT` takes them."""
    rows = [_routed(arrival, arrival.id, committed(arrival), arrival.confidence)]
    if arrival.item_id is not None:
        rows.append(opened(arrival, arrival.item_id))
    return rows


def committed(arrival: Arrival) -> str:
    """The commitment to the stored body, as hex."""
    return commitment(arrival.body.encode(), arrival.salt).hex()


def opened(arrival: Arrival, item_id: UUID) -> tuple[Any, ...]:
    """The row of the event of its review."""
    return event_row(
        kind=OPENED,
        actor_ref=arrival.poster,
        entity_type="review",
        entity_id=item_id,
        entity_version=1,
        system_id=arrival.model.system_id,
        details={
            "blocks": arrival.routed.blocks,
            "due_at": arrival.due_at,
            "parts": arrival.routed.priority_parts,
            "prediction": arrival.id,
            "priority": arrival.routed.priority,
            "queue": arrival.queue,
            "reasons": arrival.routed.reasons,
            "reviewers": arrival.routed.reviewers,
            "round": 1,
        },
        now=arrival.now,
    )


class RoutedBodies:
    """The bytes of routed events that differ only in id, commitment and confidence: for batches.

    Made once by the one function that writes events, then cut where those three stand; a test compares what
    comes out with that function's own bytes.
    """

    def __init__(self, arrival: Arrival) -> None:
        body: bytes = _routed(arrival, _ANY_ID, _ANY_COMMITMENT, _ANY_CONFIDENCE)[_BODY]
        self._before, _, rest = body.partition(_ANY_COMMITMENT.encode())
        self._to_confidence, _, rest = rest.partition(f'"{_ANY_CONFIDENCE}"'.encode())
        self._to_id, _, self._after = rest.partition(str(_ANY_ID).encode())

    def body(self, arrival: Arrival, id_text: str) -> bytes:
        """The bytes for `arrival`, which has everything else in common with the first one."""
        confidence = arrival.confidence
        return b"".join(
            (
                self._before,
                committed(arrival).encode(),
                self._to_confidence,
                b"null" if confidence is None else canonical_bytes(confidence),
                self._to_id,
                id_text.encode(),
                self._after,
            )
        )


def _routed(
    arrival: Arrival, prediction_id: UUID, commitment_hex: str, confidence: float | str | None
) -> tuple[Any, ...]:
    policy = arrival.model.policy
    return event_row(
        kind=ROUTED,
        actor_ref=arrival.poster,
        entity_type="prediction",
        entity_id=prediction_id,
        entity_version=1,
        system_id=arrival.model.system_id,
        details={
            "commitment": commitment_hex,
            "confidence": confidence,
            "decision": arrival.routed.decision,
            "environment": arrival.posted.environment if arrival.facts.known_environment else None,
            "model": arrival.model.slug,
            "policy": {"id": arrival.model.policy_id, "number": policy.number} if policy else None,
            "posted_by": arrival.poster,
            "propensity": arrival.routed.propensity,
            "reasons": arrival.routed.reasons,
            "schema": arrival.model.schema.id,
            "training_use": arrival.posted.training_use,
            "version": arrival.posted.version if arrival.known_version else None,
        },
        now=arrival.now,
    )
