"""Everything that changes suspensions. Each raises the epoch, so that every process sees it at once."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.suspensions import facts, notifications, policies, selectors
from governance.suspensions.errors import AlreadyLifted, AlreadySuspended, LiftNotApproved
from governance.suspensions.models import Suspension
from governance.suspensions.reading import LONGEST_REASON
from registry.catalog.epoch import raise_epoch
from registry.catalog.models import Model, ModelVersion
from registry.systems.models import AISystem


@transaction.atomic
def suspend(
    *,
    system_id: UUID,
    actor: Actor,
    reason: str,
    now: dt.datetime,
    model_id: UUID | None = None,
    version_id: UUID | None = None,
) -> Suspension:
    """Stop a system, a model of it, or a version of that model, from standing alone.

    From the commit on the gate denies it and its predictions go to people, in every process.

    Raises:
        NotPermitted: `actor` may not suspend anything of this system.
        AlreadySuspended: exactly this is suspended.
        BadInput: the reason is empty or too long.
    """
    if version_id is not None and model_id is None:
        raise ValueError("A version is suspended with its model.")
    system = AISystem.objects.get(pk=system_id)
    if reason_not := policies.why_not_suspend(actor, system):
        raise NotPermitted(reason_not)
    raise_epoch()  # its row is what two that suspend at once stand in line for
    row = Suspension(
        system=system,
        model=Model.objects.get(pk=model_id, system=system) if model_id else None,
        version=ModelVersion.objects.get(pk=version_id, model=model_id) if version_id else None,
        reason=_sound(reason),
        raised_by=actor.audit_ref,
        raised_at=now,
    )
    if Suspension.objects.live().filter(system=system, model=row.model, version=row.version).exists():
        raise AlreadySuspended(f"{row.target[0].upper()}{row.target[1:]} is suspended already.")
    details = _details(row, reason_commitment=trail.commit_to(entity=row, name="reason", value=row.reason))
    trail.record(kind="governance.suspension.raised", actor=actor, entity=row, details=details, now=now)
    transaction.on_commit(notifications.tell)
    return row


@transaction.atomic
def lift(*, suspension_id: UUID, actor: Actor, reason: str, now: dt.datetime) -> Suspension:
    """End a suspension.

    Raises:
        NotPermitted: `actor` may not lift it.
        AlreadyLifted: it has ended.
        LiftNotApproved: the class of the system demands an approval, and none is in force.
        BadInput: the reason is empty or too long.
    """
    row = _lock(suspension_id)
    approved = facts.lifting_is_approved(row.pk, now)
    by_an_owner = selectors.raised_by_an_owner(row)
    if reason_not := policies.why_not_lift(actor, row, by_an_owner=by_an_owner, approved=approved):
        raise NotPermitted(reason_not)
    if not row.is_live:
        raise AlreadyLifted
    if selectors.lifting_demands_approval(row) and not approved:
        raise LiftNotApproved
    raise_epoch()
    row.lift_reason, row.lifted_by, row.lifted_at = _sound(reason), actor.audit_ref, max(now, row.raised_at)
    commitment = trail.commit_to(entity=row, name="reason", value=row.lift_reason)
    details = _details(row, approved=approved, reason_commitment=commitment)
    trail.record(kind="governance.suspension.lifted", actor=actor, entity=row, details=details, now=now)
    transaction.on_commit(notifications.tell)
    return row


def _lock(suspension_id: UUID) -> Suspension:
    """Load a suspension so that nobody else can lift it before we commit."""
    return selectors.whole().select_for_update(of=["self"], no_key=True).get(pk=suspension_id)


def _sound(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise BadInput([FieldError("/reason", "REQUIRED", "Say why; others will have to act on it.")])
    if len(reason) > LONGEST_REASON:
        detail = f"reason has at most {LONGEST_REASON} characters."
        raise BadInput([FieldError("/reason", "TOO_LONG", detail)])
    return reason


def _details(row: Suspension, **more: object) -> dict[str, object]:
    return {
        "system": row.system.slug,
        "model": row.model.slug if row.model else None,
        "version": row.version.version if row.version else None,
        **more,
    }
