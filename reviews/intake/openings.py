"""Who looked at a payload: an event for every opening outside somebody's own queue work.

Own queue work is the review that a person holds a lease on, or has just judged and may still take back: the
events of the claim and the judgement say already that they saw it. Everybody else who is shown a payload,
also a reviewer who looks at a review before taking it, leaves `reviews.prediction.payload_opened`.

The event is a remark of its own and no change of the prediction: it neither locks nor writes the row that
intake and judging work on, so an opening costs one insert. It names the prediction by id and holds nothing
of the payload. Service keys leave none: they read for their systems, within their scopes.
"""

import datetime as dt
from typing import Final

from django.db import transaction

from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person
from reviews.intake.standing import Standing
from reviews.queue.models import Judgement, Slot
from reviews.queue.states import State

KIND: Final = "reviews.prediction.payload_opened"


def open_payload(*, standing: Standing, actor: Actor, via: str, now: dt.datetime) -> bool:
    """Report that `actor` is about to be shown the payload; whether that took an event.

    Whoever may not see it has been turned away before. To be called before anything is shown: if the event
    cannot be written, nothing is. `via` is `page` or `api`.
    """
    if not isinstance(actor, Person) or is_own_work(actor, standing, now=now):
        return False
    with transaction.atomic():
        trail.remark(
            kind=KIND,
            actor=actor,
            entity_type="payload_opening",
            details={"prediction": standing.id, "review": standing.item_id, "via": via},
            now=now,
            system_id=standing.system_id,
        )
    return True


def is_own_work(person: Person, standing: Standing, *, now: dt.datetime) -> bool:
    """Whether the person holds the prediction's review, or has judged it and may still take that back."""
    if standing.item_id is None:
        return False
    if standing.review_state == State.HELD:
        return Judgement.objects.filter(
            item_id=standing.item_id, reviewer=person, undone_at=None, final_at__gt=now
        ).exists()
    return Slot.objects.filter(item_id=standing.item_id, leased_by=person, leased_until__gt=now).exists()
