"""Named reads about queues and their reviews."""

import datetime as dt
import threading
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from audit.prepared import execute
from audit.refusals import NotFound
from governance.access.models import Person, ServiceKey
from governance.access.roles import permissions_of_key_scopes
from registry.systems.models import AISystem
from reviews.queue.models import Queue, ReviewItem, Skip

EXACT = 10_000
"""Up to here every count is of this moment; above it is at most `STALE` seconds old."""
STALE = 5.0

COUNT = """
SELECT count(*), count(*) FILTER (WHERE due_at < statement_timestamp()), min(routed_at), statement_timestamp()
FROM (SELECT routed_at, due_at FROM reviews_reviewitem
      WHERE queue_id = %(queue)s AND state = 'waiting' LIMIT %(limit)s) waiting
"""
LEASES = """
SELECT count(DISTINCT item_id), min(leased_until) FROM reviews_slot
WHERE queue_id = %(queue)s AND leased_by_id IS NOT NULL AND leased_until > statement_timestamp()
"""
NEXT_WOKEN = """
SELECT min(snoozed_until) FROM reviews_reviewitem WHERE queue_id = %(queue)s AND state = 'snoozed'
"""

# By hand, because every claim begins with it.
_QUEUE = Queue._meta.concrete_fields
_SYSTEM = AISystem._meta.concrete_fields
_BY_SLUG = f"""
SELECT {", ".join(f"q.{field.column}" for field in _QUEUE)},
    {", ".join(f"s.{field.column}" for field in _SYSTEM)}
FROM reviews_queue q JOIN registry_aisystem s ON s.id = q.system_id WHERE q.slug = %s
"""

Counted = tuple[int, int, dt.datetime | None, dt.datetime]
"""Waiting and leased together, overdue of them, since when the oldest waits, as of when."""

_counted: dict[UUID, tuple[float, Counted]] = {}
_counting = threading.Lock()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits in a queue. `waiting` excludes `leased`; `overdue` is of both together."""

    waiting: int
    leased: int
    overdue: int
    oldest_at: dt.datetime | None
    next_free_at: dt.datetime | None
    """When the first lease or snooze ends."""
    as_of: dt.datetime


def counts(queue_id: UUID) -> Counts:
    """The numbers of a queue: exact to 10,000, above at most five seconds old."""
    total, overdue, oldest_at, as_of = _count(queue_id)
    leased, free_at = _one(LEASES, queue=queue_id)
    (woken_at,) = _one(NEXT_WOKEN, queue=queue_id)
    times = [each for each in (free_at, woken_at) if each]
    return Counts(
        waiting=max(total - leased, 0),
        leased=leased,
        overdue=overdue,
        oldest_at=oldest_at,
        next_free_at=min(times, default=None),
        as_of=as_of,
    )


def _count(queue_id: UUID) -> Counted:
    kept = _counted.get(queue_id)
    if kept and time.monotonic() - kept[0] < STALE:
        return kept[1]
    found: Counted = _one(COUNT, queue=queue_id, limit=EXACT + 1)
    if found[0] <= EXACT:
        _counted.pop(queue_id, None)
        return found
    with _counting:  # one thread counts a long queue, the others wait for its number
        kept = _counted.get(queue_id)
        if kept and time.monotonic() - kept[0] < STALE:
            return kept[1]
        began = time.monotonic()
        found = _one(COUNT, queue=queue_id, limit=2**62)
        _counted[queue_id] = (began, found)
    return found


def has_queue(system: AISystem, slug: str) -> bool:
    """Whether that AI system has a queue with this slug."""
    return Queue.objects.filter(system=system, slug=slug).exists()


def queues_with(actor: Any, permission: str) -> QuerySet[Queue]:
    """The queues on which `actor` has the permission, through whatever role or scope."""
    queues = Queue.objects.select_related("system").order_by("slug")
    if isinstance(actor, Person) and actor.is_active:
        systems = actor.rights.systems_with(permission)
        if systems is None:
            return queues
        return queues.filter(Q(system_id__in=systems) | Q(pk__in=actor.rights.queues_with(permission)))
    if isinstance(actor, ServiceKey) and permission in permissions_of_key_scopes(tuple(actor.scopes)):
        return queues.filter(system_id__in=actor.system_ids) if actor.system_ids else queues
    return queues.none()


def queue_by_slug(slug: str) -> Queue:
    """The queue with that slug.

    Raises:
        NotFound: there is none.
    """
    row = None if "\x00" in slug else execute(_BY_SLUG, [slug]).fetchone()
    if row is None:
        raise NotFound
    queue = Queue.from_db("default", [field.attname for field in _QUEUE], row[: len(_QUEUE)])
    queue.system = AISystem.from_db("default", [field.attname for field in _SYSTEM], row[len(_QUEUE) :])
    return queue


def passed_over(queue_id: UUID, *, since: dt.datetime) -> dict[UUID, int]:
    """How many reviews of the queue each person has skipped or snoozed since: shows picking the easy ones."""
    rows = Skip.objects.filter(queue_id=queue_id, at__gte=since).values("person_id").annotate(n=Count("id"))
    return {row["person_id"]: row["n"] for row in rows}


def decided_by(person: Person, *, since: dt.datetime, queue_id: UUID | None = None) -> int:
    """How many reviews the person has decided since then."""
    items = ReviewItem.objects.filter(decided_by=person, decided_at__gte=since)
    return items.filter(queue_id=queue_id).count() if queue_id else items.count()


def _one(statement: str, **parameters: Any) -> Any:
    row = execute(statement, parameters).fetchone()
    assert row is not None  # aggregates always answer one row
    return row
