"""Many events, as posted predictions leave them: by COPY, with their place in the queue of the feed."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg

COLUMNS = "id, kind, actor, entity_type, entity_id, entity_version, system_id, at, body"
AT_ONCE = 10_000


def add_events(login: dict[str, Any], name: str, count: int) -> None:
    """Write so many committed events into a database of ours."""
    with psycopg.connect(**login, dbname=name) as connection:
        if count > AT_ONCE:
            connection.execute("SET synchronous_commit = off")
        for first in range(0, count, AT_ONCE):
            with connection.cursor().copy(f"COPY audit_event ({COLUMNS}) FROM STDIN") as copy:
                for row in rows(min(AT_ONCE, count - first)):
                    copy.write_row(row)
            connection.commit()
        if count > AT_ONCE:
            connection.autocommit = True
            connection.execute("ANALYZE audit_event, audit_pending, audit_position")


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    from audit.trail.services import event_row

    now, system, key = dt.datetime.now(dt.UTC), uuid4(), f"key:{uuid4()}"
    details = {
        "external_id": "c0ffee" * 10,
        "decision": "review",
        "reasons": ["LOW_CONFIDENCE"],
        "policy_version": 7,
        "propensity": 0.02,
        "version": "3.2.0",
        "content": "7ea" * 21,
    }
    for _ in range(count):
        yield event_row(
            kind="reviews.prediction.routed",
            actor_ref=key,
            entity_type="prediction",
            entity_id=uuid4(),
            entity_version=1,
            system_id=system,
            details=details,
            now=now,
        )
