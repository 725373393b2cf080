"""Who may do what to a bundle, and why not."""

from typing import Final
from uuid import UUID

from audit.bundles.models import Bundle
from audit.bundles.states import BundleState
from audit.trail.actors import Actor, Office
from audit.trail.policies import systems_of, why_not_view_events

VIEW_OPENINGS: Final = "audit.view_openings"


def why_not_ask(actor: Actor, *, system_id: UUID | None, openings: bool) -> str | None:
    """A bundle is a copy of events, so it takes the right to read them; openings take a person."""
    if reason := why_not_view_events(actor):
        return reason
    systems = systems_of(actor)
    if systems is not None and system_id not in systems:
        return "You may read the events of some AI systems only: ask for a bundle of one of them."
    return why_not_open(actor) if openings else None


def why_not_open(actor: Actor) -> str | None:
    """What events commit to may name people. A key belongs to nobody who could answer for it."""
    is_person = hasattr(actor, "rights") or isinstance(actor, Office)
    if not (is_person and actor.has_perm(VIEW_OPENINGS)):
        return "Only a person who may read openings can take them along; an auditor of everything may."
    return None


def why_not_read(actor: Actor, bundle: Bundle) -> str | None:
    """Bundles belong to everybody who may read what is in them, whoever asked."""
    return why_not_ask(actor, system_id=bundle.system_id, openings=bundle.request["openings"])


def too_late_to_cancel(bundle: Bundle) -> str | None:
    """Why nobody can cancel it any more: the sentence beside the disabled button."""
    if bundle.state in (BundleState.QUEUED, BundleState.RUNNING):
        return None
    return f"This bundle is {bundle.get_state_display()} already."
