"""Everything that changes a waiver."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.waivers import policies
from governance.waivers.errors import WaiverDecided
from governance.waivers.models import Waiver
from governance.waivers.states import TRANSITIONS, WaiverState
from registry.catalog.epoch import raise_epoch
from registry.catalog.models import Environment, ModelVersion

LONGEST: Final = dt.timedelta(days=366)


@transaction.atomic
def propose(
    *,
    version_id: UUID,
    environment: str,
    requirement: str,
    reason: str,
    until: dt.datetime,
    actor: Actor,
    now: dt.datetime,
) -> Waiver:
    """Propose that a requirement need not hold until a date. Somebody else approves it.

    Raises:
        NotPermitted: `actor` may not.
        BadInput: there is no such environment, or the date is past or too far away.
    """
    version = ModelVersion.objects.select_related("model__system").get(pk=version_id)
    if why_not := policies.why_not_propose(actor, version):
        raise NotPermitted(why_not)
    errors = []
    where = Environment.objects.filter(pk=environment).first()
    if where is None:
        errors.append(FieldError("/environment", "UNKNOWN_ENVIRONMENT", "There is no such environment."))
    if not now < until <= now + LONGEST:
        errors.append(FieldError("/until", "BAD_VALUE", "A waiver ends within a year, and not in the past."))
    if errors or where is None:
        raise BadInput(errors)
    waiver = Waiver(
        version=version,
        environment=where,
        requirement=requirement,
        reason=reason,
        until=until,
        created_by=actor.audit_ref,
        created_at=now,
    )
    details = {
        "requirement": requirement,
        "environment": where.pk,
        "version": str(version.pk),
        "until": until,
    }
    details["reason"] = trail.commit_to(entity=waiver, name="reason", value=reason)
    trail.record(kind="approvals.waiver.proposed", actor=actor, entity=waiver, details=details, now=now)
    return waiver


@transaction.atomic
def approve(*, waiver_id: UUID, actor: Actor, now: dt.datetime) -> Waiver:
    """Put a waiver in force.

    Raises:
        WaiverDecided: it is decided.
        NotPermitted: `actor` may not, or proposed it.
    """
    waiver = _decide(waiver_id, actor, now)
    _move(waiver, to=WaiverState.APPROVED, kind="approvals.waiver.approved", actor=actor, now=now)
    return waiver


@transaction.atomic
def refuse(*, waiver_id: UUID, actor: Actor, now: dt.datetime) -> Waiver:
    """Say no to a waiver.

    Raises:
        As `approve`.
    """
    waiver = _decide(waiver_id, actor, now)
    _move(waiver, to=WaiverState.REFUSED, kind="approvals.waiver.refused", actor=actor, now=now)
    return waiver


@transaction.atomic
def end(*, waiver_id: UUID, actor: Actor, now: dt.datetime) -> Waiver:
    """Let a requirement hold again, before the waiver ends by itself.

    Raises:
        NotPermitted: `actor` may not.
        WaiverDecided: it was refused or has ended.
    """
    waiver = _lock(waiver_id)
    if why_not := policies.why_not_end(actor, waiver):
        raise NotPermitted(why_not)
    waiver.ended_at = now
    _move(waiver, to=WaiverState.ENDED, kind="approvals.waiver.ended", actor=actor, now=now)
    return waiver


def _decide(waiver_id: UUID, actor: Actor, now: dt.datetime) -> Waiver:
    waiver = _lock(waiver_id)
    if why_not := policies.why_not_decide(actor, waiver):
        raise NotPermitted(why_not)
    if decided := policies.why_decided(waiver):
        raise WaiverDecided(decided)
    waiver.decided_by, waiver.decided_at = actor.audit_ref, now
    return waiver


def _lock(waiver_id: UUID) -> Waiver:
    return (
        Waiver.objects.select_for_update(of=["self"])
        .select_related("version__model__system", "environment")
        .get(pk=waiver_id)
    )


def _move(waiver: Waiver, *, to: WaiverState, kind: str, actor: Actor, now: dt.datetime) -> None:
    """Change a waiver's state, and say so in the trail. The only assignment to it in the project."""
    if to not in TRANSITIONS[WaiverState(waiver.state)]:
        raise WaiverDecided(policies.why_decided(waiver) or "")
    waiver.state = to
    details = {"requirement": waiver.requirement, "until": waiver.until}
    trail.record(kind=kind, actor=actor, entity=waiver, details=details, now=now)
    raise_epoch()  # the gate keeps in memory what is waived
