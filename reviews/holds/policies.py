"""Who may place and lift legal holds, and why not."""

from typing import Any

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import HOLD_DATA, VIEW_ERASURES

NO_HOLDS = "Only a compliance officer can keep data from being erased, and let it go again."
NOT_EVERYWHERE = "Your role is on some AI systems only: name one of them, or one of its models."


def why_not_hold(actor: Actor, thing: Any) -> str | None:
    """`thing` is an AI system, a model, a hold, or None for everything there is."""
    if actor.has_perm(HOLD_DATA, thing):
        return None
    if thing is None and isinstance(actor, Person) and actor.rights.allow_somewhere(HOLD_DATA):
        return NOT_EVERYWHERE
    return NO_HOLDS


def why_not_hold_anything(actor: Actor) -> str | None:
    """Who may hold nothing at all hears that before anything is looked at."""
    holds = (
        actor.rights.allow_somewhere(HOLD_DATA) if isinstance(actor, Person) else actor.has_perm(HOLD_DATA)
    )
    return None if holds else NO_HOLDS


def why_not_see_any(actor: Actor) -> str | None:
    """Holds and erasures are read by those who ask for them and those who check."""
    sees = isinstance(actor, Person) and actor.rights.allow_somewhere(VIEW_ERASURES)
    return (
        None
        if sees or (not isinstance(actor, Person) and actor.has_perm(VIEW_ERASURES))
        else ("Only compliance officers and auditors can see erasures and legal holds.")
    )
