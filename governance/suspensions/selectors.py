"""Named reads about suspensions."""

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from audit.refusals import NotFound
from audit.trail.actors import Actor
from governance.access.models import Person
from governance.approvals.models import ApprovalRequest
from governance.approvals.states import UNDECIDED
from governance.suspensions import facts, policies
from governance.suspensions.models import Suspension, SuspensionQuerySet
from governance.suspensions.reading import Target
from registry.catalog.models import Model, ModelVersion
from registry.catalog.selectors import NO_SUCH_MODEL, version_of
from registry.systems.models import AISystem
from registry.systems.reading import OWNER_TITLES
from registry.systems.selectors import ids_for, reads_all, require

NO_SUCH_SUSPENSION: Final = "There is no such suspension, or it is not yours to know."
COLUMNS: Final = (
    "id", "system", "model", "version", "state", "reason", "raised_by", "raised_at", "lift_reason",
    "lifted_by", "lifted_at",
)  # fmt: skip
NO_SUCH_SYSTEM: Final = "There is no such AI system, or it is not yours to know."


def whole() -> SuspensionQuerySet:
    """With everything that is shown of a suspension."""
    return Suspension.objects.select_related("system", "model", "version__model")


def suspensions_for(actor: Any) -> SuspensionQuerySet:
    """Every suspension that the actor may read about."""
    if reads_all(actor):
        return whole()  # all of them: the condition below would have every row looked at
    reach = set(ids_for(actor))
    if isinstance(actor, Person):
        owned = Q()
        for title in OWNER_TITLES:
            owned |= Q(**{title: actor})
        reach.update(AISystem.objects.filter(owned).values_list("pk", flat=True))
    return whole().filter(system__in=reach)


def suspension_for(actor: Actor, suspension_id: UUID) -> Suspension:
    """One suspension.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    found = known_suspension(actor, suspension_id)
    require(policies.why_not_see(actor, found.system))
    return found


def known_suspension(actor: Actor, suspension_id: UUID) -> Suspension:
    """One suspension, for whoever may know that it exists; what they may do is asked elsewhere.

    Raises:
        NotFound: there is none in the actor's reach.
    """
    found = whole().filter(pk=suspension_id).first()
    if found is None or not policies.may_know(actor, found.system):
        raise NotFound(NO_SUCH_SUSPENSION)
    return found


def known_system(actor: Actor, slug: str) -> AISystem:
    """A system, also for an owner who is named on it and holds no role.

    Raises:
        NotFound: there is none in the actor's reach.
    """
    found = None if "\x00" in slug else AISystem.objects.filter(slug=slug).first()
    if found is None or not policies.may_know(actor, found):
        raise NotFound(NO_SUCH_SYSTEM)
    return found


def target_of(actor: Actor, target: Target) -> tuple[AISystem, Model | None, ModelVersion | None]:
    """The system, model and version that a body names, for whoever may suspend them.

    Raises:
        NotFound: there is no such thing in the actor's reach.
        NotPermitted: within reach, but the actor may not suspend it.
    """
    if target.system:
        system = known_system(actor, target.system)
        require(policies.why_not_suspend(actor, system))
        return system, None, None
    model = Model.objects.select_related("system").filter(slug=target.model).first()
    if model is None or not policies.may_know(actor, model.system):
        raise NotFound(NO_SUCH_MODEL)
    require(policies.why_not_suspend(actor, model.system))
    return model.system, model, version_of(model, target.version) if target.version else None


def why_not_lift(actor: Actor, suspension: Suspension, *, now: dt.datetime) -> str | None:
    """Why the actor may not lift this suspension; whether anybody may now is asked elsewhere."""
    return policies.why_not_lift(
        actor,
        suspension,
        by_an_owner=raised_by_an_owner(suspension),
        approved=facts.lifting_is_approved(suspension.pk, now),
    )


def in_words(suspension: Suspension) -> str:
    """A sentence for whoever is stopped by it. The reason stays where people with a role read it."""
    target = suspension.target
    return f"{target[0].upper()}{target[1:]} is suspended since {suspension.raised_at:%Y-%m-%d %H:%M} UTC."


def lifting_demands_approval(suspension: Suspension) -> bool:
    """Whether the class of the system demands a signed approval before it is lifted."""
    return facts.demands_approval(facts.class_of(suspension.system_id))


def asked_for_lifting(suspension: Suspension) -> ApprovalRequest | None:
    """The request about its lifting that is being decided."""
    return ApprovalRequest.objects.filter(suspension=suspension.pk, state__in=UNDECIDED).first()


def raised_by_an_owner(suspension: Suspension) -> bool:
    """Whether whoever raised it answers for the system today."""
    kind, _, id_ = suspension.raised_by.partition(":")
    raiser = Person.objects.filter(pk=UUID(id_)).first() if kind == "person" else None
    return raiser is not None and policies.is_owner(raiser, suspension.system)


def as_json(suspension: Suspension) -> dict[str, Any]:
    """A suspension as the API gives it."""
    return {
        "id": str(suspension.pk),
        "system": suspension.system.slug,
        "model": suspension.model.slug if suspension.model else None,
        "version": suspension.version.version if suspension.version else None,
        "state": "live" if suspension.is_live else "lifted",
        "reason": suspension.reason,
        "raised_by": suspension.raised_by,
        "raised_at": suspension.raised_at,
        "lift_reason": suspension.lift_reason or None,
        "lifted_by": suspension.lifted_by or None,
        "lifted_at": suspension.lifted_at,
    }
