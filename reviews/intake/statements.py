"""The hot SQL of a single post: one round trip. Batches are in `bulk`.

A single post is one statement in autocommit, so that its commit is its answer. All of it hangs on `taken`:
no row is written unless the key holds, the epoch is the one that the prediction was judged under, and the
external id was free. Nothing refers to what the caller saw earlier.

Two posts of one external id meet at its unique index: the second waits there for the first to commit, then
takes nothing, and its next statement sees the first one's row.
"""

from typing import Any, Final, NamedTuple
from uuid import UUID

from audit.prepared import execute
from governance.access.models import ServiceKey
from registry.catalog.epoch import EPOCH
from reviews.intake.arrival import Arrival, stored_subject_hash
from reviews.intake.evidence import events_of

GATE: Final = f"""
gate AS MATERIALIZED (
    SELECT {EPOCH} AS epoch, %(key)s::uuid IS NULL OR EXISTS (
        SELECT FROM governance_servicekey k WHERE k.id = %(key)s::uuid
        AND (k.revoked_at IS NULL OR k.revoked_at > now())
        AND (k.expires_at IS NULL OR k.expires_at > now())) AS live
    FROM registry_epoch
)"""

PREDICTION: Final = """
    id, event_version, model_id, version_id, version_name, schema_id, external_id, environment, status,
    decision, reasons, propensity, confidence, classes, policy_id, posted_by, poster_person_id,
    training_use, routed_at, occurred_at, decided_at, outcome_version"""
_PREDICTION_PARAMETERS: Final = (
    "id", "one", "model", "version", "version_name", "schema", "external_id", "environment", "status",
    "decision", "reasons", "propensity", "confidence", "classes", "policy", "posted_by", "person",
    "training_use", "now", "occurred_at", "decided_at", "outcome",
)  # fmt: skip
PAYLOAD: Final = "prediction_id, body, salt, subject_hash"
EVENT: Final = "id, kind, actor, entity_type, entity_id, entity_version, system_id, at, body"
OUTCOME: Final = """
    prediction_id, model_id, version, status, source, changed, immediate, decided_at"""
ITEM: Final = """
    id, event_version, prediction_id, model_id, queue_id, policy_id, state, round, blocks,
    selected_by_routing, reasons, priority, reviewers, routed_at, due_at, sort_at, poster_person_id"""
SLOT: Final = "item_id, n, queue_id, lane, sort_at, open, poster_person_id, token"

_STORE: Final = f"""
WITH {GATE}, taken AS (
    INSERT INTO reviews_externalid (model_id, external_id, prediction_id, digest)
    SELECT %(model)s, %(external_id)s, %(id)s, %(digest)b FROM gate WHERE gate.live AND gate.epoch = %(epoch)s
    ON CONFLICT (model_id, external_id) DO NOTHING
    RETURNING 1
), prediction AS (
    INSERT INTO reviews_prediction ({PREDICTION})
    SELECT %(id)s, %(one)s, %(model)s, %(version)s::uuid, %(version_name)s, %(schema)s, %(external_id)s,
        %(environment)s, %(status)s, %(decision)s, %(reasons)s::text[], %(propensity)s,
        %(confidence)s::float8, %(classes)s::text[], %(policy)s::uuid, %(posted_by)s, %(person)s::uuid,
        %(training_use)s, %(now)s, %(occurred_at)s::timestamptz, %(decided_at)s::timestamptz, %(outcome)s
    FROM taken
), payload AS (
    INSERT INTO reviews_payload ({PAYLOAD})
    SELECT %(id)s, %(body)s, %(salt)b, %(subject_hash)b::bytea FROM taken
)"""
_STORE_EVENT: Final = f"""
, event AS (
    INSERT INTO audit_event ({EVENT})
    SELECT %(e1)s, %(k1)s, %(posted_by)s, %(t1)s, %(id)s, 1, %(system)s, %(now)s, %(b1)b FROM taken
)"""
_STORE_TWO_EVENTS: Final = f"""
, event AS (
    INSERT INTO audit_event ({EVENT})
    SELECT fact.id, fact.kind, %(posted_by)s, fact.type, fact.of, 1, %(system)s, %(now)s, fact.body
    FROM taken, (VALUES (%(e1)s::uuid, %(k1)s, %(t1)s, %(id)s, %(b1)b::bytea),
        (%(e2)s::uuid, %(k2)s, %(t2)s, %(item)s, %(b2)b::bytea)) AS fact (id, kind, type, of, body)
)"""
_STORE_OUTCOME: Final = f"""
, outcome AS (
    INSERT INTO reviews_outcome ({OUTCOME})
    SELECT %(id)s, %(model)s, 1, 'final', 'model', false, true, %(now)s FROM taken
)"""
_STORE_ITEM: Final = f"""
, item AS (
    INSERT INTO reviews_reviewitem ({ITEM})
    SELECT %(item)s, 1, %(id)s, %(model)s, %(queue)s, %(policy)s::uuid, 'waiting', 1, %(blocks)s, true,
        %(reasons)s::text[], %(priority)s, %(reviewers)s::smallint, %(now)s, %(due_at)s, %(sort_at)s,
        %(person)s::uuid
    FROM taken
), slots AS (
    INSERT INTO reviews_slot ({SLOT})
    SELECT %(item)s, n, %(queue)s, %(lane)s, %(sort_at)s, true, %(person)s::uuid, 0
    FROM taken, generate_series(1, %(reviewers)s::smallint) AS n
)"""
_ANSWER: Final = """
SELECT gate.epoch, gate.live, EXISTS (SELECT FROM taken) FROM gate"""

STORE_ACCEPTED: Final = _STORE + _STORE_EVENT + _STORE_OUTCOME + _ANSWER
STORE_CHECKED: Final = _STORE + _STORE_TWO_EVENTS + _STORE_OUTCOME + _STORE_ITEM + _ANSWER
"""Accepted, and drawn for a check that does not block."""
STORE_REVIEWED: Final = _STORE + _STORE_TWO_EVENTS + _STORE_ITEM + _ANSWER


class Gate(NamedTuple):
    """What the database says about the ground a prediction was judged on."""

    epoch: str
    live: bool
    """Whether the key still holds."""


def store(arrival: Arrival, *, epoch: str, caller: Any) -> tuple[Gate, bool]:
    """Store one prediction with all that belongs to it; answers whether its external id was free."""
    statement = (
        STORE_ACCEPTED
        if arrival.item_id is None
        else STORE_REVIEWED
        if arrival.routed.blocks
        else STORE_CHECKED
    )
    parameters = _parameters(arrival) | {"epoch": epoch, "key": key_id(caller)}
    found_epoch, live, stored = execute(statement, parameters).fetchone()  # type: ignore[misc]  # always a row
    return Gate(found_epoch, live), stored


def key_id(caller: Any) -> UUID | None:
    return caller.pk if isinstance(caller, ServiceKey) else None


def _parameters(arrival: Arrival) -> dict[str, Any]:
    first, *others = events_of(arrival)
    parameters = dict(zip(_PREDICTION_PARAMETERS, _prediction_row(arrival), strict=True))
    parameters |= {
        "digest": arrival.digest,
        "body": arrival.body,
        "salt": arrival.salt,
        "subject_hash": stored_subject_hash(arrival),
        "system": arrival.model.system_id,
        "e1": first[0],
        "k1": first[1],
        "t1": first[3],
        "b1": first[8],
    }
    if others:
        ((e2, k2, _, t2, _, _, _, _, b2),) = others
        parameters |= {"e2": e2, "k2": k2, "t2": t2, "b2": b2} | _item_parameters(arrival)
    return parameters


def _item_parameters(arrival: Arrival) -> dict[str, Any]:
    return {
        "item": arrival.item_id,
        "queue": arrival.queue_id,
        "blocks": arrival.routed.blocks,
        "priority": arrival.routed.priority,
        "reviewers": arrival.routed.reviewers,
        "due_at": arrival.due_at,
        "sort_at": arrival.sort_at,
        "lane": arrival.lane,
    }


def _prediction_row(arrival: Arrival) -> tuple[Any, ...]:
    posted, routed, model = arrival.posted, arrival.routed, arrival.model
    return (
        arrival.id,
        1,
        model.id,
        arrival.known_version,
        posted.version,
        model.schema.id,
        posted.external_id,
        posted.environment,
        arrival.status.value,
        routed.decision,
        list(routed.reasons),
        routed.propensity,
        arrival.confidence,
        list(arrival.facts.classes),
        model.policy_id,
        arrival.poster,
        arrival.poster_person_id,
        posted.training_use,
        arrival.now,
        posted.occurred_at,
        None if routed.blocks else arrival.now,
        0 if routed.blocks else 1,
    )
