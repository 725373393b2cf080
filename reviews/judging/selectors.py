"""Named reads for the interfaces of judging."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from audit.trail.actors import Actor
from governance.access.models import Person, ServiceKey
from governance.access.roles import ADD_QUEUE, VIEW_QUEUE
from registry.catalog.models import Model
from registry.catalog.selectors import NO_SUCH_MODEL
from registry.systems.policies import reaches
from reviews.queue import selectors as queue_selectors
from reviews.queue.models import Queue, ReviewItem
from reviews.queue.states import State


def queue_json(queue: Queue) -> dict[str, Any]:
    """A queue with its numbers."""
    counts = queue_selectors.counts(queue.pk)
    return {
        "id": str(queue.pk),
        "slug": queue.slug,
        "name": queue.name,
        "system": queue.system.slug,
        "waiting": counts.waiting,
        "leased": counts.leased,
        "overdue": counts.overdue,
        "oldest_at": counts.oldest_at,
        "next_free_at": counts.next_free_at,
        "as_of": counts.as_of,
    }


def is_due(item: ReviewItem) -> bool:
    """Whether a held review looks as if its hold were over; settling asks the database again."""
    return item.state == State.HELD and item.held_until is not None and item.held_until <= timezone.now()


def person_named(text: str) -> Person:
    """The active person with this id or e-mail address.

    Raises:
        BadInput: there is none.
    """
    people = Person.objects.filter(is_active=True)
    try:
        person = people.filter(pk=UUID(text)).first()
    except ValueError:
        person = people.filter(email__iexact=text).first()
    if person is None:
        raise BadInput([FieldError("/person", "UNKNOWN_PERSON", "Name a person with an account here.")])
    return person


def require_adding_somewhere(actor: Actor) -> None:
    """Refuse whoever can make no queue at all, before a body says where.

    Raises:
        NotPermitted: no role, or no scope, for it.
    """
    somewhere = (isinstance(actor, Person) and actor.rights.allow_somewhere(ADD_QUEUE)) or (
        isinstance(actor, ServiceKey) and actor.has_perm(ADD_QUEUE)
    )
    if not somewhere:
        raise NotPermitted(
            "Only queue managers, model owners, administrators and keys with policies:write can make queues."
        )


def require_knowing_model(actor: Actor, slug: str) -> None:
    """Let through who may know that the model exists: through its system, or through one of its queues.

    Raises:
        NotFound: not theirs to know.
    """
    model = None if "\x00" in slug else Model.objects.select_related("system").filter(slug=slug).first()
    if model is None:
        raise NotFound(NO_SUCH_MODEL)
    queues = queue_selectors.queues_with(actor, VIEW_QUEUE).filter(system=model.system)
    if not reaches(actor, model.system) and not queues.exists():
        raise NotFound(NO_SUCH_MODEL)
