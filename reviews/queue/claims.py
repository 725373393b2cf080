"""The one way to take a slot: every view of a queue claims with the statement in this module.

Slots stand in two lanes of one partial index over stored columns (queue, lane, sort_at, id). Lane 0 holds
slots that anybody with a role on the queue may take, so its head is the answer. Lane 1 holds those that
somebody is kept from (posted by a person, assigned, judged or passed on by somebody): there the claim walks.
It may walk at most `WINDOW` slots from the head of lane 1 and, if none of these is for this person and there
are more, `WINDOW` more from where the person's last claim stopped (`ClaimCursor`; at the end it starts over).
So fifty thousand slots that are not for me cost each of my claims a constant, and none of the slots behind
them is starved: every claim looks further. Of what was found the most urgent is taken.

Rejected: one index and a test per row (37 ms with 50,000 own-judged rows at the head); one lane with
only a cursor (a slot that becomes free behind the cursor waits for a whole round); a queue per person
(rows times people). Leases end by the database's clock in the statement itself, no sweeper is involved.

`FOR NO KEY UPDATE OF slot, item SKIP LOCKED`: a claim never waits, so it cannot deadlock with those that lock
the item first. A row that is locked at the moment may make a claim find nothing although something is free;
`whats_left` sees that, and the claim is tried again.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from audit.prepared import execute
from audit.trail.actors import Actor
from governance.access.models import Person
from reviews.queue.models import ReviewItem
from reviews.queue.statements import (
    CLAIM,
    CLAIM_NAMED,
    CLAIM_SKIPPED,
    HEADS,
    LEFT,
    OWN_LEASES,
    RENEW,
)

WINDOW = 128
"""How many slots of lane 1 a claim looks at, twice at most."""
DEEP_WINDOW = 8192
"""The same once lane 0 is empty: then there is nothing else to give."""
LEASE_SECONDS = float(getattr(settings, "LEASE_SECONDS", 300))
LEASES_AT_ONCE = 2
"""Per person and queue: the one being decided, and the next one already on the page."""

PERSON_LOCK = 0x51A1
"""First key of the advisory lock that makes one person's claims and judgements follow each other."""

_ITEM_NAMES = [field.attname for field in ReviewItem._meta.concrete_fields]


@dataclass(frozen=True, slots=True)
class Lease:
    """The time-limited right to decide an item. `token` fences off every earlier holder."""

    slot_id: int
    n: int
    token: int
    leased_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """An item and the lease on it. `resumed`: the person held it before."""

    item: ReviewItem
    lease: Lease
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What a queue still holds for a person who was given nothing."""

    anything: bool
    free: bool
    """Something they may take is free: it was locked for a moment only."""
    next_free_at: dt.datetime | None
    """When the first lease or snooze on something they may take ends; None: nothing here is for them."""


def lock_person(person_id: UUID) -> None:
    """Let nobody but us claim or judge as this person until we commit. Taken before any row lock.

    Its own statement, so that the next one sees what the last holder of the lock committed.
    """
    execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [PERSON_LOCK, str(person_id)])


def lock_person_of(actor: Actor) -> None:
    """The same for an actor, who may turn out to be nobody who judges."""
    if isinstance(actor, Person):
        lock_person(actor.pk)


def own_leases(person_id: UUID, queue_ids: list[UUID]) -> list[Taken]:
    """The person's live leases in these queues, oldest first."""
    return leases_of(ask_own_leases(person_id, queue_ids))


def ask_own_leases(person_id: UUID, queue_ids: list[UUID]) -> Any:
    """Send the question; `leases_of` reads the answer. For pipelines."""
    return execute(OWN_LEASES, {"person": person_id, "queues": queue_ids})


def leases_of(cursor: Any) -> list[Taken]:
    """The live leases that `ask_own_leases` asked for."""
    return [_taken(row, resumed=True) for row in cursor.fetchall()]


def take(person_id: UUID, queue_id: UUID) -> Taken | None:
    """Lease the most urgent slot of the queue that this person may take, or None.

    The item's `event_version` is raised: the caller writes the event. `lock_person` comes before.
    """
    parameters = {"person": person_id, "queue": queue_id, "lease": LEASE_SECONDS, "window": WINDOW}
    ends = 0
    while True:
        more, walked, *found = _one(execute(CLAIM, parameters))
        if found[0] is not None:
            return _taken(found)
        if not walked:
            break
        # Nothing in lane 0, and lane 1 goes on behind its window: walk all of it, once around.
        ends += not more
        if ends == 2:
            break
        parameters["window"] = DEEP_WINDOW
    row = execute(CLAIM_SKIPPED, parameters).fetchone()
    return _taken(row) if row else None


def take_named(person_id: UUID, queue_id: UUID, item_id: UUID) -> Taken | None:
    """Lease a slot of this very item, or None if all are leased. The item is locked, so nobody moves it."""
    parameters = {"person": person_id, "queue": queue_id, "item": item_id, "lease": LEASE_SECONDS}
    row = execute(CLAIM_NAMED, parameters).fetchone()
    return _taken(row) if row else None


def renew(person_id: UUID, item_id: UUID, token: int) -> dt.datetime | None:
    """Prolong a live lease; answer until when, or None if it is lost. An expired lease is not revived."""
    row = execute(
        RENEW, {"person": person_id, "item": item_id, "token": token, "lease": LEASE_SECONDS}
    ).fetchone()
    return row[0] if row else None


def by_urgency(person_id: UUID, queue_ids: list[UUID]) -> list[UUID]:
    """The queues, the one whose next slot for this person is the most urgent first. A look, without locks."""
    rows = execute(HEADS, {"person": person_id, "queues": queue_ids, "window": WINDOW}).fetchall()
    return [row[0] for row in rows]


def whats_left(person_id: UUID, queue_id: UUID) -> Left:
    """Why there was nothing to take. Looks at rows regardless of who has them locked."""
    return Left(*_one(execute(LEFT, {"person": person_id, "queue": queue_id})))


def _one(cursor: Any) -> Any:
    row = cursor.fetchone()
    assert row is not None  # these statements always answer one row
    return row


def _taken(row: Any, *, resumed: bool = False) -> Taken:
    slot_id, n, token, leased_at, leased_until, *item = row
    return Taken(
        item=ReviewItem.from_db("default", _ITEM_NAMES, item),
        lease=Lease(slot_id=slot_id, n=n, token=token, leased_at=leased_at, expires_at=leased_until),
        resumed=resumed,
    )
