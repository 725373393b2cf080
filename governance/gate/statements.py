"""The hot SQL of the gate: keeping an answer, in one round trip and one statement.

Nothing is written unless the caller's key holds and the epoch is still the one that the answer was judged
under. The answer's event is
written with it where the answer differs from the one before about the same version and environment.
"""

import datetime as dt
from typing import Any, Final, NamedTuple
from uuid import UUID

from audit.prepared import execute
from audit.trail.services import event_row
from governance.access.errors import KeyEnded
from registry.catalog.epoch import EPOCH

KIND: Final = "governance.gate.answered"
ENTITY: Final = "gate_answer"

_KEEP: Final = f"""
WITH ground AS MATERIALIZED (
    SELECT {EPOCH} AS epoch, %(key)s::uuid IS NULL OR EXISTS (
        SELECT FROM governance_servicekey k WHERE k.id = %(key)s::uuid
        AND (k.revoked_at IS NULL OR k.revoked_at > now())
        AND (k.expires_at IS NULL OR k.expires_at > now())) AS live
    FROM registry_epoch
), before AS (
    SELECT decision FROM governance_gateanswer
    WHERE version_id = %(version)s::uuid AND environment = %(environment)s ORDER BY id DESC LIMIT 1
), kept AS (
    INSERT INTO governance_gateanswer (id, asked_by, asked_at, version_id, asked_for, environment, decision,
        reasons, approval, context_sha256, receipt_sha256)
    SELECT %(id)s, %(asked_by)s, %(asked_at)s, %(version)s::uuid, %(asked_for)s, %(environment)s,
        %(decision)s, %(reasons)s::text[], %(approval)s::uuid, %(context_sha256)s, %(receipt_sha256)s
    FROM ground WHERE ground.live AND ground.epoch = %(epoch)s
    RETURNING 1
)"""
_EVENT: Final = """
, event AS (
    INSERT INTO audit_event (id, kind, actor, entity_type, entity_id, entity_version, system_id, at, body)
    SELECT %(e_id)s, %(e_kind)s, %(asked_by)s, %(e_type)s, %(id)s, 1, %(e_system)s, %(asked_at)s, %(e_body)b
    FROM kept WHERE (SELECT decision FROM before) IS DISTINCT FROM %(decision)s
)"""
_ANSWER: Final = """
SELECT ground.live, EXISTS (SELECT FROM kept) FROM ground"""
KEEP_KNOWN: Final = _KEEP + _EVENT + _ANSWER
KEEP_UNKNOWN: Final = _KEEP + _ANSWER
"""About nothing that the caller may know: there is no answer before it to differ from."""


class Kept(NamedTuple):
    """What is kept of an answer."""

    id: UUID
    asked_by: str
    asked_at: dt.datetime
    version: UUID | None
    asked_for: str
    environment: str
    decision: str
    reasons: list[str]
    approval: UUID | None
    context_sha256: str
    receipt_sha256: str


def keep(
    answer: Kept, *, epoch: str, key: UUID | None, system_id: UUID | None, named: dict[str, Any]
) -> bool:
    """Keep an answer; false: the ground it was judged on has changed, and nothing was kept.

    `key` is that of the caller, if it is one. `named` are the model and the version, for the event; an answer
    about nothing known has none.

    Raises:
        KeyEnded: the caller's key was revoked or has expired.
    """
    parameters = answer._asdict() | {"epoch": epoch, "key": key}
    if answer.version is None:
        row = execute(KEEP_UNKNOWN, parameters).fetchone()
    else:
        row = execute(KEEP_KNOWN, parameters | _event_of(answer, system_id, named)).fetchone()
    live, kept = row or (False, False)
    if not live:
        raise KeyEnded
    return bool(kept)


def _event_of(answer: Kept, system_id: UUID | None, named: dict[str, Any]) -> dict[str, Any]:
    row = event_row(
        kind=KIND,
        actor_ref=answer.asked_by,
        entity_type=ENTITY,
        entity_id=answer.id,
        entity_version=1,
        system_id=system_id,
        details={
            **named,
            "environment": answer.environment,
            "decision": answer.decision,
            "reasons": answer.reasons,
            "approval": answer.approval,
            "receipt_sha256": answer.receipt_sha256,
        },
        now=answer.asked_at,
    )
    return {"e_id": row[0], "e_kind": KIND, "e_type": ENTITY, "e_system": system_id, "e_body": row[8]}
