"""Named reads of events: the feed, and one event. The list of the page is in `listing.py`."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from audit.trail import feeds, policies
from audit.trail.actors import Actor
from audit.trail.models import Audited, Event, Feed

CONDITIONS: Final = """
    (%(systems)s::uuid[] IS NULL OR e.system_id = ANY(%(systems)s::uuid[]))
    AND (%(entity_type)s::text IS NULL
         OR e.entity_type = %(entity_type)s AND e.entity_id = %(entity_id)s::uuid)
    AND (%(actor)s::text IS NULL OR e.actor = %(actor)s)
    AND (%(kind)s::text IS NULL OR e.kind = %(kind)s)
"""

# The positions are cut off before anything is joined to them: a rare kind must not make one call read all.
_FEED: Final = f"""
SELECT n, e.id, e.body FROM (
    SELECT n, ref FROM audit_position WHERE feed = 1 AND n > %(after)s AND n <= %(upto)s ORDER BY n OFFSET 0
) AS place JOIN audit_event AS e ON e.seq = place.ref
WHERE {CONDITIONS} ORDER BY n LIMIT %(limit)s
"""

_NUMBERED: Final = """
SELECT e.* FROM audit_position AS p JOIN audit_event AS e ON e.seq = p.ref WHERE p.feed = 1 AND p.n = %s
"""
_HAPPENED: Final = """
SELECT e.id, p.n, e.at, e.body FROM audit_event AS e
LEFT JOIN audit_position AS p ON p.feed = 1 AND p.ref = e.seq
WHERE e.entity_type = %s AND e.entity_id = %s AND e.kind = %s ORDER BY e.entity_version DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; None is anything."""

    entity: tuple[str, UUID] | None = None
    actor: str | None = None
    kind: str | None = None

    def parameters(self, actor: Actor) -> dict[str, Any]:
        return {
            "systems": policies.systems_of(actor),
            "entity_type": self.entity[0] if self.entity else None,
            "entity_id": self.entity[1] if self.entity else None,
            "actor": self.actor,
            "kind": self.kind,
        }


def require(actor: Actor) -> None:
    """Turn away who may read no event.

    Raises:
        NotPermitted: with the policy's sentence.
    """
    if reason := policies.why_not_view_events(actor):
        raise NotPermitted(reason)


def entity_of(text: str) -> tuple[str, UUID]:
    """`type:id` as two values.

    Raises:
        BadInput: it is something else.
    """
    kind, _, id_ = text.partition(":")
    try:
        return kind, UUID(id_)
    except ValueError:
        detail = "entity is a type and an id, such as prediction:0193f0c2-...."
        raise BadInput([FieldError("/entity", "BAD_VALUE", detail)]) from None


def feed_page(wanted: Filter, *, actor: Actor, after: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """The events behind `after` that the actor may read, and the position to go on from.

    Looks at `feeds.SCAN` positions at most: with a filter the page may be short while the position moves on.
    """
    upto = min(feeds.size(Feed.EVENTS), after + feeds.SCAN)
    if upto <= after:
        return [], after
    with connection.cursor() as cursor:
        cursor.execute(_FEED, wanted.parameters(actor) | {"after": after, "upto": upto, "limit": limit})
        rows = cursor.fetchall()
    return [as_json(id_, body) for _, id_, body in rows], rows[-1][0] if len(rows) == limit else upto


def event_for(actor: Actor, event_id: UUID) -> Event:
    """One event, for somebody who may read it.

    Raises:
        NotPermitted: they may read none.
        NotFound: there is none in their reach.
    """
    require(actor)
    systems = policies.systems_of(actor)
    event = Event.objects.filter(id=event_id).first()
    if event is None or (systems is not None and event.system_id not in systems):
        raise NotFound("There is no such event, or it is not yours to know.")
    return event


def event_numbered(actor: Actor, number: int) -> Event | None:
    """The event with that number in the order of the log; None where there is none in the actor's reach.

    Raises:
        NotPermitted: they may read none.
    """
    require(actor)
    systems = policies.systems_of(actor)
    found = list(Event.objects.raw(_NUMBERED, [number]))
    return next((event for event in found if systems is None or event.system_id in systems), None)


def happened(entity: Audited, kind: str) -> dict[str, Any] | None:
    """The last event of a kind about a thing: `event`, `number` (None until it has one), `at`, `details`."""
    with connection.cursor() as cursor:
        cursor.execute(_HAPPENED, [entity.audit_type, entity.pk, kind])
        row = cursor.fetchone()
    if row is None:
        return None
    id_, number, at, body = row
    return {"event": id_, "number": number, "at": at, "details": orjson.loads(bytes(body))["details"]}


def as_json(id_: UUID, body: bytes | memoryview) -> dict[str, Any]:
    """An event as the API gives it: from the bytes that the log holds, not from the columns over them."""
    said = orjson.loads(bytes(body))
    return {
        "id": id_,
        "kind": said["kind"],
        "actor": said["actor"],
        "entity": f"{said['entity_type']}:{said['entity_id']}",
        "entity_version": said["entity_version"],
        "at": said["at"],
        "details": said["details"],
    }


def digest_of(event: Event) -> str:
    """SHA-256 of the event's bytes, in hex."""
    return hashlib.sha256(bytes(event.body)).hexdigest()
