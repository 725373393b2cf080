"""Giving a review back without an answer: release, skip, snooze."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person
from reviews.queue import claims, moves, policies
from reviews.queue.errors import Leased, LeaseLost, TooManySkips
from reviews.queue.models import ReviewItem, Skip, Slot
from reviews.queue.states import PassedOver, State

SKIPS_PER_HOUR = 30
"""Reviews of one queue that a person may skip or snooze within an hour: picking the easy ones ends there."""
LONGEST_SNOOZE = dt.timedelta(days=7)
LONGEST_REASON = 2000


@transaction.atomic
def release(
    *,
    item_id: UUID,
    token: int,
    actor: Actor,
    reason: str = "",
    snooze_until: dt.datetime | None = None,
    now: dt.datetime,
) -> ReviewItem:
    """Give a lease back. With a reason it is a skip, with a date a snooze; the draft stays.

    Raises:
        NotFound, NotPermitted: not theirs.
        LeaseLost: the lease ended before.
        BadInput: the date is not within the next seven days.
        TooManySkips: the cap of an hour is reached.
    """
    claims.lock_person_of(actor)
    item = moves.lock(item_id)
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    assert isinstance(actor, Person)  # why_not_work says so
    slot = own_slot(item, actor, token)
    if reason or snooze_until:
        _pass_over(item, actor, reason=reason, snooze_until=snooze_until, now=now)
    moves.free(Slot.objects.filter(pk=slot.pk))
    facts: dict[str, Any] = {"slot": slot.n, "token": token}
    if reason:
        facts["reason_commitment"] = trail.commit_to(entity=item, name="reason", value=reason)
    if snooze_until:
        item.snoozed_until = snooze_until
        Slot.objects.filter(item=item).update(open=False)
        moves.move(item, to=State.SNOOZED, kind="snoozed", actor=actor, now=now, until=snooze_until, **facts)
    else:
        moves.note(item, kind="skipped" if reason else "released", actor=actor, now=now, **facts)
    return item


def own_slot(item: ReviewItem, person: Person, token: int) -> Slot:
    """The locked slot that this live lease is on. The item is locked before.

    Raises:
        LeaseLost: the lease ended, or the token is not that of the last lease.
    """
    slot = next((each for each in moves.slots_of(item) if each.leased_by_id == person.pk), None)
    if slot is None or slot.token != token or not moves.is_live(slot, at=moves.database_time()):
        raise LeaseLost
    return slot


def _pass_over(
    item: ReviewItem, person: Person, *, reason: str, snooze_until: dt.datetime | None, now: dt.datetime
) -> None:
    if snooze_until and not now < snooze_until <= now + LONGEST_SNOOZE:
        raise BadInput(
            [
                FieldError(
                    "/snooze_until", "OUT_OF_RANGE", "Snooze until some time within the next seven days."
                )
            ]
        )
    passed_over = Skip.objects.filter(
        queue_id=item.queue_id, person_id=person.pk, at__gt=now - dt.timedelta(hours=1)
    ).count()
    if passed_over >= SKIPS_PER_HOUR:
        raise TooManySkips(
            f"You have passed over {passed_over} reviews of this queue within an hour. "
            "Decide or escalate this one, or say that you cannot tell."
        )
    if snooze_until and moves.live_slots(item).exclude(leased_by=person).exists():
        raise Leased(message="Somebody else is working on this review too, so it cannot be put off.")
    Skip.objects.create(
        item=item,
        person_id=person.pk,
        queue_id=item.queue_id,
        reason=reason,
        snoozed_until=snooze_until,
        at=now,
    )
    if not snooze_until:
        moves.exclude(item, person.pk, PassedOver.SKIPPED, now=now)
