"""Who may add evidence, and why not."""

from typing import Any, Final

from audit.trail.actors import Actor
from governance.access.roles import ADD_EVIDENCE

ADDING_NEEDS: Final = (
    "Only a model owner, risk officer or compliance officer of this AI system, or a key with "
    "registry:write, can add evidence."
)


def why_not_add(actor: Actor, thing: Any) -> str | None:
    """Add evidence about a system, one of its models or a version."""
    return None if actor.has_perm(ADD_EVIDENCE, thing) else ADDING_NEEDS
