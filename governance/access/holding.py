"""Whether somebody holds a role by its name: what protections of aliases ask."""

from typing import Any

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import Role
from registry.aliases import hooks


def fill() -> None:
    """Tell the registry which roles there are and who holds them; harmless when done twice."""
    hooks.holds_role = holds_role
    hooks.roles[:] = Role.values


def holds_role(actor: Actor, role: str, thing: Any) -> bool:
    """Whether a person holds the role on the thing. Keys, the clock and the command line hold none."""
    return (
        isinstance(actor, Person)
        and actor.is_active
        and any(held.role == role and held.covers(thing) for held in actor.rights.held)
    )
