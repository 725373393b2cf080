"""Requests, signatures and policies as the API gives them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from governance.approvals import policies, selectors
from governance.approvals.bodies import with_addresses
from governance.approvals.models import SINCE, ApprovalPolicy, ApprovalRequest, Signature, Stage
from governance.approvals.selectors import Template
from governance.approvals.states import State, Verdict

COLUMNS: Final = (
    "id", "system", "model", "version", "environment", "suspension", "state", "round", "risk_class", "stage",
    "awaited", "due_at", "stages", "signatures", "artifacts_sha256", "record_sha256", "digest",
    "requested_by", "requester", "requested_at", "submitted_at", "decided_at", "expires_at", "revalidate_at",
    "note",
)  # fmt: skip


def request_as_json(request: ApprovalRequest, *, now: dt.datetime) -> dict[str, Any]:
    """A request in a list: without what has to be looked up for each."""
    signatures = sorted(request.signatures.all(), key=lambda each: (each.round, each.signed_at))
    stages = sorted(request.stages.all(), key=lambda stage: stage.number)
    version = request.version
    return {
        "id": str(request.pk),
        "system": request.system.slug,
        "model": version.model.slug if version else None,
        "version": version.version if version else None,
        "environment": request.environment_id,
        "suspension": str(request.suspension) if request.suspension else None,
        "state": request.state,
        "round": request.round,
        "risk_class": request.risk_class,
        "stage": request.stage if request.state == State.OPEN else None,
        "awaited": _awaited(request, stages, now),
        "due_at": request.stage_due_at if request.state == State.OPEN else None,
        "stages": [stage_as_json(request, stage, signatures) for stage in stages],
        "signatures": [signature_as_json(request, each) for each in signatures],
        "artifacts_sha256": request.artifacts_sha256,
        "record_sha256": request.record_sha256,
        "digest": request.digest,
        "requested_by": request.requested_by,
        "requester": request.requester.email if request.requester else None,
        "requested_at": request.requested_at,
        "submitted_at": request.submitted_at,
        "decided_at": request.decided_at,
        "expires_at": request.expires_at,
        "revalidate_at": request.revalidate_at,
        "note": request.note,
    }


def whole_request_as_json(request: ApprovalRequest, *, now: dt.datetime) -> dict[str, Any]:
    """A request with its frozen policy, what it binds, and whether that is still what is there."""
    current = request.state in (State.OPEN, State.CHANGES_REQUESTED, State.APPROVED)
    changes = selectors.changes_of(request) if current else []
    in_force = (
        request.state == State.APPROVED
        and not changes
        and bool(request.expires_at and request.expires_at > now)
    )
    return {
        **request_as_json(request, now=now),
        "policy": with_addresses(request.policy),
        "bound": {name: value for name, value in request.bound.items() if name != SINCE},
        "since_last_round": request.since_last_round,
        "stale": bool(changes),
        "changes": [change.as_json() for change in changes],
        "in_force": in_force,
        "revalidation": selectors.revalidation_of(request, now) if request.state == State.APPROVED else None,
        "conditions": selectors.conditions_of(policies.counting(request)),
        "excluded": [
            {"name": each.person.name, "because": each.because}
            for each in request.exclusions.select_related("person").order_by("because", "person__name")
        ],
    }


def counts(request: ApprovalRequest, signature: Signature) -> bool:
    """Whether an approval counts towards its quorum."""
    return (
        signature.verdict == Verdict.APPROVE
        and signature.digest == request.digest
        and signature.round >= request.valid_from
    )


def stage_as_json(request: ApprovalRequest, stage: Stage, signatures: Sequence[Signature]) -> dict[str, Any]:
    """A stage with how far it has come."""
    signed = [each for each in signatures if each.stage == stage.number and counts(request, each)]
    return {
        "number": stage.number,
        "name": stage.name,
        "quorum": stage.quorum,
        "signed": len(signed),
        "complete": len(signed) >= stage.quorum,
        "roles": stage.roles,
        "escalate_to": stage.escalate_to,
        "deadline_hours": stage.deadline_hours,
    }


def signature_as_json(request: ApprovalRequest, signature: Signature) -> dict[str, Any]:
    """A signature with everything that makes it one: who, when, what it means, and for what."""
    behalf = signature.on_behalf_of
    return {
        "id": str(signature.pk),
        "stage": signature.stage,
        "round": signature.round,
        "verdict": signature.verdict,
        "meaning": signature.meaning,
        "comment": signature.comment,
        "conditions": signature.conditions,
        "printed_name": signature.printed_name,
        "on_behalf_of": behalf.name if behalf else None,
        "role": signature.role or None,
        "role_since": signature.role_since,
        "role_granted_by": signature.role_granted_by or None,
        "digest": signature.digest,
        "proof": signature.proof,
        "signed_at": signature.signed_at,
        "counts": counts(request, signature),
    }


def policy_as_json(policy: ApprovalPolicy) -> dict[str, Any]:
    """A policy that somebody wrote."""
    return {
        "id": str(policy.pk),
        "risk_class": policy.risk_class,
        "environment": policy.environment_id,
        "number": policy.number,
        "state": policy.state,
        **with_addresses(policy.body),
        "created_by": policy.created_by,
        "created_at": policy.created_at,
        "published_by": policy.published_by or None,
        "published_at": policy.published_at,
        "retired_at": policy.retired_at,
    }


def built_in_as_json(template: Template, environment: str) -> dict[str, Any]:
    """A policy that holds while nobody has published another."""
    return {
        "id": None,
        "risk_class": template.risk_class,
        "environment": environment,
        "number": 0,
        "state": "published",
        **with_addresses(template.body),
        "created_by": "countersign",
        "created_at": None,
        "published_by": "countersign",
        "published_at": None,
        "retired_at": None,
    }


def _awaited(request: ApprovalRequest, stages: Sequence[Stage], now: dt.datetime) -> list[str]:
    """The roles whose signature is waited for."""
    if request.state != State.OPEN:
        return []
    waiting = [stage for stage in stages if stage.number == request.stage]
    return [role for stage in waiting for role in policies.roles_now(request, stage, now=now)]
