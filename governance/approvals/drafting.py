"""Everything that changes an approval policy: drafted by one person of compliance, published by another."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from audit.canonical import canonical_bytes
from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.approvals import notifications, policies
from governance.approvals.errors import PolicyFixed
from governance.approvals.models import ApprovalPolicy
from governance.approvals.states import POLICY_TRANSITIONS, PolicyState
from registry.catalog.models import Environment


@transaction.atomic
def draft(
    *, risk_class: str, environment: str, body: Mapping[str, Any], actor: Actor, now: dt.datetime
) -> ApprovalPolicy:
    """Begin a policy: the next number of its class and environment. `body` as `bodies` normalised it.

    Raises:
        NotPermitted: `actor` is no compliance officer.
        BadInput: there is no such environment.
    """
    if reason := policies.why_not_edit_policies(actor):
        raise NotPermitted(reason)
    where = Environment.objects.select_for_update().filter(pk=environment).first()
    if where is None:
        raise BadInput([FieldError("/environment", "UNKNOWN_ENVIRONMENT", "There is no such environment.")])
    newest = ApprovalPolicy.objects.filter(risk_class=risk_class, environment=where).aggregate(
        n=Max("number")
    )
    policy = ApprovalPolicy(
        risk_class=risk_class,
        environment=where,
        number=(newest["n"] or 0) + 1,
        body=dict(body),
        created_by=actor.audit_ref,
        created_at=now,
        changed_by=actor.audit_ref,
    )
    _record(policy, kind="approvals.policy.drafted", actor=actor, now=now)
    transaction.on_commit(partial(notifications.tell_policy_drafted, policy.pk))
    return policy


@transaction.atomic
def change(*, policy_id: UUID, body: Mapping[str, Any], actor: Actor, now: dt.datetime) -> ApprovalPolicy:
    """Replace what a draft says. Whoever changes it last does not publish it.

    Raises:
        NotPermitted: `actor` is no compliance officer.
        PolicyFixed: it is no draft any more.
        BadInput: it says so already.
    """
    policy = _lock(policy_id)
    if reason := policies.why_not_edit_policies(actor):
        raise NotPermitted(reason)
    if reason := policies.why_policy_fixed(policy):
        raise PolicyFixed(reason)
    if policy.body == dict(body):
        raise BadInput([FieldError("", "NOTHING_TO_CHANGE", "The draft says exactly this already.")])
    policy.body = dict(body)
    policy.changed_by = actor.audit_ref
    _record(policy, kind="approvals.policy.changed", actor=actor, now=now)
    return policy


@transaction.atomic
def discard(*, policy_id: UUID, actor: Actor, now: dt.datetime) -> ApprovalPolicy:
    """Put a draft away. Its number is not given again.

    Raises:
        NotPermitted: `actor` is no compliance officer.
        PolicyFixed: it is no draft any more.
    """
    policy = _lock(policy_id)
    if reason := policies.why_not_edit_policies(actor):
        raise NotPermitted(reason)
    _move(policy, to=PolicyState.DISCARDED, kind="approvals.policy.discarded", actor=actor, now=now)
    return policy


@transaction.atomic
def publish(*, policy_id: UUID, actor: Actor, now: dt.datetime) -> ApprovalPolicy:
    """Put a draft in force for requests from now on, and retire its predecessor.

    Requests that are being decided keep the copy that they froze.

    Raises:
        NotPermitted: `actor` is no compliance officer, or wrote it.
        PolicyFixed: it is no draft any more.
    """
    policy = _lock(policy_id)
    if reason := policies.why_policy_fixed(policy):
        raise PolicyFixed(reason)
    if reason := policies.why_not_publish_policy(actor, policy):
        raise NotPermitted(reason)
    former = (
        ApprovalPolicy.objects.select_for_update(of=["self"])
        .filter(risk_class=policy.risk_class, environment=policy.environment_id, state=PolicyState.PUBLISHED)
        .first()
    )
    if former is not None:
        former.retired_at = now
        _move(former, to=PolicyState.RETIRED, kind="approvals.policy.retired", actor=actor, now=now)
    policy.published_by, policy.published_at = actor.audit_ref, now
    _move(policy, to=PolicyState.PUBLISHED, kind="approvals.policy.published", actor=actor, now=now)
    return policy


def _lock(policy_id: UUID) -> ApprovalPolicy:
    """Load a policy so that nobody else can change it, or any other of its environment, before we commit."""
    environment = ApprovalPolicy.objects.values_list("environment_id", flat=True).get(pk=policy_id)
    Environment.objects.select_for_update(no_key=True).get(pk=environment)
    return (
        ApprovalPolicy.objects.select_for_update(of=["self"]).select_related("environment").get(pk=policy_id)
    )


def _move(policy: ApprovalPolicy, *, to: PolicyState, kind: str, actor: Actor, now: dt.datetime) -> None:
    """Change a policy's state, and say so in the trail. The only assignment to it in the project."""
    if to not in POLICY_TRANSITIONS[PolicyState(policy.state)]:
        raise PolicyFixed(policies.why_policy_fixed(policy) or "")
    policy.state = to
    _record(policy, kind=kind, actor=actor, now=now)


def _record(policy: ApprovalPolicy, *, kind: str, actor: Actor, now: dt.datetime) -> None:
    stages = [{"quorum": each["quorum"], "roles": each["roles"]} for each in policy.body["stages"]]
    trail.record(
        kind=kind,
        actor=actor,
        entity=policy,
        details={
            "risk_class": policy.risk_class,
            "environment": policy.environment_id,
            "number": policy.number,
            "stages": stages,
            "body_sha256": hashlib.sha256(canonical_bytes(policy.body)).hexdigest(),
        },
        now=now,
    )
