"""Named reads of legal holds, and of what a hold or an erasure is about."""

from typing import Any, Final
from uuid import UUID

from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from audit.trail.models import Opening
from governance.access.models import Person
from governance.access.roles import VIEW_ERASURES
from governance.access.selectors import reaches
from registry.catalog.models import Model
from registry.catalog.selectors import NO_SUCH_MODEL
from registry.systems.models import AISystem
from reviews.holds import policies
from reviews.holds.models import Hold, HoldQuerySet
from reviews.holds.reading import About

NO_SUCH_SYSTEM: Final = "There is no such AI system, or it is not yours to know."


def visible_systems(actor: Actor) -> frozenset[UUID] | None:
    """The AI systems whose holds and erasures the actor may see; None means all, and those of none.

    Raises:
        NotPermitted: there is no system at all.
    """
    if refusal := policies.why_not_see_any(actor):
        raise NotPermitted(refusal)
    return actor.rights.systems_with(VIEW_ERASURES) if isinstance(actor, Person) else None


def holds_for(actor: Actor) -> HoldQuerySet:
    """Every hold that the actor may see."""
    systems = visible_systems(actor)
    every = Hold.objects.select_related("system", "model")
    return every if systems is None else every.filter(system_id__in=systems)


def hold_for(actor: Actor, hold_id: UUID) -> Hold:
    """One hold.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: the actor sees no holds at all.
    """
    if found := holds_for(actor).filter(pk=hold_id).first():
        return found
    raise NotFound


def things_of(actor: Actor, about: About) -> tuple[AISystem | None, Model | None]:
    """The system and the model that a body names.

    Raises:
        NotFound: there is no such thing in the actor's reach.
    """
    if about.model:
        model = _first(Model.objects.select_related("system"), about.model)
        if model is None or not reaches(actor, model):
            raise NotFound(NO_SUCH_MODEL)
        return model.system, model
    if about.system:
        system = _first(AISystem.objects.all(), about.system)
        if system is None or not reaches(actor, system):
            raise NotFound(NO_SUCH_SYSTEM)
        return system, None
    return None, None


def _first(rows: Any, slug: str) -> Any:
    return None if "\x00" in slug else rows.filter(slug=slug).first()


def subjects_of(entity_type: str, ids: list[UUID]) -> dict[UUID, str]:
    """Whom erasures or holds are about, while that is kept."""
    found = Opening.objects.filter(entity_type=entity_type, entity_id__in=ids, name="subject")
    return dict(found.values_list("entity_id", "value"))


def as_json(hold: Hold, *, subject: str | None = None) -> dict[str, Any]:
    """A hold as the API gives it."""
    return {
        "id": hold.pk,
        "system": hold.system.slug if hold.system else None,
        "model": hold.model.slug if hold.model else None,
        "by_subject": hold.by_subject,
        "subject": subject,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at,
        "lift_reason": hold.lift_reason or None,
        "lifted_by": hold.lifted_by or None,
        "lifted_at": hold.lifted_at,
    }
