"""Writing events: in the transaction of the change they report, or not at all."""

import datetime as dt
import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from audit.canonical import commitment, event_bytes
from audit.ids import uuid7
from audit.prepared import execute
from audit.trail.actors import Actor
from audit.trail.errors import OutsideTransaction
from audit.trail.models import Audited

INSERT_EVENT = """
INSERT INTO audit_event (id, kind, actor, entity_type, entity_id, entity_version, system_id, at, body)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
"""For hot SQL modules; parameters as `event_row` gives them."""
_INSERT_OPENING = """
INSERT INTO audit_opening (id, entity_type, entity_id, entity_version, name, value, salt)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def record(*, kind: str, actor: Actor, entity: Audited, details: Mapping[str, Any], now: dt.datetime) -> UUID:
    """Save `entity` and the event that reports the change; answer the event's id.

    The entity is saved whole, so it must be new or locked in this transaction.

    Raises:
        OutsideTransaction: there is no transaction that could hold both.
    """
    _require_transaction()
    entity.event_version += 1
    is_new = entity._state.adding
    entity.save(force_insert=is_new, force_update=not is_new)
    return _write_of(entity, kind=kind, actor=actor, details=details, now=now)


def report(*, kind: str, actor: Actor, entity: Audited, details: Mapping[str, Any], now: dt.datetime) -> UUID:
    """Write the event of a change that a hot SQL module saves itself, in this transaction.

    Raises the entity's `event_version`, which the caller's statement has to write along: the check at
    commit compares both.

    Raises:
        OutsideTransaction: there is no transaction that could hold both.
    """
    _require_transaction()
    entity.event_version += 1
    return _write_of(entity, kind=kind, actor=actor, details=details, now=now)


def remark(
    *,
    kind: str,
    actor: Actor,
    entity_type: str,
    details: Mapping[str, Any],
    now: dt.datetime,
    system_id: UUID | None = None,
) -> UUID:
    """Write an event about something that is no row of its own, such as a refused sign-in."""
    _require_transaction()
    return _write(
        kind=kind,
        actor=actor,
        entity_type=entity_type,
        entity_id=uuid7(),
        entity_version=1,
        system_id=system_id,
        details=details,
        now=now,
    )


def event_row(
    *,
    kind: str,
    actor_ref: str,
    entity_type: str,
    entity_id: UUID,
    entity_version: int,
    system_id: UUID | None,
    details: Mapping[str, Any],
    now: dt.datetime,
) -> tuple[Any, ...]:
    """The parameters of `INSERT_EVENT`: also the row of a COPY."""
    body = event_bytes(
        kind=kind,
        actor=actor_ref,
        entity_type=entity_type,
        entity_id=entity_id,
        entity_version=entity_version,
        at=now,
        details=details,
        system=system_id,
    )
    return (uuid7(), kind, actor_ref, entity_type, entity_id, entity_version, system_id, now, body)


def commit_to(*, entity: Audited, name: str, value: str) -> str:
    """Keep `value` outside the log and answer a salted commitment to it, as hex, for an event's details.

    For the event that is recorded next on `entity`.
    """
    _require_transaction()
    salt = os.urandom(32)
    version = entity.event_version + 1
    execute(_INSERT_OPENING, [uuid7(), entity.audit_type, entity.id, version, name, value, salt])
    return commitment(value.encode(), salt).hex()


def _write_of(entity: Audited, **facts: Any) -> UUID:
    """The event of the version that the entity has now."""
    return _write(
        entity_type=entity.audit_type,
        entity_id=entity.id,
        entity_version=entity.event_version,
        system_id=getattr(entity, "audit_system_id", None),
        **facts,
    )


def _write(*, actor: Actor, **facts: Any) -> UUID:
    row = event_row(actor_ref=actor.audit_ref, **facts)
    execute(INSERT_EVENT, row)
    event_id: UUID = row[0]
    return event_id


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise OutsideTransaction("An event belongs into the transaction of its change.")
