"""How a prediction stands: the answer to its POST, the same whether it was stored just now or long ago."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from audit.prepared import execute
from reviews.intake.arrival import Arrival
from reviews.intake.content import stored_text
from reviews.intake.reading import read_json

MODEL: Final = "model"

# One prediction after the other (LATERAL, OFFSET 0), each thing by its key (LIMIT 1: that a key is unique in
# all months is something the planner cannot know). Joined as sets, tables that were small when the statement
# was planned would be read from end to end.
_STANDING: Final = """ CROSS JOIN LATERAL (
SELECT p.id, p.model_id, m.slug, m.system_id, s.shares_payloads, p.version_name, p.external_id, p.environment,
    p.status, p.decision, p.reasons, p.propensity,
    (SELECT number FROM reviews_routingpolicy WHERE id = p.policy_id),
    p.posted_by, p.training_use, p.routed_at, p.occurred_at,
    (SELECT digest FROM reviews_externalid WHERE model_id = p.model_id AND external_id = p.external_id),
    (SELECT body FROM reviews_payload WHERE prediction_id = p.id),
    i.id, i.queue_id, (SELECT slug FROM reviews_queue WHERE id = i.queue_id),
    CASE WHEN i.state = 'waiting' AND (
        SELECT true FROM reviews_slot WHERE item_id = i.id AND leased_until > now() LIMIT 1)
        THEN 'leased' ELSE i.state END, i.due_at,
    o.version, o.source, o.changed, o.decided_at,
    (SELECT output FROM reviews_judgement WHERE id = o.judgement_id),
    (SELECT true FROM reviews_judgement WHERE item_id = i.id LIMIT 1)
FROM (SELECT * FROM reviews_prediction WHERE id = asked.id LIMIT 1) p
JOIN registry_model m ON m.id = p.model_id
JOIN registry_aisystem s ON s.id = m.system_id
LEFT JOIN LATERAL (SELECT * FROM reviews_reviewitem WHERE prediction_id = p.id LIMIT 1) i ON true
LEFT JOIN LATERAL (
    SELECT * FROM reviews_outcome WHERE prediction_id = p.id AND version = p.outcome_version LIMIT 1
) o ON true
OFFSET 0) AS standing"""
_ONE: Final = "SELECT standing.* FROM (SELECT %(id)s::uuid OFFSET 0) AS asked (id)" + _STANDING
"""A statement of its own: how many ids an array holds is guessed anew, and planned for anew, each time."""
_MANY: Final = "SELECT standing.* FROM unnest(%(ids)b::uuid[]) AS asked (id)" + _STANDING

_IDS: Final = """
SELECT found.prediction_id
FROM unnest(%(models)b::uuid[], %(external_ids)s::text[]) AS asked (model_id, external_id)
CROSS JOIN LATERAL (
    SELECT x.prediction_id FROM reviews_externalid x
    WHERE x.model_id = asked.model_id AND x.external_id = asked.external_id OFFSET 0
) AS found"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One prediction as stored, with its review and the outcome in force."""

    id: UUID
    model_id: UUID
    model: str
    system_id: UUID
    shares_payloads: bool
    version: str
    external_id: str
    environment: str
    status: str
    decision: str
    reasons: list[str]
    propensity: float
    policy_number: int | None
    posted_by: str
    training_use: bool
    routed_at: dt.datetime
    occurred_at: dt.datetime | None
    digest: bytes
    body: str | None
    """JSON text of what was posted; None once erased."""
    item_id: UUID | None
    queue_id: UUID | None
    queue: str | None
    review_state: str | None
    due_at: dt.datetime | None
    outcome_version: int | None
    source: str | None
    changed: bool | None
    decided_at: dt.datetime | None
    judged_output: str | None
    is_judged: bool | None
    """Whether anybody has given an answer yet, be it taken back."""

    @property
    def access_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_queue_id(self) -> UUID | None:
        return self.queue_id

    def line(self) -> dict[str, Any]:
        """What a line of a batch is answered."""
        return {
            "id": self.id,
            "external_id": self.external_id,
            "decision": self.decision,
            "status": self.status,
            "reasons": self.reasons,
        }

    def posted(self) -> dict[str, Any]:
        """What was posted, without the data subject; empty once erased."""
        return read_json(self.body.encode()) if self.body is not None else {}  # type: ignore[return-value]


def standings(ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """How these predictions stand; those that do not exist are left out."""
    asked = list(ids)
    if not asked:
        return {}
    if len(asked) == 1:
        rows = execute(_ONE, {"id": asked[0]}).fetchall()
    else:
        rows = execute(_MANY, {"ids": asked}).fetchall()
    return {row[0]: Standing(*row) for row in rows}


def standings_of(names: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Standing]:
    """The same by (model id, external id)."""
    asked = list(names)
    if not asked:
        return {}
    parameters = {"models": [model for model, _ in asked], "external_ids": [name for _, name in asked]}
    found = standings(row[0] for row in execute(_IDS, parameters).fetchall())
    return {(each.model_id, each.external_id): each for each in found.values()}


def answer_of_arrival(arrival: Arrival) -> dict[str, Any]:
    """The answer to the POST that stored it."""
    routed, now = arrival.routed, arrival.now
    review = outcome = None
    if arrival.item_id is not None:
        review = _review(arrival.item_id, arrival.queue, "waiting", arrival.due_at)
    if not routed.blocks:
        outcome = _outcome(1, MODEL, False, now) | {"output": as_fragment(arrival.posted.output)}
    return _answer(
        id=arrival.id,
        external_id=arrival.posted.external_id,
        status=arrival.status.value,
        decision=routed.decision,
        routing=_routing(
            arrival.model.slug,
            arrival.model.policy.number if arrival.model.policy else None,
            routed.reasons,
            routed.propensity,
        ),
        review=review,
        outcome=outcome,
        warnings=arrival.posted.warnings,
    )


def answer_of_standing(
    standing: Standing, *, warnings: Iterable[str] = (), with_output: bool = True
) -> dict[str, Any]:
    """The same answer later. `with_output` False leaves out what the outcome says."""
    review = outcome = None
    if standing.item_id is not None:
        review = _review(standing.item_id, standing.queue, standing.review_state, standing.due_at)
    if standing.outcome_version and standing.source:
        outcome = _outcome(standing.outcome_version, standing.source, standing.changed, standing.decided_at)
        if with_output:
            outcome["output"] = output_in_force(standing)
    return _answer(
        id=standing.id,
        external_id=standing.external_id,
        status=standing.status,
        decision=standing.decision,
        routing=_routing(standing.model, standing.policy_number, standing.reasons, standing.propensity),
        review=review,
        outcome=outcome,
        warnings=warnings,
    )


def output_in_force(standing: Standing) -> orjson.Fragment | None:
    """What the outcome says: the judgement's answer, or the model's own."""
    if standing.judged_output is not None:
        return orjson.Fragment(standing.judged_output)
    if standing.source == MODEL and standing.body is not None:
        return as_fragment(standing.posted().get("output"))
    return None


def as_fragment(value: object) -> orjson.Fragment:
    """A value of the payload for an answer, with its integers exact."""
    return orjson.Fragment(stored_text(value))


def _answer(*, warnings: Iterable[str], **members: Any) -> dict[str, Any]:
    return members | {"warnings": list(warnings)}


def _routing(
    model: str, policy_number: int | None, reasons: Iterable[str], propensity: float
) -> dict[str, Any]:
    return {
        "policy": model if policy_number is not None else None,
        "policy_version": policy_number,
        "reasons": list(reasons),
        "propensity": propensity,
    }


def _review(
    item_id: UUID, queue: str | None, state: str | None, due_at: dt.datetime | None
) -> dict[str, Any]:
    return {"id": item_id, "queue": queue, "state": state, "due_at": due_at}


def _outcome(
    version: int, source: str, changed: bool | None, decided_at: dt.datetime | None
) -> dict[str, Any]:
    return {"version": version, "source": source, "changed": changed, "decided_at": decided_at}
