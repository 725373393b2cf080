"""Everything that changes legal holds."""

import datetime as dt
from uuid import UUID

from django.db import connection, transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from reviews.holds import policies, selectors
from reviews.holds.errors import AlreadyLifted
from reviews.holds.models import Hold
from reviews.holds.reading import LONGEST_REASON, About
from reviews.intake.subjects import subject_hashes


@transaction.atomic
def place(*, about: About, reason: str, actor: Actor, now: dt.datetime) -> Hold:
    """Keep predictions from being erased, by anybody, until it is lifted.

    From the commit on nothing of it goes; what an erasure had taken before is gone.

    Raises:
        NotFound: no such system or model in the actor's reach.
        NotPermitted: `actor` may not hold that.
        BadInput: the reason is empty or too long.
    """
    if not (about.subject or about.system or about.model):
        raise ValueError(about)
    system, model = selectors.things_of(actor, about)
    if refusal := policies.why_not_hold(actor, model or system):
        raise NotPermitted(refusal)
    with connection.cursor() as cursor:  # waits for the batches of erasures that are under way
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('reviews_hold'))")
    hold = Hold(
        system=system,
        model=model,
        by_subject=bool(about.subject),
        subject_hashes=subject_hashes(about.subject) if about.subject else None,
        reason=sound(reason),
        placed_by=actor.audit_ref,
        placed_at=now,
    )
    details = _details(hold) | {"reason": trail.commit_to(entity=hold, name="reason", value=hold.reason)}
    if about.subject:
        details["subject"] = trail.commit_to(entity=hold, name="subject", value=about.subject)
    trail.record(kind="reviews.hold.placed", actor=actor, entity=hold, details=details, now=now)
    return hold


@transaction.atomic
def lift(*, hold_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Hold:
    """End a hold, and forget whom it was about. Erasures that waited for it go on by themselves.

    Raises:
        NotFound, NotPermitted: not the actor's to lift.
        AlreadyLifted: it has ended.
        BadInput: the reason is empty or too long.
    """
    selectors.hold_for(actor, hold_id)
    hold = Hold.objects.select_for_update(of=["self"]).select_related("system", "model").get(pk=hold_id)
    if refusal := policies.why_not_hold(actor, hold if hold.system_id else None):
        raise NotPermitted(refusal)
    if hold.lifted_at is not None:
        raise AlreadyLifted
    hold.lift_reason, hold.lifted_by, hold.lifted_at = sound(reason), actor.audit_ref, now
    hold.subject_hashes = None
    details = _details(hold) | {"reason": trail.commit_to(entity=hold, name="reason", value=hold.lift_reason)}
    trail.record(kind="reviews.hold.lifted", actor=actor, entity=hold, details=details, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reviews_forget_subject('hold', %s)", [hold.pk])
    return hold


def sound(reason: str) -> str:
    """A reason that says something.

    Raises:
        BadInput: it is empty or too long.
    """
    reason = reason.strip()
    if not reason:
        raise BadInput([FieldError("/reason", "REQUIRED", "Say why; an auditor will ask.")])
    if len(reason) > LONGEST_REASON:
        detail = f"reason has at most {LONGEST_REASON} characters."
        raise BadInput([FieldError("/reason", "TOO_LONG", detail)])
    return reason


def _details(hold: Hold) -> dict[str, object]:
    return {
        "system": hold.system.slug if hold.system else None,
        "model": hold.model.slug if hold.model else None,
        "by_subject": hold.by_subject,
    }
