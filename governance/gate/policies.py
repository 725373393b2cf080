"""Who may ask the gate, and why not."""

from typing import Any, Final

from audit.trail.actors import Actor
from governance.access.models import ServiceKey
from governance.access.roles import ASK_GATE
from registry.systems.policies import VIEW

ASKING_NEEDS: Final = (
    "Asking the gate needs a service key with the scope gate:read, or a role on the AI system."
)
OTHER_ENVIRONMENT: Final = "This key is limited to other environments."


def why_not_ask(actor: Actor, environment: str = "") -> str | None:
    """Whether the actor may ask at all; about what they may not know they are answered like about nothing."""
    if isinstance(actor, ServiceKey):
        if not actor.has_perm(ASK_GATE):
            return ASKING_NEEDS
        if environment and actor.environments and environment not in actor.environments:
            return OTHER_ENVIRONMENT
    return None


def may_know(actor: Actor, thing: Any) -> bool:
    """Whether the actor may be told about this version; `thing` lies in its system."""
    return actor.has_perm(ASK_GATE if isinstance(actor, ServiceKey) else VIEW, thing)
