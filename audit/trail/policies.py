"""Who may read events, and why not."""

from typing import Any, Final
from uuid import UUID

from audit.trail.actors import Actor

VIEW: Final = "audit.view_events"


def why_not_view_events(actor: Actor) -> str | None:
    """Everything that anybody did is for those who check: everywhere, or the events of some AI systems."""
    if actor.has_perm(VIEW) or _systems_of_auditor(actor):
        return None
    return "Only an auditor, or a key with audit:read, can read the events."


def systems_of(actor: Any) -> list[UUID] | None:
    """The systems whose events the actor may read; None means all, also events of no system."""
    if hasattr(actor, "system_ids"):
        return list(actor.system_ids) or None
    return None if actor.has_perm(VIEW) else _systems_of_auditor(actor)


def _systems_of_auditor(actor: Any) -> list[UUID]:
    """Where a person is an auditor of single systems."""
    return list(actor.rights.systems_with(VIEW) or ()) if hasattr(actor, "rights") else []
