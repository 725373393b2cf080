"""Everything that changes an alias or a protection of aliases."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.aliases import hooks, policies, selectors
from registry.aliases.errors import AliasProtected, AlreadyEnded
from registry.aliases.models import Alias, Protection
from registry.catalog.models import Environment, Model, ModelVersion


@transaction.atomic
def move(*, version_id: UUID, name: str, actor: Actor, now: dt.datetime) -> Alias:
    """Let an alias point to this version; it is made if there is none.

    Raises:
        NotPermitted: `actor` may not move this alias.
        AliasProtected: the version lacks what a protection demands.
        BadInput: it points there already.
    """
    version = ModelVersion.objects.select_related("model__system").get(pk=version_id)
    alias = _lock(version.model, name)
    protections = selectors.protections_of(version.model, name)
    if reason := policies.why_not_move(actor, version.model, protections):
        raise NotPermitted(reason)
    if alias is not None and alias.version_id == version.pk:
        raise BadInput([FieldError("/version", "NOTHING_TO_CHANGE", "It points there already.")])
    if reasons := policies.why_not_to(version, protections, now=now):
        raise AliasProtected(reasons)
    alias = alias or Alias(model=version.model, name=name)
    former = alias.version
    alias.version, alias.moved_by, alias.moved_at = version, actor.audit_ref, now
    details = {**_told(alias), "version": version.version, "former": former.version if former else None}
    trail.record(kind="registry.alias.moved", actor=actor, entity=alias, details=details, now=now)
    return alias


@transaction.atomic
def remove(*, model_id: UUID, name: str, actor: Actor, now: dt.datetime) -> None:
    """Let an alias point to nothing. Its events stay, and it can be set again.

    Raises:
        NotPermitted: `actor` may not move this alias.
        NotFound: it points to nothing.
    """
    model = Model.objects.select_related("system").get(pk=model_id)
    alias = _lock(model, name)
    if reason := policies.why_not_move(actor, model, selectors.protections_of(model, name)):
        raise NotPermitted(reason)
    if alias is None or alias.version is None:
        raise NotFound(selectors.NO_SUCH_ALIAS)
    details = {**_told(alias), "version": None, "former": alias.version.version}
    alias.version, alias.moved_by, alias.moved_at = None, actor.audit_ref, now
    trail.record(kind="registry.alias.removed", actor=actor, entity=alias, details=details, now=now)


@transaction.atomic
def protect(
    *,
    pattern: str,
    role: str,
    environment: str,
    classes: Sequence[str] = (),
    actor: Actor,
    now: dt.datetime,
) -> Protection:
    """Protect all aliases of a pattern, also those that exist. Where they point now stays.

    Raises:
        NotPermitted: `actor` may not protect aliases.
        BadInput: there is no such role or environment.
    """
    if reason := policies.why_not_protect(actor):
        raise NotPermitted(reason)
    errors = []
    if role not in hooks.roles:
        detail = f"role is one of {', '.join(hooks.roles) or 'none'}."
        errors.append(FieldError("/role", "UNKNOWN_ROLE", detail))
    place = Environment.objects.filter(slug=environment).first()
    if place is None:
        errors.append(FieldError("/environment", "UNKNOWN_ENVIRONMENT", "There is no such environment."))
    if errors or place is None:
        raise BadInput(errors)
    protection = Protection(
        pattern=pattern,
        role=role,
        environment=place,
        classes=list(classes),
        created_by=actor.audit_ref,
        created_at=now,
    )
    details = {"pattern": pattern, "role": role, "environment": environment, "classes": list(classes)}
    trail.record(
        kind="registry.alias_protection.created", actor=actor, entity=protection, details=details, now=now
    )
    return protection


@transaction.atomic
def end_protection(*, protection_id: UUID, actor: Actor, now: dt.datetime) -> Protection:
    """End a protection; it stays in the list of those that were.

    Raises:
        NotPermitted: `actor` may not protect aliases.
        AlreadyEnded: it has.
    """
    protection = Protection.objects.select_for_update().get(pk=protection_id)
    if reason := policies.why_not_protect(actor):
        raise NotPermitted(reason)
    if protection.ended_at is not None:
        raise AlreadyEnded
    protection.ended_by, protection.ended_at = actor.audit_ref, now
    details = {"pattern": protection.pattern}
    trail.record(
        kind="registry.alias_protection.ended", actor=actor, entity=protection, details=details, now=now
    )
    return protection


def _lock(model: Model, name: str) -> Alias | None:
    """Whatever is done about the aliases of a model is done behind the model's lock."""
    Model.objects.select_for_update(of=["self"], no_key=True).get(pk=model.pk)
    return Alias.objects.filter(model=model, name=name).select_related("model__system", "version").first()


def _told(alias: Alias) -> dict[str, str]:
    return {"model": alias.model.slug, "alias": alias.name}
