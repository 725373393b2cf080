"""Named reads of labels."""

from typing import Any
from uuid import UUID

from audit.refusals import NotFound, NotPermitted
from audit.trail import feeds
from audit.trail.actors import Actor
from audit.trail.models import Feed
from governance.access.models import Person, ServiceKey
from governance.access.roles import READ_LABELS
from governance.access.selectors import require
from registry.catalog.models import Model
from reviews.labels import policies, rows

LARGEST_PAGE = 16 * 1024 * 1024
"""Bytes of content in one page of the feed: with large inputs it holds fewer labels than asked for."""

_VISIBLE = """
AND (%(systems)s::uuid[] IS NULL OR m.system_id = ANY(%(systems)s))
AND (%(model)s::uuid IS NULL OR l.model_id = %(model)s)
AND (%(environments)s::text[] IS NULL OR r.environment = ANY(%(environments)s))
"""


def readable_systems(actor: Actor) -> frozenset[UUID] | None:
    """The AI systems whose labels the actor may read; None means all.

    Raises:
        NotPermitted: there is no system at all.
    """
    if isinstance(actor, Person):
        systems = actor.rights.systems_with(READ_LABELS) if actor.is_active else frozenset()
    elif not actor.has_perm(READ_LABELS):
        systems = frozenset()
    elif isinstance(actor, ServiceKey) and actor.system_ids:
        systems = frozenset(actor.system_ids)
    else:
        systems = None
    if systems is not None and not systems:
        raise NotPermitted(policies.NO_LABELS)
    return systems


def readable_environments(actor: Actor) -> list[str] | None:
    """The environments whose labels the actor may read; None means all."""
    return (sorted(actor.environments) or None) if isinstance(actor, ServiceKey) else None


def model_for(actor: Actor, slug: str) -> Model:
    """The model of that slug, for somebody who wants its labels.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but its labels are not.
    """
    readable_systems(actor)
    model = None if "\x00" in slug else Model.objects.select_related("system").filter(slug=slug).first()
    if model is None:
        raise NotFound
    require(actor, READ_LABELS, model, policies.NO_LABELS)
    return model


def feed_page(
    *, actor: Actor, model: Model | None, after: int, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """The actor's labels behind `after`, and the position to go on from.

    Looks at `feeds.SCAN` positions at most, so with a filter the page may be short or empty while the
    position moves on.
    """
    systems = readable_systems(actor)
    upto = min(feeds.size(Feed.LABELS), after + feeds.SCAN)
    found = rows.heads(
        after=after,
        upto=upto,
        limit=limit,
        where=_VISIBLE,
        systems=None if systems is None else list(systems),
        model=None if model is None else model.pk,
        environments=readable_environments(actor),
    )
    page = next(rows.chunks(found, LARGEST_PAGE), [])
    labels = [row.label for chunk in rows.chunks(page) for row in rows.complete(chunk)]
    if page and (len(found) == limit or len(page) < len(found)):
        return labels, page[-1].n
    return labels, max(after, upto)
