"""Everything that changes a routing policy."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.catalog.epoch import raise_epoch
from registry.catalog.models import Model
from registry.catalog.schemas import digest_of
from registry.catalog.selectors import classes_in_force
from registry.systems.body import fault_of_structure
from reviews.routing import policies, selectors
from reviews.routing.errors import NotADraft
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import TRANSITIONS, PolicyState
from reviews.routing.validation import validate_policy

Floor = Callable[[RoutingPolicy, Actor, dt.datetime], None]

floors: list[Floor] = []
"""What has to hold before a policy goes in force: each raises a refusal if it does not; filled at start."""

LARGEST_BODY: Final = 65_536
_SAID_IN_EVENTS: Final = (
    "queue",
    "threshold",
    "qa_rate",
    "qa_blocks",
    "deadline_minutes",
    "escalation_queue",
)


@transaction.atomic
def draft(*, model_id: UUID, actor: Actor, body: object, now: dt.datetime) -> RoutingPolicy:
    """Begin a policy: the next number of its model. `body` as in the contract.

    Raises:
        NotPermitted: `actor` may not write policies of this model.
        BadInput, NotAvailableYet: as `validation.validate_policy`.
    """
    model = _lock_model(model_id)
    if reason := policies.why_not_draft(actor, model):
        raise NotPermitted(reason)
    policy = RoutingPolicy(
        model=model,
        number=selectors.next_number(model),
        salt=secrets.token_hex(32),
        created_by=actor.audit_ref,
        created_at=now,
    )
    _write(policy, body)
    _record(policy, "drafted", actor=actor, now=now, **_gist(policy))
    return policy


@transaction.atomic
def change(*, policy_id: UUID, actor: Actor, body: object, now: dt.datetime) -> RoutingPolicy:
    """Replace what a draft says.

    Raises:
        NotPermitted: `actor` may not write policies of this model.
        NotADraft: it was published or discarded.
        BadInput, NotAvailableYet: as `validation.validate_policy`, or it says so already.
    """
    policy = _lock(policy_id)
    if reason := policies.why_not_draft(actor, policy):
        raise NotPermitted(reason)
    _require_draft(policy)
    before = policy.body
    _write(policy, body)
    if policy.body == before:
        raise BadInput([FieldError("", "NOTHING_TO_CHANGE", "The draft says exactly this already.")])
    _record(policy, "changed", actor=actor, now=now, **_gist(policy))
    return policy


@transaction.atomic
def discard(*, policy_id: UUID, actor: Actor, now: dt.datetime) -> RoutingPolicy:
    """Put a draft away. Its number is not given again.

    Raises:
        NotPermitted: `actor` may not write policies of this model.
        NotADraft: it was published or discarded.
    """
    policy = _lock(policy_id)
    if reason := policies.why_not_draft(actor, policy):
        raise NotPermitted(reason)
    _move(policy, to=PolicyState.DISCARDED, actor=actor, now=now)
    return policy


@transaction.atomic
def publish(*, policy_id: UUID, actor: Actor, now: dt.datetime, body: object | None = None) -> RoutingPolicy:
    """Put a draft in force for every prediction from now on, and retire its predecessor.

    `body`: what it says in the end, so that what is published is what was looked at. What waits in queues
    stays with the policy that routed it.

    Raises:
        NotPermitted: `actor` may not publish policies of this model.
        NotADraft: it was published or discarded.
        BadInput: the schema or the queues have changed since, and it does not fit them any more.
        Refusal: one of `floors`.
    """
    policy = _lock(policy_id)
    if reason := policies.why_not_publish_here(actor, policy):
        raise NotPermitted(reason)
    _require_draft(policy)
    _write(policy, policy.body if body is None else body)
    for floor in floors:
        floor(policy, actor, now)
    raise_epoch()
    former = selectors.policy_in_force(policy.model)
    if former is not None:
        former.retired_at = now
        _move(former, to=PolicyState.RETIRED, actor=actor, now=now, successor=policy.number)
    policy.published_by = actor.audit_ref
    policy.published_at = now
    _move(
        policy,
        to=PolicyState.PUBLISHED,
        actor=actor,
        now=now,
        former=former.number if former else None,
        **_gist(policy),
    )
    return policy


def _lock_model(model_id: UUID) -> Model:
    """Whatever is done about a model's policies, numbers first of all, is done behind the model's lock."""
    return Model.objects.select_for_update(of=["self"], no_key=True).select_related("system").get(pk=model_id)


def _lock(policy_id: UUID) -> RoutingPolicy:
    """Load a policy so that nobody else can change it, or any other of its model, before we commit."""
    _lock_model(RoutingPolicy.objects.values_list("model_id", flat=True).get(pk=policy_id))
    return (
        RoutingPolicy.objects.select_for_update(of=["self"])
        .select_related("model__system", "queue")
        .get(pk=policy_id)
    )


def _move(
    policy: RoutingPolicy, *, to: PolicyState, actor: Actor, now: dt.datetime, **details: object
) -> None:
    """Change a policy's state, and say so in the trail. The only assignment to it in the project."""
    if to not in TRANSITIONS[PolicyState(policy.state)]:
        raise NotADraft(policies.why_fixed(policy) or "")
    policy.state = to
    _record(policy, to, actor=actor, now=now, **details)


def _require_draft(policy: RoutingPolicy) -> None:
    if reason := policies.why_fixed(policy):
        raise NotADraft(reason)


def normalised(model: Model, body: object) -> dict[str, object]:
    """A body with every member filled in, checked against the model's schema and the queues of its system.

    Raises:
        BadInput, NotAvailableYet: as `validation.validate_policy`.
    """
    if fault := fault_of_structure(body, largest=LARGEST_BODY):
        raise BadInput([FieldError(*fault)])
    classes = classes_in_force(model)
    return validate_policy(
        body,
        classes=None if classes is None else frozenset(classes),
        queues=selectors.queues_for(model),
    )


def _write(policy: RoutingPolicy, body: object) -> None:
    """Take over what a body says."""
    said = normalised(policy.model, body)
    queues = selectors.queues_for(policy.model)
    policy.body = said
    policy.queue = queues[str(said["queue"])]
    escalation = said["escalation_queue"]
    policy.escalation_queue = queues[str(escalation)] if escalation else None


def _gist(policy: RoutingPolicy) -> Mapping[str, Any]:
    """What an event says of a body: the members that matter most, and a digest of all."""
    return {
        **{name: policy.body[name] for name in _SAID_IN_EVENTS},
        "body_sha256": digest_of(policy.body),
    }


def _record(policy: RoutingPolicy, what: str, *, actor: Actor, now: dt.datetime, **details: object) -> None:
    trail.record(
        kind=f"reviews.policy.{what}",
        actor=actor,
        entity=policy,
        details={"model": policy.model.slug, "number": policy.number, **details},
        now=now,
    )
