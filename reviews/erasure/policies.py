"""Who may erase, and why not."""

from typing import Any

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import ERASE_SUBJECTS
from reviews.holds.policies import NOT_EVERYWHERE

NO_ERASURES = "Only a compliance officer can erase the data of a person. No service key can."


def why_not_erase(actor: Actor, thing: Any) -> str | None:
    """`thing` is an AI system, a model, or None for everything there is."""
    if actor.has_perm(ERASE_SUBJECTS, thing):
        return None
    if thing is None and isinstance(actor, Person) and actor.rights.allow_somewhere(ERASE_SUBJECTS):
        return NOT_EVERYWHERE
    return NO_ERASURES


def why_not_erase_anything(actor: Actor) -> str | None:
    """Who may erase nothing at all hears that before anything is looked at."""
    if isinstance(actor, Person):
        return None if actor.rights.allow_somewhere(ERASE_SUBJECTS) else NO_ERASURES
    return None if actor.has_perm(ERASE_SUBJECTS) else NO_ERASURES
