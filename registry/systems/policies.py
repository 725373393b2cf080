"""Who may do what to an AI system and its models, and why not."""

from dataclasses import dataclass
from typing import Any, Final

from audit.trail.actors import Actor
from registry.systems.models import AISystem

VIEW: Final = "registry.view_aisystem"
CHANGE: Final = "registry.change_aisystem"
ADD: Final = "registry.add_aisystem"
READING_NEEDS: Final = "Reading the registry needs a role on the AI system, or a key with registry:write."
CHANGING_NEEDS: Final = (
    "Only a model owner of this AI system, or a key with registry:write, can change its registry."
)


CHANGE_ENVIRONMENTS: Final = "registry.change_environments"


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Lies in no system, so only rights that hold everywhere reach it."""

    access_system_id: None = None


def why_not_register(actor: Actor) -> str | None:
    """A new system lies in nobody's reach, so the right has to hold everywhere."""
    if not actor.has_perm(ADD, Everywhere()):
        return (
            "Only a model owner or administrator with that role everywhere, or a key with registry:write "
            "that is not limited to some systems, can register an AI system."
        )
    return None


def why_not_view(actor: Actor, thing: Any) -> str | None:
    """`thing` is a system or anything that lies in one."""
    if not actor.has_perm(VIEW, thing):
        return READING_NEEDS
    return None


def why_not_change(actor: Actor, thing: Any) -> str | None:
    """`thing` is a system or anything that lies in one."""
    if not actor.has_perm(CHANGE, thing):
        return CHANGING_NEEDS
    return None


def why_not_change_environments(actor: Actor) -> str | None:
    """Where versions may be live, and under which mode, is for all systems; no key decides it."""
    if not actor.has_perm(CHANGE_ENVIRONMENTS, Everywhere()):
        return (
            "Only an administrator or compliance officer with that role everywhere can make or change "
            "environments; keys cannot."
        )
    return None


def reaches(actor: Actor, system: AISystem) -> bool:
    """Whether the system is the actor's to know; if not, it answers exactly like a missing one.

    Service keys know everything within their limits, whatever their scopes; every role on a system may
    view it.
    """
    limits = getattr(actor, "reaches", None)
    if limits is not None:
        return bool(limits(system.pk))
    return actor.has_perm(VIEW, system)
