"""Everything that changes what is live: each in one transaction that asks the gate."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.catalog.models import Environment, Model, ModelVersion
from registry.deployments import hooks, policies, selectors
from registry.deployments.errors import AlreadyLive, GateDenied, NothingToRollBackTo
from registry.deployments.hooks import GateAnswer
from registry.deployments.models import Deployment, Kind


@transaction.atomic
def deploy(*, version_id: UUID, environment: str, actor: Actor, now: dt.datetime) -> Deployment:
    """Make a version the live one of its model in an environment, if the gate lets it.

    Raises:
        NotPermitted: `actor` may not deploy versions of this model there.
        AlreadyLive: it is the live one.
        GateDenied: with the gate's reasons.
    """
    version = ModelVersion.objects.select_related("model__system").get(pk=version_id)
    live = _lock(version.model_id, environment)
    if reason := policies.why_not_deploy(actor, version, environment):
        raise NotPermitted(reason)
    if live is not None and live.version_id == version.pk:
        raise AlreadyLive(f"{version} is live in {environment} already.")
    place = Environment.objects.get(slug=environment)
    answer = hooks.ask(version=version, environment=place, actor=actor, now=now)
    if answer.decision == "deny":
        raise GateDenied(answer.reasons)
    row = Deployment(version=version, kind=Kind.DEPLOY, fallback=live)
    return _put_in_place(row, of=live, in_=place, answer=answer, actor=actor, now=now)


@transaction.atomic
def rollback(*, model_id: UUID, environment: str, actor: Actor, now: dt.datetime) -> Deployment:
    """Return to the newest earlier version that the gate still lets through.

    Raises:
        NotPermitted: `actor` may not deploy versions of this model there.
        NothingToRollBackTo: nothing is live there, or nothing was before it.
        GateDenied: every earlier version is denied; with the reasons about the newest of them.
    """
    live = _lock(model_id, environment)
    model = Model.objects.select_related("system").get(pk=model_id)
    if reason := policies.why_not_deploy(actor, model, environment):
        raise NotPermitted(reason)
    if live is None:
        raise NothingToRollBackTo(f"No version of {model} is live in {environment}.")
    place = Environment.objects.get(slug=environment)
    denied: GateDenied | None = None
    for earlier in selectors.fallbacks(live):
        answer = hooks.ask(version=earlier.version, environment=place, actor=actor, now=now)
        if answer.decision != "deny":
            row = Deployment(version=earlier.version, kind=Kind.ROLLBACK, fallback_id=earlier.fallback_id)
            return _put_in_place(row, of=live, in_=place, answer=answer, actor=actor, now=now)
        denied = denied or GateDenied(answer.reasons, f"{earlier.version} cannot go live again.")
    raise denied or NothingToRollBackTo(f"Before {live.version} no version was live in {environment}.")


def _lock(model_id: UUID, environment: str) -> Deployment | None:
    """Whatever changes what is live of a model stands in line behind the model's lock; answer what is."""
    Model.objects.select_for_update(of=["self"], no_key=True).get(pk=model_id)
    return (
        Deployment.objects.live()
        .filter(model_id=model_id, environment=environment)
        .select_for_update(of=["self"])
        .select_related("model__system", "version__model__system")
        .first()
    )


def _put_in_place(
    row: Deployment,
    *,
    of: Deployment | None,
    in_: Environment,
    answer: GateAnswer,
    actor: Actor,
    now: dt.datetime,
) -> Deployment:
    """End the live row and write the new one; both or neither."""
    # Who waited for the lock may carry an earlier time than whoever held it.
    at = max(now, of.deployed_at) if of else now
    row.model, row.environment, row.number = row.version.model, in_, of.number + 1 if of else 1
    if of is not None:
        _end(of, by=row, actor=actor, at=at)
    row.gate_decision = answer.decision
    row.gate_reasons = [reason.as_json() for reason in answer.reasons]
    row.deployed_by, row.deployed_at = actor.audit_ref, at
    details = {
        "model": row.model.slug,
        "version": row.version.version,
        "environment": in_.slug,
        "number": row.number,
        "former": of.version.version if of else None,
        "gate": {"decision": answer.decision, "reasons": [reason.code for reason in answer.reasons]},
    }
    if row.kind == Kind.ROLLBACK:
        trail.record(kind="registry.deployment.rolled_back", actor=actor, entity=row, details=details, now=at)
    else:
        trail.record(kind="registry.deployment.made", actor=actor, entity=row, details=details, now=at)
    return selectors.whole().get(pk=row.pk)


def _end(live: Deployment, *, by: Deployment, actor: Actor, at: dt.datetime) -> None:
    live.ended_at = at
    details = {
        "model": live.model.slug,
        "version": live.version.version,
        "environment": live.environment_id,
        "number": live.number,
        "successor": by.version.version,
    }
    trail.record(kind="registry.deployment.ended", actor=actor, entity=live, details=details, now=at)
