"""Everything that changes people and their roles. Keys and tokens: `credentials.py`."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access import checks, derived, policies
from governance.access.errors import (
    AlreadyDeactivated,
    AlreadyGranted,
    EmailTaken,
    LastAdministrator,
    NotGranted,
)
from governance.access.models import Person, RoleAssignment, Scope
from governance.access.roles import Role, ScopeKind
from governance.access.secrets import fresh_pseudonym

derivers: list[Callable[[Person], None]] = [derived.derive_system_rows]
"""Called with a person whose roles changed, in the same transaction. The reviews wing adds its own."""


@transaction.atomic
def create_person(
    *, email: str, name: str, password: str, actor: Actor, now: dt.datetime, must_change: bool = False
) -> Person:
    """Open an account. It can do nothing until it is given a role.

    Raises:
        BadInput: the address or the password will not do.
        EmailTaken: there is an account already.
    """
    _refuse(policies.why_not_manage_people(actor))
    email = email.strip().lower()  # one spelling: sign-in and lock-out compare it
    person = Person(
        email=email,
        name=(name.strip() or email.split("@", 1)[0])[: checks.LONGEST_NAME],
        pseudonym=fresh_pseudonym(),
        created_at=now,
        must_change_password=must_change,
    )
    checks.email(email)
    checks.password(password, person)
    if Person.objects.filter(email__iexact=email).exists():
        raise EmailTaken
    person.set_password(password)
    details = {
        "email": trail.commit_to(entity=person, name="email", value=email),
        "name": trail.commit_to(entity=person, name="name", value=person.name),
    }
    try:
        with transaction.atomic():
            trail.record(kind="access.person.created", actor=actor, entity=person, details=details, now=now)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise EmailTaken from error  # somebody opened it between the look above and now
    return person


@transaction.atomic
def grant(*, person_id: UUID, role: Role, scope_id: int, actor: Actor, now: dt.datetime) -> RoleAssignment:
    """Give a person a role at a scope.

    Raises:
        NotPermitted: not an administrator, or one's own account.
        AlreadyGranted: the person holds it.
    """
    person = _lock(person_id)
    _refuse(policies.why_not_grant(actor, person))
    scope = Scope.objects.get(pk=scope_id)
    checks.fits(role, scope)
    if RoleAssignment.objects.in_force().filter(person=person, role=role, scope=scope).exists():
        raise AlreadyGranted
    assignment = RoleAssignment(
        person=person, role=role, scope=scope, granted_by=actor.audit_ref, granted_at=now
    )
    trail.record(
        kind="access.role.granted",
        actor=actor,
        entity=assignment,
        details={"person": person.audit_ref, "role": role, "scope": _names(scope)},
        now=now,
    )
    _derive(person)
    return assignment


@transaction.atomic
def revoke(*, person_id: UUID, role: Role, scope_id: int, actor: Actor, now: dt.datetime) -> RoleAssignment:
    """Take a role from a person; it ends with the next request.

    Raises:
        NotPermitted: not an administrator, or one's own account.
        NotGranted: the person does not hold it.
        LastAdministrator: nobody could administer then.
    """
    person = _lock(person_id)
    _refuse(policies.why_not_revoke(actor, person))
    assignment = (
        RoleAssignment.objects.in_force()
        .select_for_update(of=["self"])
        .filter(person=person, role=role, scope_id=scope_id)
        .first()
    )
    if assignment is None:
        raise NotGranted
    if role == Role.ADMINISTRATOR:
        _require_another_administrator(person)
    _end(assignment, actor=actor, now=now)
    _derive(person)
    return assignment


@transaction.atomic
def deactivate(*, person_id: UUID, actor: Actor, now: dt.datetime) -> Person:
    """Close an account: sessions and tokens end at once, roles are revoked, history stays.

    Raises:
        AlreadyDeactivated: it is closed.
        LastAdministrator: nobody could administer then.
    """
    person = _lock(person_id)
    _refuse(policies.why_not_deactivate(actor, person))
    if not person.is_active:
        raise AlreadyDeactivated
    _require_another_administrator(person)
    for assignment in RoleAssignment.objects.in_force().select_for_update(of=["self"]).filter(person=person):
        _end(assignment, actor=actor, now=now)
    person.is_active = False
    person.deactivated_at = now
    trail.record(kind="access.person.deactivated", actor=actor, entity=person, details={}, now=now)
    _derive(person)
    return person


@transaction.atomic
def set_password(
    *, person_id: UUID, password: str, actor: Actor, now: dt.datetime, must_change: bool = True
) -> Person:
    """Give an account a new password: one's own, or another's as administrator.

    Another's has to be changed at the next sign-in, since two people know it. All sessions end with the
    old password.

    Raises:
        NotPermitted: somebody else's, without being an administrator.
        BadInput: the password will not do.
    """
    person = _lock(person_id)
    own = isinstance(actor, Person) and actor.pk == person.pk
    if not own:
        _refuse(policies.why_not_reset_password(actor, person))
    checks.password(password, person)
    person.set_password(password)
    person.must_change_password = must_change and not own
    trail.record(kind="access.person.password_set", actor=actor, entity=person, details={"own": own}, now=now)
    return person


@transaction.atomic
def change_profile(
    *,
    person_id: UUID,
    name: str,
    time_zone: str,
    theme: str,
    keys_enabled: bool,
    actor: Actor,
    now: dt.datetime,
) -> Person:
    """Change how an account is shown and shows things.

    Raises:
        NotPermitted: somebody else's, without being an administrator.
        BadInput: no name, or a time zone or theme that there is not.
    """
    person = _lock(person_id)
    if not (isinstance(actor, Person) and actor.pk == person.pk):
        _refuse(policies.why_not_manage_people(actor))
    checks.profile(name, time_zone, theme)
    person.name = name.strip()
    person.time_zone = time_zone
    person.theme = theme
    person.keys_enabled = keys_enabled
    details = {"name": trail.commit_to(entity=person, name="name", value=person.name)}
    trail.record(kind="access.person.profile_changed", actor=actor, entity=person, details=details, now=now)
    return person


@transaction.atomic
def set_independence_group(*, person_id: UUID, group: str, actor: Actor, now: dt.datetime) -> Person:
    """Say with whom this person is not independent; empty: with nobody.

    Raises:
        NotPermitted: not an administrator, or one's own account: it decides what one may sign.
        BadInput: the name is too long.
    """
    person = _lock(person_id)
    _refuse(policies.why_not_set_group(actor, person))
    person.independence_group = checks.group(group)
    trail.record(
        kind="access.person.group_set",
        actor=actor,
        entity=person,
        details={"group": person.independence_group},
        now=now,
    )
    return person


def _end(assignment: RoleAssignment, *, actor: Actor, now: dt.datetime) -> None:
    assignment.revoked_at = now
    assignment.revoked_by = actor.audit_ref
    trail.record(
        kind="access.role.revoked",
        actor=actor,
        entity=assignment,
        details={
            "person": f"person:{assignment.person_id}",
            "role": assignment.role,
            "scope": _names(assignment.scope),
        },
        now=now,
    )


def _lock(person_id: UUID) -> Person:
    return Person.objects.select_for_update(of=["self"]).get(pk=person_id)


def _refuse(reason: str | None) -> None:
    if reason:
        raise NotPermitted(reason)


def _derive(person: Person) -> None:
    for derive in derivers:
        derive(person)


def _names(scope: Scope) -> str:
    match scope.kind:
        case ScopeKind.SYSTEM:
            return f"system:{scope.system_id}"
        case ScopeKind.QUEUE:
            return f"queue:{scope.queue_id}"
    return str(scope.kind)


def _require_another_administrator(person: Person) -> None:
    # Two administrators who take the role from each other at the same moment wait for one another here.
    Scope.objects.select_for_update().get(kind=ScopeKind.EVERYWHERE)
    administrators = RoleAssignment.objects.in_force().filter(role=Role.ADMINISTRATOR, person__is_active=True)
    if administrators.filter(person=person).exists() and not administrators.exclude(person=person).exists():
        raise LastAdministrator
