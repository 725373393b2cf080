"""What a reviewer has typed and not submitted: kept for them alone, and no event."""

import datetime as dt
from uuid import UUID

from audit.prepared import execute
from audit.refusals import BadInput, FieldError, NotFound
from audit.trail.actors import Actor
from governance.access.models import Person
from reviews.judging.submission import LARGEST_DRAFT
from reviews.queue import claims, moves, policies
from reviews.queue.errors import LeaseLost
from reviews.queue.models import Draft, ReviewItem


def keep_draft(*, item_id: UUID, token: int, body: str, actor: Actor, now: dt.datetime) -> None:
    """Keep what a person has typed. Theirs alone; no event. Also without a lease: nothing typed is lost.

    Raises:
        NotFound, NotPermitted: not theirs.
        BadInput: it is too large.
        LeaseLost: the draft is kept, but the lease is not theirs any more.
    """
    item = ReviewItem.objects.select_related("queue").filter(pk=item_id).first()
    if item is None:
        raise NotFound
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    assert isinstance(actor, Person)  # why_not_work says so
    if len(body) > LARGEST_DRAFT:
        raise BadInput(
            [FieldError("/draft", "TOO_LARGE", f"A draft has at most {LARGEST_DRAFT} characters.")]
        )
    save(item_id=item_id, person=actor, body=body, now=now)
    own = claims.own_leases(actor.pk, [item.queue_id])
    if not any(each.item.pk == item_id and each.lease.token == token for each in own):
        raise LeaseLost


def save(*, item_id: UUID, person: Person, body: str, now: dt.datetime) -> None:
    """Write a draft, over the one that was there; none of what was erased meanwhile."""
    execute(
        """
        INSERT INTO reviews_draft (item_id, person_id, body, updated_at)
        SELECT %(item)s, %(person)s, %(body)s, %(now)s WHERE NOT EXISTS (
            SELECT FROM reviews_reviewitem i JOIN reviews_erased e ON e.prediction_id = i.prediction_id
            WHERE i.id = %(item)s)
        ON CONFLICT (item_id, person_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at
        """,
        {"item": item_id, "person": person.pk, "body": body, "now": now},
    )


def forget(item: ReviewItem, person: Person) -> None:
    """Drop a draft: its review is done with."""
    Draft.objects.filter(item_id=item.pk, person_id=person.pk).delete()
