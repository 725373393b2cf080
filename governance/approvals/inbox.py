"""Who is waited for: the requests that somebody can sign now, and the people who can sign one."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, prefetch_related_objects

from governance.access.models import Person, RoleAssignment, rights_of
from governance.access.rights import Rights
from governance.access.roles import ScopeKind
from governance.approvals import policies, selectors
from governance.approvals.models import ApprovalRequest, Exclusion, Signature, Stage
from governance.approvals.states import State, Verdict
from governance.delegations.models import Delegation
from governance.delegations.selectors import in_force

LOOKED_AT: Final = 500
"""Open requests that are looked at for somebody who signs for others, too; the most urgent first."""


def waiting_for(person: Person, *, now: dt.datetime, most: int = 100) -> list[ApprovalRequest]:
    """Open requests whose stage this person can sign, the most urgent first; in a fixed number of queries.

    The same rule as `policies.why_not_sign`, over rows that were read together; a test compares both.
    The database leaves out what the person's own roles, hand or group rule out, so that hardly anything
    is read in vain; only about what was lent is more to be asked afterwards.
    """
    reach = _Reach.of(person, now)
    candidates = (
        selectors.requests_for(person)
        .filter(reach.candidates(), state=State.OPEN)
        .exclude(_by_the_same_hand(person))
        .exclude(_excluding(person))
        .prefetch_related("exclusions__person")
        .order_by("stage_due_at", "pk")
    )
    read = LOOKED_AT if reach.lent else most
    found = [request for request in candidates[:read] if reach.can_sign(request)]
    return found[:most]


@dataclass(frozen=True, slots=True)
class _Reach:
    """Whose signature somebody can give: their own, and those that were lent to them."""

    person: Person
    lent: list[tuple[Delegation, Rights]]
    now: dt.datetime

    @classmethod
    def of(cls, person: Person, now: dt.datetime) -> "_Reach":
        lent = list(in_force(now).filter(taker=person, giver__is_active=True).select_related("giver"))
        held: dict[UUID, list[tuple[str, str, UUID | None, UUID | None]]] = {}
        givers = RoleAssignment.objects.in_force().filter(person__in=[each.giver_id for each in lent])
        columns = ("person_id", "role", "scope__kind", "scope__system_id", "scope__queue_id")
        for giver, role, kind, system, queue in givers.values_list(*columns):
            held.setdefault(giver, []).append((role, kind, system, queue))
        return cls(person, [(each, rights_of(held.get(each.giver_id, []))) for each in lent], now)

    def candidates(self) -> Q:
        """That the stage which waits names the person, or a role that they hold there or were lent."""
        may = Q(stages__people__contains=[self.person.pk])
        for role, systems in _where(self.person.rights, self.lent).items():
            named = Q(stages__roles__contains=[role])
            named |= Q(stages__escalate_to__contains=[role], stage_due_at__lt=self.now)
            may |= named if systems is None else named & Q(system__in=systems)
        return Q(stages__number=F("stage")) & may

    def can_sign(self, request: ApprovalRequest) -> bool:
        """Whether one of these signatures is waited for."""
        stage = stage_of(request)
        if stage is None or not self.person.is_active or _is_excluded(self.person, request):
            return False
        if _has_signed(self.person, request, stage):
            return False
        roles = policies.roles_now(request, stage, now=self.now)
        if self.person.pk in stage.people or _holds(self.person.rights, roles, request):
            return True
        return any(
            each.role in roles
            and each.system_id in (None, request.system_id)
            and _holds(rights, [each.role], request)
            and not _is_excluded(each.giver, request)
            and not _has_signed(each.giver, request, stage)
            for each, rights in self.lent
        )


def _where(rights: Rights, lent: Iterable[tuple[Delegation, Rights]]) -> dict[str, set[UUID] | None]:
    """The AI systems on which each role is held or lent; None: on all."""
    found: dict[str, set[UUID] | None] = {}
    borrowed = (held for each, theirs in lent for held in theirs.held if held.role == each.role)
    for held in (*rights.held, *borrowed):
        if held.kind is ScopeKind.EVERYWHERE:
            found[held.role] = None
        elif held.kind is ScopeKind.SYSTEM and held.system_id is not None:
            systems = found.setdefault(held.role, set())
            if systems is not None:
                systems.add(held.system_id)
    return found


def _excluding(person: Person) -> Exists:
    """That the person, or somebody of their group, cannot sign the request."""
    because = Q(person=person)
    if person.independence_group:
        because |= Q(person__independence_group=person.independence_group)
    return Exists(Exclusion.objects.filter(because, request=OuterRef("pk")))


def _by_the_same_hand(person: Person) -> Exists:
    """That the person, or somebody for them, has approved what is bound now at this stage or,
    where signers are distinct, at any."""
    counting = Signature.objects.filter(
        request=OuterRef("pk"),
        verdict=Verdict.APPROVE,
        digest=OuterRef("digest"),
        round__gte=OuterRef("valid_from"),
    )
    once = Q(stage=OuterRef("stage")) | ~Q(request__policy__contains={"distinct_signers": False})
    return Exists(counting.filter(Q(person=person) | Q(on_behalf_of=person), once))


def _holds(rights: Rights, roles: Iterable[str], request: ApprovalRequest) -> bool:
    return any(
        held.role in set(roles)
        and (
            held.kind is ScopeKind.EVERYWHERE
            or (held.kind is ScopeKind.SYSTEM and held.system_id == request.system_id)
        )
        for held in rights.held
    )


def _is_excluded(person: Person, request: ApprovalRequest) -> bool:
    group = person.independence_group
    return any(
        each.person_id == person.pk or (group and each.person.independence_group == group)
        for each in request.exclusions.all()
    )


def _has_signed(person: Person, request: ApprovalRequest, stage: Stage) -> bool:
    counted = [
        each
        for each in request.signatures.all()
        if each.verdict == Verdict.APPROVE
        and each.digest == request.digest
        and each.round >= request.valid_from
    ]
    return policies.why_signed_before(person, request, stage, counted) is not None


def stage_of(request: ApprovalRequest) -> Stage | None:
    """The stage that waits."""
    return next((stage for stage in request.stages.all() if stage.number == request.stage), None)


def awaited(request: ApprovalRequest, *, now: dt.datetime) -> list[Person]:
    """Everybody who could sign the stage that waits in a right of their own."""
    stage = stage_of(request)
    if stage is None or request.state != State.OPEN:
        return []
    people = Person.objects.filter(
        Q(pk__in=stage.people) | Q(pk__in=_holders(request, policies.roles_now(request, stage, now=now))),
        is_active=True,
    )
    prefetch_related_objects([request], "exclusions__person", "signatures")
    return [
        person
        for person in people.order_by("name")
        if not _is_excluded(person, request) and not _has_signed(person, request, stage)
    ]


def addresses(people: Iterable[Person]) -> Iterator[str]:
    """E-mail addresses of those who are still here."""
    return (person.email for person in people if person.is_active)


def _holders(request: ApprovalRequest, roles: Iterable[str]) -> list[object]:
    return list(
        RoleAssignment.objects.in_force()
        .filter(
            Q(scope__kind=ScopeKind.EVERYWHERE)
            | Q(scope__kind=ScopeKind.SYSTEM, scope__system=request.system_id),
            role__in=list(roles),
        )
        .values_list("person_id", flat=True)
    )
