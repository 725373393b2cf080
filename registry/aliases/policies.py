"""Who may move which alias, and who may protect them."""

import datetime as dt
from collections.abc import Sequence

from audit.trail.actors import Actor
from registry.aliases import hooks
from registry.aliases.models import Protection
from registry.catalog.models import Model, ModelVersion
from registry.systems.policies import Everywhere, why_not_change
from registry.systems.reasons import Reason

PROTECT = "registry.protect_aliases"


def why_not_move(actor: Actor, model: Model, protections: Sequence[Protection]) -> str | None:
    """Whoever changes the registry moves aliases; protected ones only the holders of the named roles."""
    if not protections:
        return why_not_change(actor, model)
    for protection in protections:
        if hooks.holds_role is None or not hooks.holds_role(actor, protection.role, model):
            role = protection.role.replace("_", " ")
            return f"This alias is protected: only a person with the role {role} on this AI system moves it."
    return None


def why_not_to(version: ModelVersion, protections: Sequence[Protection], *, now: dt.datetime) -> list[Reason]:
    """What a version lacks to be called by a protected alias; empty: nothing."""
    return [
        Reason(
            "NOT_APPROVED",
            f"{version} has no approval in force in {protection.environment_id}, which this alias demands.",
        )
        for protection in protections
        if not hooks.is_approved(version, protection.environment_id, now=now)
    ]


def why_not_protect(actor: Actor) -> str | None:
    """Protections are for all systems; no key makes or ends one."""
    if not actor.has_perm(PROTECT, Everywhere()):
        return (
            "Only an administrator or compliance officer with that role everywhere can protect aliases; "
            "keys cannot."
        )
    return None
