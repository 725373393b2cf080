"""Rounds of review: opened, handed to somebody, unlocked, put to sleep and woken, called off."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import CLOCK, Actor
from governance.access.models import Person
from reviews.queue import moves, policies
from reviews.queue.errors import AlreadyOpen, Leased, NotLeased
from reviews.queue.models import Exclusion, Queue, ReviewItem, Slot
from reviews.queue.states import OPEN, State

DISPUTED_PRIORITY = 70
DISPUTED_MINUTES = 240
WAKE_AT_ONCE = 200


@transaction.atomic
def open_round(
    *,
    prediction_id: UUID,
    model_id: UUID,
    policy_id: UUID | None,
    queue: Queue,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    poster_person_id: UUID | None = None,
    kind: str = "flagged",
    note: str = "",
    due_at: dt.datetime | None = None,
    sort_at: dt.datetime | None = None,
    priority: int = DISPUTED_PRIORITY,
) -> ReviewItem:
    """Ask people about a prediction that was accepted or decided; its outcome stays in force meanwhile.

    The caller has judged whether `actor` may. `note` is free text: the event holds a commitment to it.
    `reason` is a code (`FLAGGED`, `REOPENED`). Without a prior item the prediction gets one; else the same
    item begins its next round, from which nobody is excluded but the poster.

    Raises:
        AlreadyOpen: people are at it already.
        IllegalTransition: the prediction was withdrawn.
    """
    item = moves.lock_of_prediction(prediction_id) or ReviewItem(
        prediction_id=prediction_id,
        model_id=model_id,
        policy_id=policy_id,
        poster_person_id=poster_person_id,
        reasons=[],
        round=0,
        reviewers=1,
    )
    if not item._state.adding and item.state in OPEN:
        raise AlreadyOpen
    item.queue = queue
    item.round += 1
    item.blocks = False
    item.selected_by_routing = False
    item.reasons = [*dict.fromkeys([*item.reasons, reason])]
    item.priority = priority
    item.routed_at = now
    item.due_at = due_at or now + dt.timedelta(minutes=DISPUTED_MINUTES)
    item.sort_at = min(sort_at or now, item.due_at)
    item.escalated_at = item.decided_at = item.decided_by = item.changed = None
    facts = {"round": item.round, "reason": reason, "queue": queue.slug}
    if note:
        facts["note_commitment"] = trail.commit_to(entity=item, name="note", value=note)
    if item._state.adding:
        _open_first(item, kind=kind, actor=actor, now=now, facts=facts)
    else:
        moves.end_round(item)
        moves.move(item, to=State.WAITING, kind=kind, actor=actor, now=now, **facts)
    moves.make_slots(item, range(1, item.reviewers + 1))
    return item


def _open_first(
    item: ReviewItem, *, kind: str, actor: Actor, now: dt.datetime, facts: Mapping[str, Any]
) -> None:
    """Insert an item; there was none to lock, so the unique prediction tells who was first."""
    try:
        with transaction.atomic():
            moves.note(item, kind=kind, actor=actor, now=now, **facts)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise AlreadyOpen from None
        raise


@transaction.atomic
def cancel(*, item_id: UUID, actor: Actor, now: dt.datetime, reason: str = "") -> ReviewItem:
    """Call off a round because its prediction was withdrawn. The caller has judged whether `actor` may.

    Raises:
        AlreadyDecided: too late.
    """
    item = moves.lock(item_id)
    facts = {}
    if reason:
        facts["reason_commitment"] = trail.commit_to(entity=item, name="reason", value=reason)
    moves.end_round(item)
    moves.move(item, to=State.CANCELLED, kind="cancelled", actor=actor, now=now, **facts)
    return item


@transaction.atomic
def assign(
    *, item_id: UUID, person: Person | None, reason: str, actor: Actor, now: dt.datetime
) -> ReviewItem:
    """Keep a review for one person, or with None give it back to everybody.

    Raises:
        NotFound, NotPermitted: `actor` does not manage the queue, or the person may not take the review.
        Leased: somebody else works on it; unlock it first.
        AlreadyDecided, IllegalTransition: nobody can be asked any more.
    """
    item = moves.lock(item_id)
    moves.refuse(policies.why_not_manage(actor, item), actor, item)
    if person is not None and (why_not := policies.why_not_assign_to(person, item)):
        raise NotPermitted(why_not)
    moves.refuse_unless_waiting(item)
    slot = moves.slots_of(item)[0]
    at = moves.database_time()
    if moves.is_live(slot, at=at) and (person is None or slot.leased_by_id != person.pk):
        raise Leased(slot.leased_until, "Somebody is working on this review. Unlock it first.")
    if person is None:
        kept = item.poster_person_id is not None or Exclusion.objects.filter(item_id=item.pk).exists()
        Slot.objects.filter(item=item).update(assigned_to_id=None, lane=int(kept))
    else:
        Slot.objects.filter(pk=slot.pk).update(assigned_to_id=person.pk, lane=1)
    facts = {"to": person.audit_ref if person else None}
    if reason:
        facts["reason_commitment"] = trail.commit_to(entity=item, name="reason", value=reason)
    moves.note(item, kind="assigned", actor=actor, now=now, **facts)
    return item


@transaction.atomic
def unlock(*, item_id: UUID, actor: Actor, now: dt.datetime, reason: str = "") -> ReviewItem:
    """End the leases on a review that others hold. What they typed stays as their draft.

    Raises:
        NotFound, NotPermitted: `actor` does not manage the queue.
        NotLeased: nobody holds it.
    """
    item = moves.lock(item_id)
    moves.refuse(policies.why_not_manage(actor, item), actor, item)
    at = moves.database_time()
    live = [slot for slot in moves.slots_of(item) if moves.is_live(slot, at=at)]
    if not live:
        raise NotLeased
    moves.free(Slot.objects.filter(pk__in=[slot.pk for slot in live]))
    facts: dict[str, object] = {"holders": [f"person:{slot.leased_by_id}" for slot in live]}
    if reason:
        facts["reason_commitment"] = trail.commit_to(entity=item, name="reason", value=reason)
    moves.note(item, kind="unlocked", actor=actor, now=now, **facts)
    return item


@transaction.atomic
def wake(*, queue_id: UUID | None = None, now: dt.datetime) -> int:
    """Wake snoozed reviews that are due, of one queue or all; answer how many (at most `WAKE_AT_ONCE`).

    Those that somebody else has locked are left to them.
    """
    due = ReviewItem.objects.filter(state=State.SNOOZED, snoozed_until__lte=now)
    if queue_id:
        due = due.filter(queue_id=queue_id)
    items = due.select_related("queue").select_for_update(skip_locked=True, of=["self"])
    count = 0
    for item in items.order_by("snoozed_until")[:WAKE_AT_ONCE]:
        awaken(item, actor=CLOCK, now=now)
        count += 1
    return count


def awaken(item: ReviewItem, *, actor: Actor, now: dt.datetime) -> None:
    """Let a locked, snoozed item wait again, at its old place."""
    Slot.objects.filter(item=item).update(open=True)
    moves.move(item, to=State.WAITING, kind="woken", actor=actor, now=now)
