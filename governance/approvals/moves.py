"""The steps that services about a request share: locking it, moving it, and saying so in the trail."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.approvals import notifications, policies
from governance.approvals.errors import AlreadyDecided, IllegalTransition
from governance.approvals.models import ApprovalRequest
from governance.approvals.states import DECIDED, TRANSITIONS, State
from registry.catalog.epoch import raise_epoch


def first_unsigned(request: ApprovalRequest) -> int:
    """The first stage without its quorum; one above the last if all have theirs."""
    signed = policies.counting(request)
    for stage in request.stages.order_by("number"):
        here = [each for each in signed if each.stage == stage.number]
        principals = {each.on_behalf_of_id or each.person_id for each in here}
        if min(len(principals), len({each.person_id for each in here})) < stage.quorum:
            return stage.number
    return len(request.policy["stages"]) + 1


def move(request: ApprovalRequest, *, to: State, actor: Actor, now: dt.datetime, **details: object) -> None:
    """Change a request's state, and say so in the trail. The only assignment to it in the project."""
    came_from = State(request.state)
    if came_from in DECIDED:
        raise AlreadyDecided(policies.why_decided(request) or "")
    if to not in TRANSITIONS[came_from]:
        raise IllegalTransition(f"A request that is {came_from.label} cannot become {to.label}.")
    request.state = to
    if to in DECIDED:
        request.decided_at = now
        transaction.on_commit(partial(notifications.tell_decided, request.pk))
    record(request, kind=_KINDS[to], actor=actor, now=now, **{"digest": request.digest, **details})
    if to in DECIDED:
        raise_epoch()  # intake keeps in memory which versions are approved


_KINDS: Mapping[State, str] = {
    State.OPEN: "approvals.request.resubmitted",
    State.CHANGES_REQUESTED: "approvals.request.changes_requested",
    State.APPROVED: "approvals.request.approved",
    State.REJECTED: "approvals.request.rejected",
    State.WITHDRAWN: "approvals.request.withdrawn",
    State.SUPERSEDED: "approvals.request.superseded",
}


def record(request: ApprovalRequest, *, kind: str, actor: Actor, now: dt.datetime, **details: object) -> None:
    trail.record(kind=kind, actor=actor, entity=request, details=details, now=now)


def lock(request_id: UUID) -> ApprovalRequest:
    """Load a request so that nobody else can sign or change it before we commit."""
    return (
        ApprovalRequest.objects.select_for_update(of=["self"])
        .select_related("system", "version__model__system", "environment", "requester")
        .get(pk=request_id)
    )


def due(policy: Mapping[str, Any], stage: int, now: dt.datetime) -> dt.datetime | None:
    """When a stage should be signed; there may be none left."""
    stages = policy["stages"]
    return now + dt.timedelta(hours=stages[stage - 1]["deadline_hours"]) if stage <= len(stages) else None
