"""Named reads about approvals: requests and policies in reach, and what is in force at the gate."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import REQUEST_APPROVAL
from governance.access.selectors import require
from governance.approvals import binding, facts, hooks
from governance.approvals.binding import Change
from governance.approvals.defaults import CLASSES, built_in
from governance.approvals.models import ApprovalPolicy, ApprovalRequest, Signature
from governance.approvals.policies import ASKING_NEEDS, counting
from governance.approvals.reasons import Reason
from governance.approvals.states import PolicyState, State
from governance.delegations.models import Delegation
from governance.delegations.selectors import lent_systems
from governance.waivers.selectors import waived
from registry.catalog.models import Environment
from registry.systems.models import AISystem
from registry.systems.policies import READING_NEEDS, VIEW, reaches
from registry.systems.selectors import ids_for, in_reach, reads_all

NO_SUCH: Final = "There is no such approval request, or it is not yours to know."
NO_SUCH_POLICY: Final = "There is no such approval policy."
NO_SUCH_SUSPENSION: Final = "There is no such suspension, or it is not yours to know."


@dataclass(frozen=True, slots=True)
class Template:
    """The policy that applies to a system in an environment now."""

    risk_class: str
    body: Mapping[str, Any]
    number: int
    """0: built in."""

    @property
    def frozen(self) -> dict[str, Any]:
        """The copy that a request keeps."""
        return {**self.body, "number": self.number}


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval in force, as the gate asks for it."""

    id: UUID
    digest: str
    decided_at: dt.datetime
    expires_at: dt.datetime
    revalidation: Literal["ok", "overdue", "lapsed"]
    """`overdue`: the gate warns; `lapsed`, past its days of grace: the gate denies. Routing ignores both."""
    revalidate_at: dt.datetime | None
    conditions: Sequence[Mapping[str, Any]]
    """As `conditions.evaluate` takes them."""
    waived: frozenset[str]
    """Names of conditions that need not hold for now."""


def template_for(system_id: UUID, environment: Environment) -> Template:
    """The published policy for the system's class there, else the built-in one."""
    risk_class = facts.class_of(system_id)
    return template(risk_class, environment)


def template(risk_class: str, environment: Environment) -> Template:
    """The policy for a class in an environment."""
    published = ApprovalPolicy.objects.filter(
        risk_class=risk_class, environment=environment, state=PolicyState.PUBLISHED
    ).first()
    if published is not None:
        return Template(risk_class, published.body, published.number)
    return Template(risk_class, built_in(risk_class, environment.kind), 0)


def approval_in_force(version_id: UUID, environment_slug: str, now: dt.datetime) -> Approval | None:
    """The approval by which a version may run there: signed, not expired, and about what is there now."""
    request = _newest(version_id, environment_slug)
    if request is None or _why_not(request, now):
        return None
    return _as_approval(request, now)


def why_none(version_id: UUID, environment_slug: str, now: dt.datetime) -> list[Reason]:
    """Why there is no approval in force; empty if there is one."""
    request = _newest(version_id, environment_slug)
    if request is not None:
        return _why_not(request, now)
    undecided = (
        ApprovalRequest.objects.filter(version=version_id, environment=environment_slug)
        .order_by("-requested_at")
        .first()
    )
    if undecided is None:
        return [Reason("NOT_APPROVED", "Nobody has asked for an approval of this version there.")]
    return [Reason("NOT_APPROVED", f"The latest request is {State(undecided.state).label}.")]


def lifting_approved(suspension_id: UUID, now: dt.datetime) -> bool:
    """Whether the lifting of a suspension is signed for, and nothing about it has changed since."""
    request = (
        ApprovalRequest.objects.filter(suspension=suspension_id, state=State.APPROVED)
        .order_by("-decided_at")
        .first()
    )
    return request is not None and not _why_not(request, now)


def changes_of(request: ApprovalRequest) -> list[Change]:
    """What is different now from what the request binds; empty while it is not stale."""
    now_bound = bound_now(request)
    if now_bound is not None and now_bound.digest == request.digest:
        return []
    if now_bound is None:
        return [Change("suspension", "in force", "ended")]
    return binding.differences(request.bound, now_bound.facts) or [
        Change("digest", request.digest, now_bound.digest)
    ]


def bound_now(request: ApprovalRequest) -> binding.Bound | None:
    """What the request would bind if it were submitted now; None: there is nothing left to bind."""
    if request.version is not None:
        return binding.of_version(request.version, str(request.environment_id), request.policy)
    assert request.suspension is not None  # a constraint holds that it is one of both
    suspended = hooks.suspended(request.suspension)
    return binding.of_suspension(suspended) if suspended else None


def requests_for(actor: Any) -> QuerySet[ApprovalRequest]:
    """All requests within the actor's reach, also by a signature that somebody lent them."""
    every = related(ApprovalRequest.objects.all())
    if isinstance(actor, Person) and not reads_all(actor) and Delegation.objects.filter(taker=actor).exists():
        lent = lent_systems(actor, now=timezone.now())
        if lent is None:
            return every
        return every.filter(system__in={*ids_for(actor), *lent})
    return in_reach(every, actor)


def related(requests: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """With everything that showing them needs, in a fixed number of queries."""
    return requests.select_related(
        "system", "version__model__system", "environment", "requester"
    ).prefetch_related("stages", "signatures__person", "signatures__on_behalf_of")


def require_some_asking(actor: Any) -> None:
    """Refuse whoever can ask for no approval at all, before a body says which one it is about.

    Raises:
        NotPermitted: there is no such system.
    """
    rights = getattr(actor, "rights", None)
    if rights.allow_somewhere(REQUEST_APPROVAL) if rights else actor.has_perm(REQUEST_APPROVAL):
        return
    raise NotPermitted(ASKING_NEEDS)


def reachable_suspension(actor: Actor, suspension_id: UUID) -> hooks.Suspended:
    """A suspension in the actor's reach.

    Raises:
        NotFound: there is none.
    """
    found = hooks.suspended(suspension_id)
    if found is None or not reaches(actor, AISystem.objects.get(pk=found.system_id)):
        raise NotFound(NO_SUCH_SUSPENSION)
    return found


def policies_written(parameters: Mapping[str, str]) -> QuerySet[ApprovalPolicy]:
    """The policies that somebody wrote, without discarded drafts, by what was asked for."""
    columns = ("risk_class", "environment", "state")
    named = {name: value for name, value in parameters.items() if name in columns}
    return ApprovalPolicy.objects.exclude(state=PolicyState.DISCARDED).filter(**named)


def built_in_policies(parameters: Mapping[str, str]) -> Iterator[tuple[str, Template]]:
    """The built-in policies that hold because nobody has published another, with their environments."""
    if parameters.get("state", PolicyState.PUBLISHED) != PolicyState.PUBLISHED:
        return
    published = set(
        ApprovalPolicy.objects.filter(state=PolicyState.PUBLISHED).values_list("risk_class", "environment")
    )
    for environment in Environment.objects.order_by("slug"):
        if parameters.get("environment", environment.slug) != environment.slug:
            continue
        for risk_class in CLASSES:
            if parameters.get("risk_class", risk_class) != risk_class:
                continue
            if (risk_class, environment.slug) not in published:
                yield environment.slug, Template(risk_class, built_in(risk_class, environment.kind), 0)


def one(actor: Actor, request_id: UUID) -> ApprovalRequest:
    """One request.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    found = related(ApprovalRequest.objects.filter(pk=request_id)).first()
    if found is None:
        raise NotFound(NO_SUCH)
    try:
        require(actor, VIEW, found, READING_NEEDS)
    except NotFound:
        if not _is_lent(actor, found):
            raise NotFound(NO_SUCH) from None
    return found


def _is_lent(actor: Any, request: ApprovalRequest) -> bool:
    if not isinstance(actor, Person):
        return False
    lent = lent_systems(actor, now=timezone.now())
    return lent is None or request.system_id in lent


def policy_of(policy_id: UUID) -> ApprovalPolicy:
    """One policy.

    Raises:
        NotFound: there is none.
    """
    found = ApprovalPolicy.objects.select_related("environment").filter(pk=policy_id).first()
    if found is None or found.state == PolicyState.DISCARDED:
        raise NotFound(NO_SUCH_POLICY)
    return found


def decided(asked: Collection[UUID]) -> Collection[UUID]:
    """Which of these requests are decided or handed back by now: what `?wait=` waits for."""
    return list(
        ApprovalRequest.objects.filter(pk__in=asked).exclude(state=State.OPEN).values_list("pk", flat=True)
    )


def conditions_of(signatures: Sequence[Signature]) -> list[dict[str, Any]]:
    """All conditions that signers set, each with who did."""
    return [
        {**condition, "by": signature.printed_name}
        for signature in signatures
        for condition in signature.conditions
    ]


def _newest(version_id: UUID, environment: str) -> ApprovalRequest | None:
    return (
        ApprovalRequest.objects.filter(version=version_id, environment=environment, state=State.APPROVED)
        .select_related("version__model")
        .order_by("-decided_at")
        .first()
    )


def _why_not(request: ApprovalRequest, now: dt.datetime) -> list[Reason]:
    assert request.expires_at is not None  # a constraint holds that an approval ends
    reasons = []
    if request.expires_at <= now:
        reasons.append(Reason("APPROVAL_EXPIRED", f"The approval ended on {request.expires_at:%d %b %Y}."))
    if changes := changes_of(request):
        named = ", ".join(change.what for change in changes[:5])
        reasons.append(Reason("APPROVAL_STALE", f"Changed since it was signed: {named}."))
    return reasons


def _as_approval(request: ApprovalRequest, now: dt.datetime) -> Approval:
    assert request.decided_at is not None
    assert request.expires_at is not None
    excused = (
        waived(request.version_id, str(request.environment_id), now=now)
        if request.version_id
        else frozenset()
    )
    return Approval(
        id=request.pk,
        digest=request.digest,
        decided_at=request.decided_at,
        expires_at=request.expires_at,
        revalidation="ok" if "revalidation" in excused else revalidation_of(request, now),
        revalidate_at=request.revalidate_at,
        conditions=conditions_of(counting(request)),
        waived=frozenset(
            name.removeprefix("condition:") for name in excused if name.startswith("condition:")
        ),
    )


def revalidation_of(request: ApprovalRequest, now: dt.datetime) -> Literal["ok", "overdue", "lapsed"]:
    """Whether somebody should have looked again by now."""
    if request.revalidate_at is None or request.revalidate_at > now:
        return "ok"
    grace = dt.timedelta(days=request.policy.get("grace_days", 30))
    return "overdue" if request.revalidate_at + grace > now else "lapsed"
