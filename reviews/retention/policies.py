"""Who may say how long content is kept, and why not."""

from audit.trail.actors import Actor
from governance.access.roles import HOLD_DATA
from registry.systems.models import AISystem


def why_not_set(actor: Actor, system: AISystem) -> str | None:
    """Those who may hold data."""
    if not actor.has_perm(HOLD_DATA, system):
        return "Only a compliance officer can say how long the content of predictions is kept."
    return None
