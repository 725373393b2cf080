"""Passing a review on to others, and asking again: escalate, cannot tell, reopen."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person
from reviews.intake import outcomes
from reviews.judging import drafts
from reviews.queue import claims, moves, policies, releasing, rounds
from reviews.queue.models import Queue, ReviewItem, Slot
from reviews.queue.states import PassedOver, State
from reviews.routing import urgency
from reviews.routing.models import RoutingPolicy

REOPENED = "REOPENED"
"""The reason code of a round that somebody asked for after a decision."""


@transaction.atomic
def escalate(*, item_id: UUID, token: int, reason: str, actor: Actor, now: dt.datetime) -> ReviewItem:
    """Hand a review that one holds to the escalation queue of its policy, else to another person.

    Raises:
        NotFound, NotPermitted: not theirs.
        LeaseLost: the lease ended.
    """
    claims.lock_person_of(actor)
    item = moves.lock(item_id)
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    assert isinstance(actor, Person)  # why_not_work says so
    slot = releasing.own_slot(item, actor, token)
    item.escalated_at = now
    facts = {
        "slot": slot.n,
        "reason_commitment": trail.commit_to(entity=item, name="reason", value=reason),
    }
    # The draft goes: whoever escalates is done with it, and it is seen by nobody else.
    drafts.forget(item, actor)
    pass_on(item, actor, why=PassedOver.ESCALATED, kind="escalated", now=now, **facts)
    return item


def pass_on(
    item: ReviewItem, person: Person, *, why: PassedOver, kind: str, now: dt.datetime, **facts: object
) -> None:
    """Keep a locked item from whoever passes it on, and move it to the escalation queue if there is one.

    Moving ends every lease on it: those who work on the old queue need not have a role on the new one.
    """
    moves.exclude(item, person.pk, why, now=now)
    queue = _escalation_queue(item)
    mine = Slot.objects.filter(item=item, leased_by=person)
    if queue is None:
        moves.free(mine, assigned_to_id=None)
    else:
        facts = {**facts, "from_queue": item.queue.slug, "to_queue": queue.slug}
        item.queue = queue
        moves.free(Slot.objects.filter(item=item), assigned_to_id=None, queue_id=queue.pk)
    moves.note(item, kind=kind, actor=person, now=now, **facts)


def reopen(*, item_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> ReviewItem:
    """Ask again about a decided review. The outcome in force stays until another one is decided.

    Raises:
        NotFound: not theirs to know.
        NotPermitted: neither their own decision of the last 24 hours, nor a queue manager.
        AlreadyOpen, IllegalTransition: it is not decided.
        PredictionErased: there is nothing left to look at.
    """
    with transaction.atomic():
        item = moves.lock(item_id)
        moves.refuse(policies.why_not_view(actor, item), actor, item)
        if item.state in {State.DECIDED, State.EXPIRED}:
            why_not = policies.why_not_reopen(actor, item, now=now)
            if why_not:
                raise NotPermitted(why_not)
        else:
            moves.refuse_unless_decided(item)
        outcomes.refuse_erased(item.prediction_id)
        due_at = now + dt.timedelta(minutes=rounds.DISPUTED_MINUTES)
        return rounds.open_round(
            prediction_id=item.prediction_id,
            model_id=item.model_id,
            policy_id=item.policy_id,
            queue=item.queue,
            reason=REOPENED,
            note=reason,
            kind="reopened",
            actor=actor,
            now=now,
            due_at=due_at,
            sort_at=urgency.sort_at(routed_at=now, priority=rounds.DISPUTED_PRIORITY, due_at=due_at),
        )


def _escalation_queue(item: ReviewItem) -> Queue | None:
    """Where the policy that routed the item sends it; None if nowhere, or if it is there already."""
    if item.policy_id is None:
        return None
    policy = RoutingPolicy.objects.select_related("escalation_queue").filter(pk=item.policy_id).first()
    queue = policy.escalation_queue if policy else None
    return queue if queue and queue.pk != item.queue_id else None
