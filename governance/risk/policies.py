"""Who may assess an AI system and change its class by hand, and why not."""

from typing import Any

from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import CHANGE_SYSTEM, DECIDE_RISK
from governance.risk.models import AssessmentDraft, Override
from governance.risk.states import OverrideKind, OverrideState
from registry.systems.policies import why_not_view

_DECIDERS = "a compliance officer or risk officer of this AI system"


def why_not_read(actor: Actor, thing: Any) -> str | None:
    """Whoever may see the system may see how it is classified. `thing` lies in one."""
    return why_not_view(actor, thing)


def why_not_assess(actor: Actor, thing: Any) -> str | None:
    """Answer the questions for good. `thing` is a system or lies in one."""
    if not actor.has_perm(CHANGE_SYSTEM, thing):
        return "Only a model owner of this AI system, or a key with registry:write, can assess it."
    return None


def why_not_draft(actor: Actor, draft: AssessmentDraft) -> str | None:
    """Fill in a questionnaire: one person at a time."""
    if reason := why_not_assess(actor, draft):
        return reason
    if isinstance(actor, Person) and draft.holder_id != actor.pk:
        return f"{draft.holder.name} has this draft. Take it over to go on."
    return None


def why_not_override(actor: Actor, thing: Any) -> str | None:
    """Set another class by hand, or claim an exemption. A person answers for that, not a key."""
    if not isinstance(actor, Person):
        return "Only a person can set another class; a key cannot."
    if not (actor.has_perm(CHANGE_SYSTEM, thing) or actor.has_perm(DECIDE_RISK, thing)):
        return f"Only a model owner, or {_DECIDERS}, can set another class."
    return None


def why_not_decide(actor: Actor, override: Override) -> str | None:
    """The second person: responsible for risk, and not who proposed it."""
    if not isinstance(actor, Person) or not actor.has_perm(DECIDE_RISK, override):
        return f"Only {_DECIDERS} can decide this."
    if override.proposer_id == actor.pk:
        return "You proposed this, so somebody else must decide it."
    if actor.independence_group and actor.independence_group == override.proposer.independence_group:
        return "You belong to the same independence group as who proposed this."
    return None


def why_not_end(actor: Actor, override: Override) -> str | None:
    """Withdraw one's own proposal, or end what is in force; to end an upward one lowers the class."""
    if not isinstance(actor, Person):
        return "Only a person can end this; a key cannot."
    if override.state == OverrideState.PROPOSED:
        mine = override.proposer_id == actor.pk
        return None if mine else "Only who proposed this can withdraw it; others can refuse it."
    if override.kind == OverrideKind.UPWARD:
        return why_not_decide(actor, override)
    return why_not_override(actor, override)


def why_not_reclassify(actor: Actor) -> str | None:
    """The whole portfolio, so a right that holds everywhere."""
    if not actor.has_perm(DECIDE_RISK):
        return "Only a compliance officer or risk officer of all AI systems can reclassify the portfolio."
    return None
