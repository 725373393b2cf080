"""Who may do what to routing policies, and why not. `thing` is a policy, its model or its system."""

from typing import Any

from audit.trail.actors import Actor
from governance.access.roles import EDIT_POLICIES, PUBLISH_POLICIES
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import PolicyState

_WHO = "a model owner of this AI system, or a key with policies:write,"


def why_not_draft(actor: Actor, thing: Any) -> str | None:
    """Write drafts."""
    if not actor.has_perm(EDIT_POLICIES, thing):
        return f"Only {_WHO} can write routing policies."
    return None


def why_not_change(actor: Actor, policy: RoutingPolicy) -> str | None:
    """Change or discard a draft."""
    return why_not_draft(actor, policy) or why_fixed(policy)


def why_not_publish(actor: Actor, policy: RoutingPolicy) -> str | None:
    """Put a draft in force."""
    if reason := why_not_publish_here(actor, policy):
        return reason
    return why_fixed(policy)


def why_not_publish_here(actor: Actor, thing: Any) -> str | None:
    """Publish anything of this model at all."""
    if not actor.has_perm(PUBLISH_POLICIES, thing):
        return f"Only {_WHO} can publish routing policies."
    return None


def why_fixed(policy: RoutingPolicy) -> str | None:
    """Nobody changes what is not a draft."""
    if policy.state == PolicyState.DRAFT:
        return None
    return f"Policy {policy.number} is {PolicyState(policy.state).label}, so it does not change any more."
