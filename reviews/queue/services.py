"""Everything that changes queues and the leases on their reviews. Decisions are in `reviews.judging`."""

import datetime as dt
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from audit.ids import uuid7
from audit.prepared import execute, pipelined
from audit.refusals import Busy, NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person, Scope
from governance.access.roles import ScopeKind
from registry.systems.models import AISystem
from reviews.queue import claims, moves, policies, rounds
from reviews.queue.claims import Taken
from reviews.queue.errors import Leased, LeaseLost, QueueExists, TooManyLeases
from reviews.queue.models import Queue, ReviewItem
from reviews.queue.releasing import release
from reviews.queue.rounds import assign, cancel, open_round, unlock, wake
from reviews.queue.states import State

__all__ = [
    "Nothing",
    "Taken",
    "assign",
    "cancel",
    "claim",
    "claim_from",
    "claim_named",
    "create_queue",
    "heartbeat",
    "make_inbox",
    "open_round",
    "release",
    "unlock",
    "wake",
]

ATTEMPTS = 9
"""How often a claim tries while something is free and only locked for a moment: 0.5 s in all."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is nothing to review: `empty`, `all_leased` or `not_eligible`."""

    why: str
    next_free_at: dt.datetime | None = None


@transaction.atomic
def create_queue(*, slug: str, name: str, system: AISystem, actor: Actor, now: dt.datetime) -> Queue:
    """Make a queue of an AI system, and the scope at which roles on it are held.

    Raises:
        NotPermitted: `actor` may not make queues there.
        QueueExists: the slug is in use.
    """
    moves.refuse(policies.why_not_add_queue(actor, system), actor, system)
    return _create_queue(slug=slug, name=name, system=system, actor=actor, now=now)


def make_inbox(system: AISystem, actor: Actor, now: dt.datetime) -> None:
    """The queue that every AI system has from the start, named `<system>-inbox`."""
    _create_queue(slug=inbox_slug(system), name=f"{system.name}: inbox", system=system, actor=actor, now=now)


def inbox_slug(system: AISystem) -> str:
    """The slug of the system's own queue."""
    return f"{system.slug}-inbox"


def claim(
    *, queue_ids: Sequence[UUID], actor: Actor, hold: Collection[UUID] = (), now: dt.datetime
) -> Taken | Nothing:
    """Lease the most urgent review of these queues to `actor`, or say why there is none.

    The actor's own live lease on a review that is not in `hold` comes back first, prolonged.

    Raises:
        NotPermitted, NotFound: `actor` may not work on one of the queues.
        TooManyLeases: two reviews of each of the queues are held already.
        Busy: something is free, but was locked by others at every attempt.
    """
    queues = {queue.pk: queue for queue in Queue.objects.filter(pk__in=queue_ids)}
    if any(queue_id not in queues for queue_id in queue_ids):
        raise NotFound
    return claim_from(list(queues.values()), actor=actor, hold=hold, now=now)


def claim_from(
    among: Sequence[Queue], *, actor: Actor, hold: Collection[UUID] = (), now: dt.datetime
) -> Taken | Nothing:
    """The same, of queues that were read already."""
    queues = {queue.pk: queue for queue in among}
    for queue in among:
        moves.refuse(policies.why_not_work(actor, queue), actor, queue)
    if not queues:
        return Nothing("empty")
    assert isinstance(actor, Person)  # why_not_work says so
    woken = False
    for attempt in range(ATTEMPTS):
        if taken := _claim_once(queues, actor, hold, now):
            return taken
        if not woken:
            woken = True
            if sum([rounds.wake(queue_id=queue_id, now=now) for queue_id in queues]):
                continue
        left = [claims.whats_left(actor.pk, queue_id) for queue_id in queues]
        if not any(each.free for each in left):
            return _why_nothing(left)
        time.sleep(random.uniform(0.5, 1) * 0.002 * 2**attempt)  # noqa: S311 - spreads claimers, no secret
    raise Busy("Others are taking reviews of this queue at the moment. Try again.")


@transaction.atomic
def claim_named(*, item_id: UUID, actor: Actor, now: dt.datetime) -> Taken:
    """Lease this very review to `actor`. A snoozed one is woken.

    Raises:
        NotFound, NotPermitted: not theirs to know, or kept from them.
        Leased: somebody else works on it.
        AlreadyDecided, IllegalTransition: nobody can take it now.
        TooManyLeases: two others of the queue are held already.
    """
    claims.lock_person_of(actor)
    item = moves.lock(item_id)
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    assert isinstance(actor, Person)  # why_not_work says so
    own = claims.own_leases(actor.pk, [item.queue_id])
    if mine := next((each for each in own if each.item.pk == item_id), None):
        return _prolonged(mine, item.queue, actor)
    slots = list(moves.slots_of(item))
    assigned = {slot.assigned_to_id for slot in slots}
    assigned_elsewhere = None if not assigned or {None, actor.pk} & assigned else assigned.pop()
    if reason := policies.why_not_take(actor, item, assigned_to=assigned_elsewhere):
        raise NotPermitted(reason)
    moves.refuse_unless_waiting(item)
    if len(own) >= claims.LEASES_AT_ONCE:
        raise TooManyLeases
    if item.state == State.SNOOZED:
        rounds.awaken(item, actor=actor, now=now)
    taken = claims.take_named(actor.pk, item.queue_id, item_id)
    if taken is None:
        raise Leased(min((slot.leased_until for slot in slots if slot.leased_until), default=None))
    return _told(taken, item.queue, actor, now)


def heartbeat(*, item_id: UUID, token: int, actor: Actor) -> dt.datetime:
    """Prolong a lease; answer until when.

    Raises:
        NotFound, NotPermitted: not theirs.
        LeaseLost: it ended, or somebody else holds the review now.
    """
    item = ReviewItem.objects.select_related("queue").filter(pk=item_id).first()
    if item is None:
        raise NotFound
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    assert isinstance(actor, Person)  # why_not_work says so
    until = claims.renew(actor.pk, item_id, token)
    if until is None:
        raise LeaseLost
    return until


def _create_queue(*, slug: str, name: str, system: AISystem, actor: Actor, now: dt.datetime) -> Queue:
    queue_id = uuid7()
    scope = Scope.objects.create(
        kind=ScopeKind.QUEUE, system=system, queue_id=queue_id, label=f"queue {slug}"
    )
    queue = Queue(
        id=queue_id,
        slug=slug,
        name=name,
        system=system,
        scope=scope,
        created_by=actor.audit_ref,
        created_at=now,
    )
    try:
        with transaction.atomic():
            trail.record(
                kind="reviews.queue.created",
                actor=actor,
                entity=queue,
                details={"slug": slug, "name": name},
                now=now,
            )
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise QueueExists(f"There is a queue {slug!r} already.") from None
        raise
    return queue


@transaction.atomic
def _claim_once(
    queues: dict[UUID, Queue], person: Person, hold: Collection[UUID], now: dt.datetime
) -> Taken | None:
    with pipelined():
        claims.lock_person(person.pk)
        asked = claims.ask_own_leases(person.pk, list(queues))
        own = claims.leases_of(asked)
    for mine in own:
        if mine.item.pk not in hold:
            return _prolonged(mine, queues[mine.item.queue_id], person)
    held = [mine.item.queue_id for mine in own]
    open_to_me = [queue_id for queue_id in queues if held.count(queue_id) < claims.LEASES_AT_ONCE]
    if not open_to_me:
        raise TooManyLeases
    if len(open_to_me) > 1:
        open_to_me = claims.by_urgency(person.pk, open_to_me)
    for queue_id in open_to_me:
        if taken := claims.take(person.pk, queue_id):
            return _told(taken, queues[queue_id], person, now)
    return None


def _told(taken: Taken, queue: Queue, person: Person, now: dt.datetime) -> Taken:
    """Write the event of a lease that `claims` has given: it raised the item's version for it."""
    taken.item.queue = queue
    details = {"slot": taken.lease.n, "token": taken.lease.token}
    row = moves.event_row(taken.item, kind="reviews.review.claimed", actor=person, now=now, details=details)
    execute(trail.INSERT_EVENT, row)
    return taken


def _prolonged(mine: Taken, queue: Queue, person: Person) -> Taken:
    lease = mine.lease
    mine.item.queue = queue
    until = claims.renew(person.pk, mine.item.pk, lease.token)
    if until is None:  # it ended, or a manager took it away, since we looked
        raise LeaseLost
    return Taken(
        mine.item, claims.Lease(lease.slot_id, lease.n, lease.token, lease.leased_at, until), resumed=True
    )


def _why_nothing(left: Sequence[claims.Left]) -> Nothing:
    if not any(each.anything for each in left):
        return Nothing("empty")
    times = [each.next_free_at for each in left if each.next_free_at]
    return Nothing("all_leased", min(times)) if times else Nothing("not_eligible")
