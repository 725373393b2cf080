"""Named reads of erasures."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from audit.refusals import NotFound
from audit.trail.actors import Actor
from reviews.erasure import matching
from reviews.erasure.models import Erasure
from reviews.erasure.states import ErasureState
from reviews.holds.selectors import subjects_of, visible_systems


def erasures_for(actor: Actor) -> QuerySet[Erasure]:
    """Every erasure that the actor may see.

    Raises:
        NotPermitted: none at all.
    """
    systems = visible_systems(actor)
    every = Erasure.objects.select_related("system", "model")
    return every if systems is None else every.filter(system_id__in=systems)


def erasure_for(actor: Actor, erasure_id: UUID) -> Erasure:
    """One erasure.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: the actor sees no erasures at all.
    """
    if found := erasures_for(actor).filter(pk=erasure_id).first():
        return found
    raise NotFound


def subject_of(erasure: Erasure) -> str | None:
    """Whom it is about, until it is done."""
    return subjects_of("erasure", [erasure.pk]).get(erasure.pk)


def holds_of(erasure: Erasure) -> list[UUID]:
    """The legal holds that keep a part of it now."""
    return matching.holds_on(erasure) if erasure.state != ErasureState.DONE else []


def events_of(erasure: Erasure) -> list[dict[str, Any]]:
    """The events that took content, oldest first, with their place in the log (None until they have one)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id, p.n, e.at FROM audit_event e
            LEFT JOIN audit_position p ON p.feed = 1 AND p.ref = e.seq
            WHERE e.entity_type = 'erasure' AND e.entity_id = %s AND e.kind = 'reviews.subject.erased'
            ORDER BY e.entity_version LIMIT 1000
            """,
            [erasure.pk],
        )
        return [{"event": id_, "position": n, "at": at} for id_, n, at in cursor.fetchall()]


def as_json(erasure: Erasure) -> dict[str, Any]:
    """An erasure in a list."""
    return {
        "id": erasure.pk,
        "state": erasure.state,
        "ground": erasure.ground,
        "system": erasure.system.slug if erasure.system else None,
        "model": erasure.model.slug if erasure.model else None,
        "reason": erasure.reason,
        "progress": {"done": erasure.done, "total": erasure.total},
        "asked_by": erasure.asked_by,
        "asked_at": erasure.asked_at,
        "finished_at": erasure.finished_at,
    }


def whole_json(erasure: Erasure) -> dict[str, Any]:
    """An erasure for itself: also the holds in its way, what went, and who had received it."""
    return {
        **as_json(erasure),
        "subject": subject_of(erasure),
        "holds": holds_of(erasure),
        "counts": erasure.counts,
        "receivers": erasure.receivers and {"decided_lists": [], **erasure.receivers},
        "events": events_of(erasure),
    }
