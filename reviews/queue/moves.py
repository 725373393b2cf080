"""The steps that every change of a review item is made of: lock it, move it, keep its slots in line.

Locks are taken in this order everywhere: the person (`claims.lock_person`), the item, its slots, the
prediction. Claims take slots first but never wait for one (`SKIP LOCKED`), so there is no circle.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit.prepared import execute
from audit.refusals import NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.selectors import reaches
from reviews.queue.errors import AlreadyDecided, AlreadyOpen, IllegalTransition, Leased
from reviews.queue.models import Exclusion, Queue, ReviewItem, Slot
from reviews.queue.states import OPEN, TRANSITIONS, PassedOver, State

_ITEM = ReviewItem._meta.concrete_fields
_QUEUE = Queue._meta.concrete_fields
_LOCK = f"""
SELECT {", ".join(f"i.{field.column}" for field in _ITEM)},
    {", ".join(f"q.{field.column}" for field in _QUEUE)}
FROM reviews_reviewitem i JOIN reviews_queue q ON q.id = i.queue_id
WHERE i.%s = %%s FOR NO KEY UPDATE OF i
"""
_LOCK_BY_ID = _LOCK % "id"
_LOCK_BY_PREDICTION = _LOCK % "prediction_id"
_SAVED = [field for field in _ITEM if not field.primary_key]
_SAVE = f"UPDATE reviews_reviewitem SET {', '.join(f'{field.column} = %s' for field in _SAVED)} WHERE id = %s"
_END_ROUND = """
WITH kept AS (DELETE FROM reviews_exclusion WHERE item_id = %(item)s)
DELETE FROM reviews_slot WHERE item_id = %(item)s
"""
_FREED = {"leased_by": None, "leased_until": None, "leased_at": None}


def lock(item_id: UUID) -> ReviewItem:
    """Load an item so that nobody else can change it before we commit.

    Raises:
        NotFound: there is none.
    """
    if item := locked(ask_lock(item_id)):
        return item
    raise NotFound


def lock_of_prediction(prediction_id: UUID) -> ReviewItem | None:
    """The locked item of a prediction, if it has one. To be called before the prediction is locked."""
    return locked(execute(_LOCK_BY_PREDICTION, [prediction_id]))


def move(item: ReviewItem, *, to: State, kind: str, actor: Actor, now: dt.datetime, **details: Any) -> None:
    """Change an item's state, and say so in the trail.

    The only assignment to `ReviewItem.state` in the project. The item must be locked in this
    transaction; other fields that were set on it are saved along.

    Raises:
        AlreadyDecided: it is decided, and `to` is not a new round.
        IllegalTransition: the table of states does not know this step.
    """
    came_from = State(item.state)
    if to not in TRANSITIONS[came_from]:
        if came_from is State.DECIDED:
            raise AlreadyDecided
        raise IllegalTransition(f"A review that is {came_from.label} cannot become {to.label}.")
    item.state = to
    if to is not State.HELD:
        item.held_until = None
    if to is not State.SNOOZED:
        item.snoozed_until = None
    note(item, kind=kind, actor=actor, now=now, **{"from": came_from.value, "to": to.value}, **details)


def note(item: ReviewItem, *, kind: str, actor: Actor, now: dt.datetime, **details: Any) -> None:
    """Save a locked item and the event that reports what happened to it.

    What `trail.record` does, without the ORM: every claim, judgement and decision comes through here.
    """
    kind = f"reviews.review.{kind}"
    if item._state.adding:
        trail.record(kind=kind, actor=actor, entity=item, details=details, now=now)
        return
    trail.report(kind=kind, actor=actor, entity=item, details=details, now=now)
    execute(_SAVE, [*(getattr(item, field.attname) for field in _SAVED), item.pk])


def event_row(
    item: ReviewItem, *, kind: str, actor: Actor, now: dt.datetime, details: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The event of the version that the item has now."""
    return trail.event_row(
        kind=kind,
        actor_ref=actor.audit_ref,
        entity_type=ReviewItem.audit_type,
        entity_id=item.pk,
        entity_version=item.event_version,
        system_id=item.queue.system_id,
        details=details,
        now=now,
    )


def refuse(reason: str | None, actor: Actor, thing: Any) -> None:
    """Refuse for a reason, if there is one: as missing where the thing is not the actor's to know.

    Raises:
        NotFound: out of reach.
        NotPermitted: within reach, for this reason.
    """
    if reason:
        if not reaches(actor, thing):
            raise NotFound
        raise NotPermitted(reason)


def refuse_unless_waiting(item: ReviewItem) -> None:
    """Let only items through that somebody may still be asked about.

    Raises:
        AlreadyDecided, Leased, IllegalTransition: by the state it is in.
    """
    match State(item.state):
        case State.WAITING | State.SNOOZED:
            return
        case State.DECIDED | State.EXPIRED:
            raise AlreadyDecided
        case State.HELD:
            raise Leased(item.held_until, "Somebody has just decided this review and may still take it back.")
        case state:
            raise IllegalTransition(f"This review is {state.label}.")


def refuse_unless_decided(item: ReviewItem) -> None:
    """Let only items through that a new round can begin on.

    Raises:
        AlreadyOpen, IllegalTransition: by the state it is in.
    """
    if item.state in OPEN:
        raise AlreadyOpen
    if State.WAITING not in TRANSITIONS[State(item.state)]:
        raise IllegalTransition(f"This review is {State(item.state).label}.")


def slots_of(item: ReviewItem) -> QuerySet[Slot]:
    """The item's slots, locked, in order. The item is locked before."""
    return Slot.objects.select_for_update().filter(item=item).order_by("n")


def is_live(slot: Slot, *, at: dt.datetime) -> bool:
    """Whether somebody's lease on the slot has not ended, by the database's clock `at`."""
    return slot.leased_until is not None and slot.leased_until > at


def live_slots(item: ReviewItem) -> QuerySet[Slot]:
    """Slots of the item under a lease that has not ended, judged by the database's clock."""
    return Slot.objects.filter(item=item, leased_until__gt=Now())


def free(slots: QuerySet[Slot], **changes: Any) -> int:
    """End the leases on slots. Tokens stay, so whoever held one notices."""
    return slots.order_by().update(**_FREED, **changes)


def exclude(item: ReviewItem, person_id: UUID, why: PassedOver, *, now: dt.datetime) -> None:
    """Keep the item from a person for this round. A reason that is more than a skip is never weakened."""
    execute(
        """
        INSERT INTO reviews_exclusion (item_id, person_id, why, at) VALUES (%s, %s, %s, %s)
        ON CONFLICT (item_id, person_id) DO UPDATE SET why = excluded.why, at = excluded.at
            WHERE reviews_exclusion.why = 'skipped'
        """,
        [item.pk, person_id, why.value, now],
    )
    Slot.objects.filter(item=item, lane=0).update(lane=1)


def include(item: ReviewItem, person_id: UUID, why: PassedOver) -> None:
    """Take back one person's exclusion."""
    Exclusion.objects.filter(item_id=item.pk, person_id=person_id, why=why).delete()


def make_slots(item: ReviewItem, numbers: Iterable[int]) -> None:
    """Slots in which the item waits. In lane 1 if somebody is kept from it."""
    kept = item.poster_person_id is not None or Exclusion.objects.filter(item_id=item.pk).exists()
    Slot.objects.bulk_create(
        Slot(
            item=item,
            n=n,
            queue_id=item.queue_id,
            lane=int(kept),
            sort_at=item.sort_at,
            poster_person_id=item.poster_person_id,
        )
        for n in numbers
    )


def end_round(item: ReviewItem) -> None:
    """Nobody is asked any more: the slots go, and with them who was kept from what."""
    execute(_END_ROUND, {"item": item.pk})


def ask_lock(item_id: UUID) -> "psycopg.Cursor[Any]":
    """Send the statement that `lock` waits for; `locked` reads its answer. For pipelines."""
    return execute(_LOCK_BY_ID, [item_id])


def locked(cursor: "psycopg.Cursor[Any]") -> ReviewItem | None:
    """The item that `ask_lock` locked, with its queue."""
    row = cursor.fetchone()
    if row is None:
        return None
    item = ReviewItem.from_db("default", [field.attname for field in _ITEM], row[: len(_ITEM)])
    item.queue = Queue.from_db("default", [field.attname for field in _QUEUE], row[len(_ITEM) :])
    return item


def database_time() -> dt.datetime:
    """What the database's clock says now. Leases and holds are judged by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    moment: dt.datetime = row[0]
    return moment
