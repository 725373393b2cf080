"""Recording what the schema looks like: daily, and whenever it changed."""

import datetime as dt
from typing import Any, Final

from django.db import connection, transaction

from audit.fingerprint import digesting, reading, selectors
from audit.fingerprint.errors import NothingToExplain
from audit.fingerprint.models import Fingerprint
from audit.fingerprint.selectors import FINGERPRINTED
from audit.trail import services as trail
from audit.trail.actors import CLOCK, OPERATOR, Actor

DAY: Final = dt.timedelta(hours=24)
MOST_NAMED: Final = 100
"""Objects that an event names; an event fits into a leaf, and the row names all."""

_ONE_AT_A_TIME: Final = 0x66696E67


@transaction.atomic
def look(*, now: dt.datetime) -> Fingerprint:
    """Compare the schema with the last record of it; record a change, and once a day that there was none.

    A change is explained by migrations that were applied since the last record, else by nothing yet.
    Safe to run twice: the second run finds what the first recorded.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    found = reading.read()
    parts = digesting.digests_of(found)
    digest = digesting.whole(parts)
    last = selectors.newest()
    if last is not None and last.digest == digest:
        if _is_due(now):
            _tell(digest, parts, actor=CLOCK, now=now, migrations=[], explained=bool(last.explanation))
        return last
    migrations = selectors.migrations_since(last.at) if last is not None else []
    fresh = Fingerprint(digest=digest, objects_by_part=found, explanation="the first look", at=now)
    if last is not None:
        fresh.changed = digesting.compare(digesting.settled(last.objects_by_part), found).lines()
        fresh.explanation = ", ".join(migrations)
        if not fresh.changed:  # an earlier release recorded the same schema in another spelling
            fresh.changed, fresh.explanation, migrations = last.changed, last.explanation, []
    fresh.save(force_insert=True)
    _tell(
        digest,
        parts,
        actor=CLOCK,
        now=now,
        migrations=migrations,
        explained=bool(fresh.explanation),
        changed=fresh.changed,
    )
    return fresh


@transaction.atomic
def explain(*, reason: str, now: dt.datetime) -> Fingerprint:
    """Say, as the operator, why the schema changed without a migration.

    Raises:
        ValueError: there is no reason.
        NothingToExplain: the last change is explained.
    """
    if not reason.strip():
        raise ValueError("a reason is needed")
    last = look(now=now)
    if last.explanation:
        raise NothingToExplain("The schema has not changed without a migration.")
    told = Fingerprint(
        digest=last.digest,
        objects_by_part=last.objects_by_part,
        changed=last.changed,
        explanation=reason.strip(),
        at=now,
    )
    told.save(force_insert=True)
    trail.remark(
        kind="audit.schema.explained",
        actor=OPERATOR,
        entity_type="schema",
        details={"digest": told.digest, "reason": told.explanation},
        now=now,
    )
    return told


def _is_due(now: dt.datetime) -> bool:
    at = selectors.standing().last_event_at
    return at is None or now - at >= DAY


def _tell(
    digest: str,
    parts: dict[str, str],
    *,
    actor: Actor,
    now: dt.datetime,
    explained: bool,
    migrations: list[str],
    changed: list[str] | None = None,
) -> None:
    details: dict[str, Any] = {"digest": digest, "parts": parts, "explained": explained}
    if changed:
        details |= {
            "changed": changed[:MOST_NAMED],
            "changes": len(changed),
            "migrations": migrations[:MOST_NAMED],
        }
    trail.remark(kind=FINGERPRINTED, actor=actor, entity_type="schema", details=details, now=now)
