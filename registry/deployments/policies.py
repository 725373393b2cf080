"""Who may put a version into an environment, and why not."""

from typing import Any

from audit.trail.actors import Actor
from registry.systems.policies import CHANGE


def why_not_deploy(actor: Actor, thing: Any, environment: str = "") -> str | None:
    """`thing` is a model, a version, or anything that lies in their system. The gate is asked after this."""
    if not actor.has_perm(CHANGE, thing):
        return "Only a model owner of this AI system, or a key with registry:write, can deploy its versions."
    limits = getattr(actor, "environments", None)
    if environment and limits and environment not in limits:
        return "This key is limited to other environments."
    return None
