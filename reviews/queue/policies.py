"""Who may do what to queues and reviews, and why not."""

import datetime as dt
from uuid import UUID

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import ADD_QUEUE, MANAGE_QUEUE, VIEW_QUEUE, WORK_QUEUE
from registry.systems.models import AISystem
from reviews.queue.models import Exclusion, Queue, ReviewItem
from reviews.queue.states import PassedOver, State

REOPEN_WITHIN = dt.timedelta(hours=24)
"""How long somebody may reopen what they decided themselves."""

_KEPT_FROM = {
    PassedOver.JUDGED: "You have judged this review already.",
    PassedOver.CANNOT_TELL: "You could not tell, so somebody else decides this review.",
    PassedOver.ESCALATED: "You escalated this review, so somebody else decides it.",
}


def why_not_add_queue(actor: Actor, system: AISystem) -> str | None:
    """Making queues is for queue managers, model owners, administrators and keys for policies."""
    if not actor.has_perm(ADD_QUEUE, system):
        return "Only a queue manager or model owner of this AI system can make queues."
    return None


def why_not_view(actor: Actor, queue: Queue | ReviewItem) -> str | None:
    """Anybody with a role on the queue that lets them see it."""
    if not actor.has_perm(VIEW_QUEUE, queue):
        return "You have no role that shows you this queue."
    return None


def why_not_work(actor: Actor, queue: Queue | ReviewItem) -> str | None:
    """Reviewing is for people: a key has nobody who would answer for the decision."""
    if not isinstance(actor, Person) or not actor.has_perm(WORK_QUEUE, queue):
        return "Only a person with a reviewing role on this queue can work on its reviews."
    return None


def why_not_manage(actor: Actor, queue: Queue | ReviewItem) -> str | None:
    """Assigning, unlocking and reopening other people's decisions."""
    if not actor.has_perm(MANAGE_QUEUE, queue):
        return "Only a queue manager of this queue can do this."
    return None


def why_not_take(person: Person, item: ReviewItem, *, assigned_to: UUID | None = None) -> str | None:
    """Whether this review is kept from this person: posted by them, passed on by them, or somebody else's."""
    if reason := why_not_work(person, item):
        return reason
    if item.poster_person_id == person.pk:
        return "You posted this prediction, so somebody else must review it."
    if assigned_to is not None and assigned_to != person.pk:
        return "This review is assigned to somebody else."
    kept = (
        Exclusion.objects.filter(item_id=item.pk, person_id=person.pk)
        .exclude(why=PassedOver.SKIPPED)
        .values_list("why", flat=True)
        .first()
    )
    return _KEPT_FROM[PassedOver(kept)] if kept else None


def why_not_assign_to(person: Person, item: ReviewItem) -> str | None:
    """A review is assigned only to somebody who may take it."""
    if not person.is_active:
        return "This account is deactivated."
    if why_not_take(person, item):
        return f"{person.name} cannot review this: no reviewing role here, or the review is kept from them."
    return None


def why_not_reopen(actor: Actor, item: ReviewItem, *, now: dt.datetime) -> str | None:
    """One's own decision within 24 hours; a queue manager any decision."""
    if item.state not in {State.DECIDED, State.EXPIRED}:
        return "Only a decided review can be reopened."
    if actor.has_perm(MANAGE_QUEUE, item):
        return None
    own = isinstance(actor, Person) and item.decided_by_id == actor.pk and actor.has_perm(WORK_QUEUE, item)
    if not own:
        return "Only a queue manager, or whoever decided it, can reopen this review."
    if item.decided_at is None or now - item.decided_at > REOPEN_WITHIN:
        return "You decided this more than 24 hours ago. Ask a queue manager to reopen it."
    return None
