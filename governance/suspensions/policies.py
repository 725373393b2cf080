"""Who may suspend, who may lift, and why not."""

from typing import Final

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import SUSPEND
from governance.suspensions.models import Suspension
from registry.systems.models import AISystem
from registry.systems.policies import CHANGE, reaches, why_not_view
from registry.systems.reading import OWNER_TITLES

SUSPENDING_NEEDS: Final = (
    "Only an owner of this AI system, a compliance or risk officer, or a key with suspensions:write can "
    "suspend it."
)
LIFTING_NEEDS: Final = (
    "Only a compliance or risk officer, or a key with suspensions:write, can lift it; an owner what an owner "
    "raised, or once the lifting is approved."
)


def is_owner(actor: Actor, system: AISystem) -> bool:
    """Whether a person answers for the system: named on it, or a model owner of it."""
    if not isinstance(actor, Person):
        return False
    named = {getattr(system, f"{title}_id") for title in OWNER_TITLES}
    return actor.pk in named or actor.has_perm(CHANGE, system)


def may_know(actor: Actor, system: AISystem) -> bool:
    """Whether the system is the actor's to know, be it only because its record names them."""
    return reaches(actor, system) or is_owner(actor, system)


def why_not_see(actor: Actor, system: AISystem) -> str | None:
    """Suspensions are seen by whoever may read about the system."""
    return None if is_owner(actor, system) else why_not_view(actor, system)


def why_not_suspend(actor: Actor, system: AISystem) -> str | None:
    """Stopping is for whoever answers for the system and for whoever watches over it."""
    if actor.has_perm(SUSPEND, system) or is_owner(actor, system):
        return None
    return SUSPENDING_NEEDS


def why_not_suspend_anything(actor: Actor) -> str | None:
    """Asked before a body says what it is about: a key needs its scope; of people only the body can tell."""
    if not isinstance(actor, Person) and not actor.has_perm(SUSPEND):
        return SUSPENDING_NEEDS
    return None


def why_not_lift(actor: Actor, suspension: Suspension, *, by_an_owner: bool, approved: bool) -> str | None:
    """An owner does not undo alone what somebody raised who watches over them.

    `by_an_owner`: whether an owner raised it.
    """
    if actor.has_perm(SUSPEND, suspension):
        return None
    if is_owner(actor, suspension.system) and (by_an_owner or approved):
        return None
    return LIFTING_NEEDS
