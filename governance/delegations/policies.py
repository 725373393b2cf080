"""Who may lend their signature, and why not."""

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import VIEW_PEOPLE, Role, ScopeKind
from governance.delegations.models import Delegation
from registry.systems.models import AISystem


def why_not_give(actor: Actor, role: str, system: AISystem | None) -> str | None:
    """Only a role that one holds oneself is lent: what was lent is not lent on.

    Without a system it is lent wherever it is held.
    """
    if not isinstance(actor, Person):
        return "Only a person lends their signature."
    for held in actor.rights.held:
        everywhere = held.kind is ScopeKind.EVERYWHERE
        there = held.kind is ScopeKind.SYSTEM and (system is None or held.system_id == system.pk)
        if held.role == role and (everywhere or there):
            return None
    return f"You are no {Role(role).label} there yourself, so there is nothing to lend."


def why_not_end(actor: Actor, delegation: Delegation) -> str | None:
    """Whoever gave or has it, or an administrator, ends it."""
    if isinstance(actor, Person) and actor.pk in (delegation.giver_id, delegation.taker_id):
        return None
    return "Only who gave or holds this delegation can end it."


def sees_all(actor: Actor) -> bool:
    """Whether everybody's delegations are the actor's to know."""
    return actor.has_perm(VIEW_PEOPLE)
