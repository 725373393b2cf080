"""Signing approval requests and taking them back. For how they begin see `submitting`."""

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person
from governance.approvals import (
    moves,
    notifications,
    policies,
    selectors,
)
from governance.approvals.bodies import Verdicted
from governance.approvals.errors import (
    AlreadyDecided,
    AlreadySigned,
    IllegalTransition,
    Stale,
    WrongStage,
)
from governance.approvals.models import ApprovalRequest, Signature, Stage
from governance.approvals.states import BECOMES, State, Verdict


@transaction.atomic
def sign(
    *, request_id: UUID, actor: Person, said: Verdicted, proof: str, now: dt.datetime
) -> ApprovalRequest:
    """One person's verdict at the stage that waits. `proof` says how they have just proved who they are.

    The request is locked first, so signers stand in line and exactly one of them completes it.

    Raises:
        AlreadyDecided, AlreadySigned, WrongStage, Stale: nobody, or this person not again, may sign now.
        NotPermitted: `actor` is not named by the policy, or not independent.
    """
    if not proof:
        raise ValueError("A signature without a proof of who signs.")
    request = moves.lock(request_id)
    stage = require_signable(request, actor, said.stage, now=now)
    standing = policies.standing_of(actor, request, stage, now=now)
    assert standing is not None  # else it were not signable
    signature = Signature.objects.create(
        request=request,
        round=request.round,
        stage=stage.number,
        person=actor,
        on_behalf_of=standing.on_behalf_of,
        verdict=said.verdict,
        meaning=said.meaning,
        comment=said.comment,
        conditions=said.conditions,
        printed_name=actor.name,
        digest=request.digest,
        role=standing.role,
        role_since=standing.since,
        role_granted_by=standing.granted_by,
        proof=proof,
        signed_at=now,
    )
    moves.record(
        request, kind="approvals.request.signed", actor=actor, now=now, **_details(request, signature)
    )
    _conclude(request, signature, actor=actor, now=now)
    return request


@transaction.atomic
def withdraw(*, request_id: UUID, actor: Actor, reason: str = "", now: dt.datetime) -> ApprovalRequest:
    """Take a request back. It stays readable, and a new one can be made.

    Raises:
        NotPermitted: `actor` may not.
        AlreadyDecided: it is decided.
    """
    request = moves.lock(request_id)
    if why_not := policies.why_not_withdraw(actor, request):
        raise NotPermitted(why_not)
    details = (
        {"reason_commitment": trail.commit_to(entity=request, name="reason", value=reason)} if reason else {}
    )
    moves.move(request, to=State.WITHDRAWN, actor=actor, now=now, **details)
    return request


def require_signable(
    request: ApprovalRequest, actor: Any, stage_number: int | None, *, now: dt.datetime
) -> Stage:
    """The stage at which `actor` can sign now.

    Raises:
        As `sign`.
    """
    if reason := policies.why_decided(request):
        raise AlreadyDecided(reason)
    stage = (
        Stage.objects.get(request=request, number=stage_number or request.stage)
        if (stage_number is None or stage_number <= request.stages.count())
        else None
    )
    if stage is None:
        raise WrongStage(f"This request has {request.stages.count()} stages.")
    if reason := policies.why_not_sign(actor, request, stage, now=now):
        raise NotPermitted(reason)
    if reason := policies.why_not_signable(request):
        raise IllegalTransition(reason)
    if reason := policies.why_signed_before(actor, request, stage, policies.counting(request)):
        raise AlreadySigned(reason)
    if stage.number != request.stage:
        raise WrongStage(f"Stage {request.stage} waits for signatures now, not stage {stage.number}.")
    if selectors.changes_of(request):
        raise Stale
    return stage


def _conclude(request: ApprovalRequest, signature: Signature, *, actor: Actor, now: dt.datetime) -> None:
    """What a signature brings about: a verdict, the next stage, or the approval."""
    if onward := BECOMES.get(Verdict(signature.verdict)):
        moves.move(request, to=onward, actor=actor, now=now)
        return
    waiting = moves.first_unsigned(request)
    if waiting > request.stages.count():
        days = dt.timedelta(days=1)
        policy = request.policy
        request.expires_at = now + policy["valid_days"] * days
        request.revalidate_at = now + policy["revalidate_days"] * days if policy["revalidate_days"] else None
        moves.move(request, to=State.APPROVED, actor=actor, now=now, expires_at=request.expires_at)
    elif waiting != request.stage:
        request.stage = waiting
        request.stage_due_at = moves.due(request.policy, waiting, now)
        moves.record(request, kind="approvals.request.passed_stage", actor=actor, now=now, stage=waiting)
        transaction.on_commit(partial(notifications.tell_awaited, request.pk))


def _details(request: ApprovalRequest, signature: Signature) -> dict[str, Any]:
    """What an event says of a signature: words that people wrote stand in it as commitments only."""
    behalf = signature.on_behalf_of
    said = {
        "signature": str(signature.pk),
        "stage": signature.stage,
        "round": signature.round,
        "verdict": signature.verdict,
        "role": signature.role,
        "on_behalf_of": behalf.audit_ref if behalf else None,
        "digest": signature.digest,
        "proof": signature.proof,
        "conditions": [{"name": each["name"], "check": each["check"]} for each in signature.conditions],
        "meaning": trail.commit_to(entity=request, name="meaning", value=signature.meaning),
    }
    if signature.comment:
        said["comment"] = trail.commit_to(entity=request, name="comment", value=signature.comment)
    return said
