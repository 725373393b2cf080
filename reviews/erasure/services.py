"""Asking for an erasure, and looking at what would go. A worker does the rest: `reviews.erasure.running`."""

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import CLOCK, Actor
from registry.systems.models import AISystem
from reviews.erasure import matching, moves, notifications, policies, receivers
from reviews.erasure.errors import AlreadyAsked
from reviews.erasure.models import Erasure
from reviews.erasure.states import OPEN, ErasureState, Ground
from reviews.holds.reading import About
from reviews.holds.selectors import things_of
from reviews.holds.services import sound
from reviews.intake.models import Status
from reviews.intake.subjects import subject_hashes

RETENTION_REASON = "The time for which the content is kept has passed."


@transaction.atomic
def ask(*, about: About, reason: str, actor: Actor, now: dt.datetime) -> Erasure:
    """Have the content of a data subject's predictions erased, as `actor`; a worker does it.

    What is posted afterwards is new data. Where legal holds keep all of it, it is `held` from the start.

    Raises:
        NotFound: no such system or model in the actor's reach.
        NotPermitted: `actor` may not erase there.
        AlreadyAsked: the same is under way.
        BadInput: the reason is empty or too long.
    """
    erasure = _asked(about, reason=sound(reason), actor=actor, now=now)
    same = Erasure.objects.filter(
        state__in=OPEN, system=erasure.system, model=erasure.model, subject_hashes=erasure.subject_hashes
    )
    if same.exists():
        raise AlreadyAsked
    erasure.total = matching.count(erasure)
    held = matching.holds_on(erasure) if erasure.total else []
    is_held = bool(held) and not matching.next_batch(erasure, 1)
    erasure.state = ErasureState.HELD if is_held else ErasureState.QUEUED
    details = {
        "ground": erasure.ground,
        "holds": held,
        "model": erasure.model.slug if erasure.model else None,
        "system": erasure.system.slug if erasure.system else None,
        # Words may name people, and the subject is one: beside the log, and the subject's name not for long.
        "reason": trail.commit_to(entity=erasure, name="reason", value=erasure.reason),
        "subject": trail.commit_to(entity=erasure, name="subject", value=about.subject),
    }
    trail.record(kind="reviews.erasure.asked", actor=actor, entity=erasure, details=details, now=now)
    transaction.on_commit(partial(notifications.wake_worker, erasure.pk), robust=True)
    return erasure


def preview(*, about: About, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """What would go, and who had received it. Changes nothing, and is no event.

    Raises:
        NotFound, NotPermitted: as `ask`.
    """
    erasure = _asked(about, reason="-", actor=actor, now=now)
    meant = matching.meant(erasure)
    total = matching.count(erasure)
    return {
        "predictions": total,
        **matching.counted(erasure, pending=Status.PENDING),
        "holds": matching.holds_on(erasure) if total else [],
        "receivers": receivers.received(meant),
    }


@transaction.atomic
def ask_for_retention(*, system_id: UUID, before: dt.datetime, now: dt.datetime) -> Erasure | None:
    """Have the content that is past its system's retention erased, as the clock; None if there is none."""
    system = AISystem.objects.get(pk=system_id)
    erasure = Erasure(
        ground=Ground.RETENTION,
        system=system,
        before=before,
        reason=RETENTION_REASON,
        asked_by=CLOCK.audit_ref,
        asked_at=now,
    )
    open_ones = Erasure.objects.filter(state__in=OPEN, ground=Ground.RETENTION, system_id=system_id)
    if open_ones.exclude(state=ErasureState.HELD).exists() or not matching.next_batch(erasure, 1):
        return None
    erasure.total = matching.count(erasure)
    details = {"ground": erasure.ground, "system": system.slug, "before": before}
    trail.record(kind="reviews.erasure.asked", actor=CLOCK, entity=erasure, details=details, now=now)
    transaction.on_commit(partial(notifications.wake_worker, erasure.pk), robust=True)
    return erasure


def wake_held(*, now: dt.datetime) -> int:
    """Queue the erasures that waited for holds and no longer have to; answer how many. Safe to repeat."""
    woken = 0
    for erasure_id in Erasure.objects.filter(state=ErasureState.HELD).values_list("pk", flat=True):
        with transaction.atomic():
            erasure = moves.lock(erasure_id)
            if erasure is not None and erasure.state == ErasureState.HELD and _may_go_on(erasure):
                moves.move(erasure, to=ErasureState.QUEUED, kind="released", now=now)
                woken += 1
    return woken


def _may_go_on(erasure: Erasure) -> bool:
    return bool(matching.next_batch(erasure, 1)) or not matching.count(erasure)


def _asked(about: About, *, reason: str, actor: Actor, now: dt.datetime) -> Erasure:
    system, model = things_of(actor, about)
    if refusal := policies.why_not_erase(actor, model or system):
        raise NotPermitted(refusal)
    return Erasure(
        ground=Ground.REQUEST,
        system=system,
        model=model,
        subject_hashes=subject_hashes(about.subject),
        before=now,
        reason=reason,
        asked_by=actor.audit_ref,
        asked_at=now,
    )
