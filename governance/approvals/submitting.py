"""Submitting a version, or the lifting of a suspension, for approval; and submitting it again."""

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from governance.access.models import Person
from governance.approvals import (
    binding,
    hooks,
    moves,
    notifications,
    parties,
    policies,
    requirements,
    selectors,
)
from governance.approvals.binding import Bound
from governance.approvals.errors import (
    AlreadyRequested,
    NotReady,
)
from governance.approvals.models import SINCE, ApprovalRequest, Exclusion, Stage
from governance.approvals.selectors import Template
from governance.approvals.states import UNDECIDED, State
from registry.catalog.models import Environment, ModelVersion
from registry.systems.models import AISystem


@transaction.atomic
def request(
    *,
    version_id: UUID,
    environment: str,
    actor: Actor,
    requester: Person | None = None,
    note: str = "",
    now: dt.datetime,
) -> ApprovalRequest:
    """Submit a version for an environment, or submit it again after changes.

    A request that waits for changes, or whose bound facts changed meanwhile, goes on under the same frozen
    policy; earlier signatures stay if nothing that is bound changed. If another policy is due by now, it is
    superseded and a new one begins.

    Raises:
        NotPermitted: `actor` may not ask for this.
        NotReady: something is missing; says all that is.
        AlreadyRequested: it is being decided already.
    """
    version = _lock_version(version_id)
    if reason := policies.why_not_request(actor, version):
        raise NotPermitted(reason)
    if reason := policies.why_not_there(actor, environment):
        raise NotPermitted(reason)
    where = Environment.objects.get(pk=environment)
    template = selectors.template_for(version.model.system_id, where)
    if missing := requirements.unmet(requirements.of_version(version, where, template.body, now=now)):
        raise NotReady([each.as_error() for each in missing])
    standing = _undecided(version=version, environment=where)
    if standing is not None and standing.policy == template.frozen:
        bound = binding.of_version(version, environment, standing.policy)
        return _resubmit(standing, bound, actor=actor, note=note, now=now)
    if standing is not None:
        moves.move(standing, to=State.SUPERSEDED, actor=actor, now=now, because="policy")
    bound = binding.of_version(version, environment, template.frozen)
    begun = _new(version.model.system, template, bound, actor=actor, requester=requester, note=note, now=now)
    begun.version, begun.environment = version, where
    return _begin(begun, version, actor=actor, now=now)


@transaction.atomic
def request_lifting(
    *, suspension_id: UUID, actor: Actor, requester: Person | None = None, note: str = "", now: dt.datetime
) -> ApprovalRequest:
    """Ask that a suspension may be lifted.

    Raises:
        NotFound: there is no such suspension.
        NotPermitted: `actor` may not ask for this.
        AlreadyRequested: it is being decided already.
        NotReady: nobody is known to answer for the system.
    """
    suspended = hooks.suspended(suspension_id)
    if suspended is None:
        raise NotFound(selectors.NO_SUCH_SUSPENSION)
    system = AISystem.objects.select_for_update(of=["self"], no_key=True).get(pk=suspended.system_id)
    if reason := policies.why_not_request(actor, system):
        raise NotPermitted(reason)
    template = selectors.template_for(system.pk, Environment.objects.get(pk="production"))
    bound = binding.of_suspension(suspended)
    standing = _undecided(suspension=suspension_id)
    if standing is not None and standing.policy == template.frozen:
        return _resubmit(standing, bound, actor=actor, note=note, now=now)
    if standing is not None:
        moves.move(standing, to=State.SUPERSEDED, actor=actor, now=now, because="policy")
    begun = _new(system, template, bound, actor=actor, requester=requester, note=note, now=now)
    begun.suspension = suspension_id
    return _begin(begun, suspended.version, actor=actor, now=now)


def _undecided(**about: Any) -> ApprovalRequest | None:
    return ApprovalRequest.objects.select_for_update(of=["self"]).filter(state__in=UNDECIDED, **about).first()


def _new(
    system: AISystem,
    template: Template,
    bound: Bound,
    *,
    actor: Actor,
    requester: Person | None,
    note: str,
    now: dt.datetime,
) -> ApprovalRequest:
    asking = requester or (actor if isinstance(actor, Person) else None)
    return ApprovalRequest(
        system=system,
        risk_class=template.risk_class,
        policy=template.frozen,
        requested_by=actor.audit_ref,
        requester=asking,
        requested_at=now,
        submitted_at=now,
        note=note,
        stage_due_at=moves.due(template.frozen, 1, now),
        **_columns(bound),
    )


def _begin(
    request: ApprovalRequest, version: ModelVersion | None, *, actor: Actor, now: dt.datetime
) -> ApprovalRequest:
    """Write a request with its stages and with those who cannot sign it; they stand before it does."""
    excluded = parties.makers(request.system, version, asked_by=actor, requester=request.requester)
    if not excluded:
        raise NotReady(
            [], "Nobody is known to have made or asked for this, so nobody would be kept from signing."
        )
    Stage.objects.bulk_create(
        Stage(request_id=request.pk, number=n, **{name: said[name] for name in _STAGE})
        for n, said in enumerate(request.policy["stages"], start=1)
    )
    Exclusion.objects.bulk_create(
        Exclusion(request_id=request.pk, person=person, because=because) for person, because in excluded
    )
    moves.record(
        request,
        kind="approvals.request.requested",
        actor=actor,
        now=now,
        policy=request.policy["number"],
        risk_class=request.risk_class,
        excluded=sorted({each.person.audit_ref for each in excluded}),
        **_about(request),
    )
    transaction.on_commit(partial(notifications.tell_awaited, request.pk))
    return request


_STAGE = ("name", "quorum", "roles", "people", "escalate_to", "deadline_hours")


def _resubmit(
    request: ApprovalRequest, bound: Bound, *, actor: Actor, note: str, now: dt.datetime
) -> ApprovalRequest:
    """Begin another round. Signatures under another digest are void from here on."""
    changed = bound.digest != request.digest
    if request.state == State.OPEN and not changed:
        raise AlreadyRequested
    request.round += 1
    since = [each.as_json() for each in binding.differences(request.bound, bound.facts)]
    if changed:
        request.valid_from = request.round
    for name, value in _columns(bound).items():
        setattr(request, name, value)
    request.bound[SINCE] = since
    request.submitted_at, request.note = now, note or request.note
    request.stage = 1 if changed else moves.first_unsigned(request)
    request.stage_due_at = moves.due(request.policy, request.stage, now)
    moves.move(
        request, to=State.OPEN, actor=actor, now=now, round=request.round, voided=changed, digest=bound.digest
    )
    transaction.on_commit(partial(notifications.tell_awaited, request.pk))
    return request


def _lock_version(version_id: UUID) -> ModelVersion:
    """Whoever asks about one version stands in line."""
    return (
        ModelVersion.objects.select_for_update(of=["self"], no_key=True)
        .select_related("model__system__business_sponsor", "model__system__product_owner")
        .select_related("model__system__technical_lead", "author")
        .get(pk=version_id)
    )


def _columns(bound: Bound) -> dict[str, Any]:
    return {
        "bound": dict(bound.facts),
        "artifacts_sha256": bound.artifacts_sha256,
        "record_sha256": bound.record_sha256,
        "digest": bound.digest,
    }


def _about(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "version": str(request.version_id) if request.version_id else None,
        "environment": request.environment_id,
        "suspension": str(request.suspension) if request.suspension else None,
        "digest": request.digest,
    }
