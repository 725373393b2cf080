"""Who may ask for, sign and withdraw approvals and write their policies, and why not."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from audit.trail.actors import Actor
from governance.access.models import Person, RoleAssignment
from governance.access.roles import EDIT_APPROVAL_POLICIES, REQUEST_APPROVAL, Role, ScopeKind
from governance.approvals.models import ApprovalPolicy, ApprovalRequest, Exclusion, Signature, Stage
from governance.approvals.parties import AUTHOR, REQUESTER
from governance.approvals.states import DECIDED, PolicyState, State, Verdict
from governance.delegations.selectors import delegations_to

ASKING_NEEDS = "Only a model owner of this AI system, or a key with registry:write, can ask for an approval."


class Standing(NamedTuple):
    """In what right somebody signs. `role` is empty where the policy names the person."""

    role: str
    since: dt.datetime | None
    granted_by: str
    on_behalf_of: Person | None


def why_not_request(actor: Actor, thing: Any) -> str | None:
    """Ask for an approval of a version (or the lifting of a suspension) of a system."""
    return None if actor.has_perm(REQUEST_APPROVAL, thing) else ASKING_NEEDS


def why_not_there(actor: Any, environment: str) -> str | None:
    """Keys may be limited to environments."""
    limits = getattr(actor, "environments", None)
    if limits and environment not in limits:
        return f"This key is limited to other environments than {environment}."
    return None


def why_not_withdraw(actor: Actor, request: ApprovalRequest) -> str | None:
    """Take a request back, as whoever asked or could have."""
    if isinstance(actor, Person) and request.requester_id == actor.pk:
        return None
    return why_not_request(actor, request)


def why_decided(request: ApprovalRequest) -> str | None:
    """What is decided stands."""
    if request.state in DECIDED:
        return f"This request is {State(request.state).label}, and that does not change."
    return None


def why_not_signable(request: ApprovalRequest) -> str | None:
    """Whether signatures are waited for at all."""
    if reason := why_decided(request):
        return reason
    if request.state == State.CHANGES_REQUESTED:
        return "Changes were asked for; it can be signed once it is submitted again."
    return None


def why_not_sign(actor: Any, request: ApprovalRequest, stage: Stage, *, now: dt.datetime) -> str | None:
    """Sign at a stage: named by the frozen policy, and independent of those who made and asked for it."""
    if not isinstance(actor, Person) or not actor.is_active:
        return "Only a person with an active account signs."
    if reason := why_dependent(actor, request):
        return reason
    if standing_of(actor, request, stage, now=now) is None:
        return f"{_who(stage)} signs at stage {stage.number}, {stage.name}."
    return None


def why_dependent(person: Person, request: ApprovalRequest) -> str | None:
    """Nobody signs what they made or asked for, nor what somebody of their independence group did."""
    excluded = list(Exclusion.objects.filter(request=request).select_related("person"))
    mine = {each.because for each in excluded if each.person_id == person.pk}
    if REQUESTER in mine:
        return "You asked for this approval, so others decide it."
    if AUTHOR in mine:
        return "You made this version, so others decide about it."
    if mine:
        return "You answer for this AI system and nobody else is known to have made it, so others decide."
    group = person.independence_group
    if group and any(each.person.independence_group == group for each in excluded):
        return f"You are in the independence group {group!r} with somebody who made it or asked for it."
    return None


def why_signed_before(
    person: Person, request: ApprovalRequest, stage: Stage, signatures: Sequence[Signature]
) -> str | None:
    """One signature per person and stage, and by the policy one per person at all. `signatures` count."""
    distinct = request.policy.get("distinct_signers", True)
    for each in signatures:
        if person.pk in (each.person_id, each.on_behalf_of_id) and (distinct or each.stage == stage.number):
            return f"You have signed stage {each.stage} of this request already."
    return None


def standing_of(
    person: Person, request: ApprovalRequest, stage: Stage, *, now: dt.datetime
) -> Standing | None:
    """The right in which somebody signs at a stage: named, by an own role, or for somebody else."""
    if person.pk in stage.people:
        return Standing("", None, "", None)
    roles = roles_now(request, stage, now=now)
    if held := _held(person.pk, roles, request.system_id):
        return Standing(held.role, held.granted_at, held.granted_by, None)
    for delegation in delegations_to(person, roles=roles, system_id=request.system_id, now=now):
        if not delegation.giver.is_active or why_dependent(delegation.giver, request):
            continue  # never around separation of duties
        if _has_signed(delegation.giver, request, stage):
            continue
        if held := _held(delegation.giver_id, [delegation.role], request.system_id):
            return Standing(held.role, held.granted_at, held.granted_by, delegation.giver)
    return None


def roles_now(request: ApprovalRequest, stage: Stage, *, now: dt.datetime) -> list[str]:
    """The roles that may sign at a stage: those of its escalation, too, once it is past its deadline."""
    late = request.stage == stage.number and request.stage_due_at is not None and request.stage_due_at < now
    return [*stage.roles, *(stage.escalate_to if late else [])]


def counting(request: ApprovalRequest) -> list[Signature]:
    """The approvals that count: of exactly what is bound now."""
    return list(
        Signature.objects.filter(
            request=request, verdict=Verdict.APPROVE, digest=request.digest, round__gte=request.valid_from
        ).order_by("signed_at")
    )


def why_not_edit_policies(actor: Actor) -> str | None:
    """Approval policies are compliance's, everywhere."""
    if not actor.has_perm(EDIT_APPROVAL_POLICIES):
        return "Only a compliance officer with that role everywhere can write approval policies."
    return None


def why_not_publish_policy(actor: Actor, policy: ApprovalPolicy) -> str | None:
    """Put a draft in force, which somebody else wrote."""
    if reason := why_not_edit_policies(actor):
        return reason
    if actor.audit_ref in (policy.created_by, policy.changed_by):
        return "You wrote this draft, so another compliance officer publishes it."
    return None


def why_policy_fixed(policy: ApprovalPolicy) -> str | None:
    """Nobody changes what is not a draft."""
    if policy.state == PolicyState.DRAFT:
        return None
    return f"Policy {policy.number} is {PolicyState(policy.state).label}, so it does not change any more."


def _held(person_id: UUID, roles: Sequence[str], system_id: UUID) -> RoleAssignment | None:
    """The oldest of the person's roles among these that reaches the system."""
    found = RoleAssignment.objects.in_force().filter(person=person_id, role__in=roles).select_related("scope")
    reaching = [
        each
        for each in found
        if each.scope.kind == ScopeKind.EVERYWHERE
        or (each.scope.kind == ScopeKind.SYSTEM and each.scope.system_id == system_id)
    ]
    return min(reaching, key=lambda each: each.granted_at, default=None)


def _has_signed(person: Person, request: ApprovalRequest, stage: Stage) -> bool:
    return why_signed_before(person, request, stage, counting(request)) is not None


def _who(stage: Stage) -> str:
    named = [f"a {Role(role).label}" for role in stage.roles]
    named += ["somebody named in the policy"] if stage.people else []
    text = " or ".join(named)
    return f"Only {text}"
