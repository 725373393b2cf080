"""Who may propose and decide waivers, and why not."""

from typing import Any, Final

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import APPROVE_WAIVER, PROPOSE_WAIVER
from governance.waivers.models import Waiver
from governance.waivers.states import WaiverState

PROPOSING_NEEDS: Final = (
    "Only a model owner, risk officer or compliance officer of this AI system can propose a waiver."
)


def why_not_propose(actor: Actor, thing: Any) -> str | None:
    """Propose that something need not hold for a while."""
    if not isinstance(actor, Person):
        return "Only a person proposes a waiver."
    if not actor.has_perm(PROPOSE_WAIVER, thing):
        return (
            "Only a model owner, risk officer or compliance officer of this AI system can propose a waiver."
        )
    return None


def why_not_decide(actor: Actor, waiver: Waiver) -> str | None:
    """Approve or refuse one, which somebody else proposed."""
    if reason := why_not_decide_any(actor, waiver):
        return reason
    if actor.audit_ref == waiver.created_by:
        return "You proposed this waiver, so somebody else decides it."
    return None


def why_not_decide_any(actor: Actor, thing: Any) -> str | None:
    """Decide waivers of this system at all."""
    if not isinstance(actor, Person) or not actor.has_perm(APPROVE_WAIVER, thing):
        return "Only a compliance officer of this AI system can decide a waiver."
    return None


def why_not_end(actor: Actor, waiver: Waiver) -> str | None:
    """Take one back early: whoever proposed it, or compliance."""
    if actor.audit_ref == waiver.created_by:
        return None
    return why_not_decide_any(actor, waiver)


def why_decided(waiver: Waiver) -> str | None:
    """What is decided is not decided again."""
    if waiver.state == WaiverState.PROPOSED:
        return None
    return f"This waiver is {WaiverState(waiver.state).label} already."
