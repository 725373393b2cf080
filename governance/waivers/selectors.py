"""Named reads about waivers."""

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from governance.access.roles import PROPOSE_WAIVER
from governance.access.selectors import require
from governance.waivers.models import Waiver
from governance.waivers.policies import PROPOSING_NEEDS
from governance.waivers.states import WaiverState
from registry.systems.policies import READING_NEEDS, VIEW
from registry.systems.selectors import in_reach

NO_SUCH = "There is no such waiver, or it is not yours to know."


def waived(version_id: UUID, environment: str, *, now: dt.datetime) -> frozenset[str]:
    """The requirements that need not hold for this version there, at this moment."""
    return frozenset(
        Waiver.objects.filter(
            version=version_id, environment=environment, state=WaiverState.APPROVED, until__gt=now
        ).values_list("requirement", flat=True)
    )


def waivers_for(actor: Actor) -> QuerySet[Waiver]:
    """All waivers within the actor's reach."""
    found = Waiver.objects.select_related("version__model__system")
    return in_reach(found, actor, system="version__model__system")


def require_some_proposing(actor: Any) -> None:
    """Refuse whoever can propose nothing at all, before a body says what it is about.

    Raises:
        NotPermitted: there is no such system.
    """
    rights = getattr(actor, "rights", None)
    if rights is None or not rights.allow_somewhere(PROPOSE_WAIVER):
        raise NotPermitted(PROPOSING_NEEDS)


def one(actor: Actor, waiver_id: UUID) -> Waiver:
    """One waiver.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    found = Waiver.objects.select_related("version__model__system").filter(pk=waiver_id).first()
    if found is None:
        raise NotFound(NO_SUCH)
    try:
        require(actor, VIEW, found, READING_NEEDS)
    except NotFound:
        raise NotFound(NO_SUCH) from None
    return found


COLUMNS: Final = (
    "id", "model", "version", "environment", "requirement", "reason", "state", "until", "created_by",
    "created_at", "decided_by", "decided_at", "ended_at",
)  # fmt: skip


def as_json(waiver: Waiver) -> dict[str, Any]:
    """A waiver as the API gives it."""
    return {
        "id": str(waiver.pk),
        "model": waiver.version.model.slug,
        "version": waiver.version.version,
        "environment": waiver.environment_id,
        "requirement": waiver.requirement,
        "reason": waiver.reason,
        "state": waiver.state,
        "until": waiver.until,
        "created_by": waiver.created_by,
        "created_at": waiver.created_at,
        "decided_by": waiver.decided_by or None,
        "decided_at": waiver.decided_at,
        "ended_at": waiver.ended_at,
    }
