"""What a reviewer is given with a lease: the case, the form, and where they left off."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from audit.prepared import execute
from governance.access.models import Person
from reviews.intake.reading import read_json
from reviews.intake.standing import as_fragment
from reviews.judging import shapes
from reviews.judging.codes import CODES
from reviews.judging.shown import payload_shown
from reviews.queue.claims import Lease, Taken
from reviews.queue.models import ReviewItem
from reviews.queue.states import LEASED

_CASE = """
SELECT m.slug, p.version_name, p.external_id, p.environment, p.routed_at, p.occurred_at, p.schema_id,
    policy.number, y.body, d.body
FROM reviews_prediction p
JOIN registry_model m ON m.id = p.model_id
LEFT JOIN reviews_routingpolicy policy ON policy.id = p.policy_id
LEFT JOIN reviews_payload y ON y.prediction_id = p.id
LEFT JOIN reviews_draft d ON d.item_id = %s AND d.person_id = %s
WHERE p.id = %s
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """An item in the hands of one person. `payload` holds the members that a reviewer sees, as posted."""

    item: ReviewItem
    lease: Lease
    resumed: bool
    model: str
    version: str
    external_id: str
    environment: str
    routed_at: dt.datetime
    occurred_at: dt.datetime | None
    schema_id: UUID
    policy_number: int | None
    payload: dict[str, Any]
    form: Mapping[str, Any]
    """The output schema under which the prediction was posted."""
    draft: str | None
    """JSON text of what this person typed before."""


def offer(taken: Taken, person: Person) -> Offer:
    """Read what belongs to a lease. One round trip: it follows every claim."""
    item = taken.item
    row = execute(_CASE, [item.pk, person.pk, item.prediction_id]).fetchone()
    assert row is not None  # an item has its prediction for as long as it is there
    *facts, schema_id, policy_number, body, draft = row
    posted: Any = read_json(body.encode()) if body else {}
    case = (*facts, schema_id, policy_number, payload_shown(posted), shapes.form_of(schema_id), draft)
    return Offer(*(item, taken.lease, taken.resumed, *case))


def as_json(given: Offer) -> dict[str, Any]:
    """The answer to a claim."""
    item = given.item
    prediction: dict[str, Any] = {name: as_fragment(value) for name, value in given.payload.items()}
    prediction |= {
        "id": str(item.prediction_id),
        "external_id": given.external_id,
        "model": given.model,
        "version": given.version,
        "environment": given.environment,
        "occurred_at": given.occurred_at,
        "posted_at": given.routed_at,
    }
    return {
        "review": {
            "id": str(item.pk),
            "state": LEASED,
            "queue": item.queue.slug,
            "round": item.round,
            "prediction": prediction,
            "form": given.form,
            "reason_codes": list(CODES),
            "routing_reasons": item.reasons,
            "policy_number": given.policy_number,
            "due_at": item.due_at,
            "priority": item.priority,
            "draft": orjson.Fragment(given.draft) if given.draft is not None else None,
            "resumed": given.resumed,
        },
        "lease": lease_json(given.lease),
    }


def lease_json(lease: Lease) -> dict[str, Any] | None:
    """The lease as the API gives it; None where undoing gave none back."""
    return {"token": lease.token, "expires_at": lease.expires_at} if lease.token else None
