"""Everything that changes service keys and personal tokens."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access import policies, secrets
from governance.access.errors import AlreadyRevoked
from governance.access.models import Person, PersonalToken, ServiceKey
from governance.access.roles import PERMISSIONS_BY_KEY_SCOPE
from registry.catalog.models import Environment

LONGEST_NAME = 100

OVERLAP = dt.timedelta(hours=24)
"""How long the old secret goes on working after a rotation, unless said otherwise."""


@transaction.atomic
def create_key(
    *,
    name: str,
    scopes: Sequence[str],
    actor: Actor,
    now: dt.datetime,
    system_ids: Sequence[UUID] = (),
    environments: Sequence[str] = (),
    owner: Person | None = None,
    expires_at: dt.datetime | None = None,
) -> tuple[ServiceKey, str]:
    """Make a service key; answer it with its secret, which cannot be shown again.

    Raises:
        NotPermitted: not an administrator.
        BadInput: no name, no scope, or an unknown one.
    """
    _refuse(policies.why_not_manage_keys(actor))
    _check(name, scopes, environments)
    return _create_key(
        ServiceKey(
            name=name.strip(),
            scopes=sorted(set(scopes)),
            system_ids=list(system_ids),
            environments=list(environments),
            owner=owner,
            expires_at=expires_at,
        ),
        actor=actor,
        now=now,
    )


def _create_key(key: ServiceKey, *, actor: Actor, now: dt.datetime) -> tuple[ServiceKey, str]:
    secret = secrets.fresh(secrets.KEY)
    key.prefix, key.secret_hash = secret.prefix, secret.digest
    key.created_by, key.created_at = actor.audit_ref, now
    trail.record(
        kind="access.key.created",
        actor=actor,
        entity=key,
        details={
            "name": key.name,
            "scopes": key.scopes,
            "systems": key.system_ids,
            "environments": key.environments,
            "owner": key.owner.audit_ref if key.owner else None,
            "rotated_from": key.rotated_from.audit_ref if key.rotated_from else None,
        },
        now=now,
    )
    return key, secret.text


@transaction.atomic
def rotate_key(
    *, key_id: UUID, actor: Actor, now: dt.datetime, overlap: dt.timedelta = OVERLAP
) -> tuple[ServiceKey, str]:
    """Make the successor of a key; the old secret goes on working for the overlap.

    A key that expires gets a successor that lives as long as it was made to live.

    Raises:
        AlreadyRevoked: there is nothing to take over from.
    """
    old = _lock_key(key_id)
    _refuse(policies.why_not_manage_keys(actor))
    if reason := policies.why_not_rotate_key(actor, old):
        raise AlreadyRevoked(reason)
    new, text = _create_key(
        ServiceKey(
            name=old.name,
            scopes=old.scopes,
            system_ids=old.system_ids,
            environments=old.environments,
            owner=old.owner,
            expires_at=old.expires_at and now + (old.expires_at - old.created_at),
            rotated_from=old,
        ),
        actor=actor,
        now=now,
    )
    old.revoked_at = now + overlap
    trail.record(
        kind="access.key.rotated",
        actor=actor,
        entity=old,
        details={"successor": new.audit_ref, "works_until": old.revoked_at},
        now=now,
    )
    return new, text


@transaction.atomic
def revoke_key(*, key_id: UUID, actor: Actor, now: dt.datetime) -> ServiceKey:
    """End a key at once, also one that is in its overlap.

    Raises:
        AlreadyRevoked: it has ended.
    """
    key = _lock_key(key_id)
    _refuse(policies.why_not_manage_keys(actor))
    if reason := policies.why_not_revoke_key(actor, key, now=now):
        raise AlreadyRevoked(reason)
    key.revoked_at = now
    trail.record(kind="access.key.revoked", actor=actor, entity=key, details={}, now=now)
    return key


@transaction.atomic
def create_token(
    *, person_id: UUID, name: str, actor: Actor, now: dt.datetime, expires_at: dt.datetime | None = None
) -> tuple[PersonalToken, str]:
    """Make a token that acts as the person; answer it with its secret.

    Raises:
        NotPermitted: for somebody else, except from the command line.
    """
    person = Person.objects.select_for_update(of=["self"]).get(pk=person_id)
    if isinstance(actor, Person) and actor.pk != person.pk:
        raise NotPermitted("A personal token can only be made by its person.")
    if not person.is_active:
        raise NotPermitted("This account is deactivated.")
    secret = secrets.fresh(secrets.TOKEN)
    token = PersonalToken(
        person=person,
        name=name.strip()[:LONGEST_NAME] or "token",
        prefix=secret.prefix,
        secret_hash=secret.digest,
        created_by=actor.audit_ref,
        created_at=now,
        expires_at=expires_at,
    )
    trail.record(
        kind="access.token.created",
        actor=actor,
        entity=token,
        details={"person": person.audit_ref, "name": token.name},
        now=now,
    )
    return token, secret.text


@transaction.atomic
def revoke_token(*, token_id: UUID, actor: Actor, now: dt.datetime) -> PersonalToken:
    """End a personal token at once.

    Raises:
        AlreadyRevoked: it has ended.
    """
    token = PersonalToken.objects.select_for_update(of=["self"]).get(pk=token_id)
    _refuse(policies.why_not_revoke_token(actor, token))
    if token.revoked_at is not None:
        raise AlreadyRevoked
    token.revoked_at = max(now, token.created_at)  # clocks of two machines may differ
    trail.record(
        kind="access.token.revoked",
        actor=actor,
        entity=token,
        details={"person": f"person:{token.person_id}"},
        now=now,
    )
    return token


def _lock_key(key_id: UUID) -> ServiceKey:
    return ServiceKey.objects.select_for_update(of=["self"]).select_related("owner").get(pk=key_id)


def _check(name: str, scopes: Sequence[str], environments: Sequence[str]) -> None:
    errors = []
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        detail = f"Give the key a name that says who uses it, of at most {LONGEST_NAME} characters."
        errors.append(FieldError("/name", "REQUIRED", detail))
    if not scopes:
        errors.append(FieldError("/scopes", "REQUIRED", "Give the key at least one scope."))
    known = ", ".join(sorted(PERMISSIONS_BY_KEY_SCOPE))
    errors += [
        FieldError(f"/scopes/{n}", "UNKNOWN_SCOPE", f"There is no scope {scope!r}; there are: {known}.")
        for n, scope in enumerate(scopes)
        if scope not in PERMISSIONS_BY_KEY_SCOPE
    ]
    there = set(Environment.objects.filter(slug__in=environments).values_list("slug", flat=True))
    errors += [
        FieldError(f"/environments/{n}", "UNKNOWN_ENVIRONMENT", f"There is no environment {slug!r}.")
        for n, slug in enumerate(environments)
        if slug not in there
    ]
    if errors:
        raise BadInput(errors)


def _refuse(reason: str | None) -> None:
    if reason:
        raise NotPermitted(reason)
