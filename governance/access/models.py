"""People, keys, and who may do what where."""

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from guardian.models import UserObjectPermissionBase

from audit.prepared import execute
from audit.trail.models import Audited
from governance.access.rights import Held, Rights
from governance.access.roles import Role, ScopeKind, permissions_of_key_scopes
from registry.systems.models import AISystem

# By hand and prepared: every request of a person asks it.
RIGHTS = """
SELECT a.role, s.kind, s.system_id, s.queue_id
FROM governance_roleassignment a JOIN governance_scope s ON s.id = a.scope_id
WHERE a.person_id = %s AND a.revoked_at IS NULL
"""


def rights_of(rows: Iterable[tuple[str, str, UUID | None, UUID | None]]) -> Rights:
    """What the rows of `RIGHTS` add up to."""
    return Rights(tuple(Held(Role(role), ScopeKind(kind), *where) for role, kind, *where in rows))


class PersonManager(BaseUserManager["Person"]):
    """Finds people. They are made by `governance.access.services` only."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser, PermissionsMixin, Audited):
    """Somebody with an account."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    pseudonym = models.CharField(max_length=20, unique=True)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=8, default="system")
    keys_enabled = models.BooleanField(default=True)
    independence_group = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField()
    deactivated_at = models.DateTimeField(null=True)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    audit_type = "person"
    is_staff = False

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="governance_one_person_per_email"),
            models.CheckConstraint(name="governance_nobody_is_superuser", condition=Q(is_superuser=False)),
            models.CheckConstraint(
                name="governance_known_theme", condition=Q(theme__in=["system", "light", "dark"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_ref(self) -> str:
        return f"person:{self.pk}"

    @cached_property
    def rights(self) -> Rights:
        """What the person's roles add up to, read once per request."""
        return rights_of(execute(RIGHTS, [self.pk]).fetchall())

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether a role gives the permission on `obj`; without one: everywhere.

        Answered from the role assignments alone. Django's own backend would grant nothing when an
        object is passed, and a superuser everything; here is neither.
        """
        return self.is_active and self.rights.allow(perm, obj)


class Scope(models.Model):
    """Where a role holds: everywhere, on one AI system, or on one queue of a system.

    Made by the wing that owns the thing. A queue's scope names the queue by id, because the reviews
    wing stands above this one.
    """

    kind = models.CharField(max_length=10, choices=ScopeKind.choices)
    system = models.ForeignKey(AISystem, null=True, on_delete=models.PROTECT, related_name="scopes")
    queue_id = models.UUIDField(null=True, unique=True)
    label = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="governance_scope_names_its_thing",
                condition=Q(kind=ScopeKind.EVERYWHERE, system=None, queue_id=None)
                | Q(kind=ScopeKind.SYSTEM, system__isnull=False, queue_id=None)
                | Q(kind=ScopeKind.QUEUE, system__isnull=False, queue_id__isnull=False),
            ),
            models.UniqueConstraint(
                name="governance_one_everywhere", fields=["kind"], condition=Q(kind=ScopeKind.EVERYWHERE)
            ),
            models.UniqueConstraint(
                name="governance_one_scope_per_system",
                fields=["system"],
                condition=Q(kind=ScopeKind.SYSTEM),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def in_force(self) -> "RoleAssignmentQuerySet":
        return self.filter(revoked_at=None)


class RoleAssignment(Audited):
    """One role of one person at one scope. The only thing people edit about access."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=20, choices=Role.choices)
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="assignments")
    granted_by = models.TextField()
    granted_at = models.DateTimeField()
    revoked_by = models.TextField(blank=True, default="")
    revoked_at = models.DateTimeField(null=True)

    objects = RoleAssignmentQuerySet.as_manager()
    audit_type = "role_assignment"

    class Meta:
        constraints = [
            models.CheckConstraint(name="governance_known_role", condition=Q(role__in=Role.values)),
            models.UniqueConstraint(
                name="governance_role_held_once",
                fields=["person", "role", "scope"],
                condition=Q(revoked_at=None),
            ),
        ]

    @property
    def audit_system_id(self) -> UUID | None:
        return self.scope.system_id


class AISystemPermission(UserObjectPermissionBase):
    """Guardian's row for one permission of one person on one AI system; derived from assignments."""

    content_object = models.ForeignKey(AISystem, on_delete=models.PROTECT)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class Credential(Audited):
    """A secret that a request carries. Shown once; only its SHA-256 is kept."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    secret_hash = models.BinaryField(unique=True)
    created_by = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def is_live(self, *, now: dt.datetime) -> bool:
        return (self.revoked_at is None or self.revoked_at > now) and (
            self.expires_at is None or self.expires_at > now
        )


class ServiceKey(Credential):
    """A service's key. As an actor it may what its scopes say, on the systems it is limited to."""

    scopes = ArrayField(models.CharField(max_length=32))
    system_ids = ArrayField(models.UUIDField(), default=list)
    """Empty: all systems."""
    environments = ArrayField(models.CharField(max_length=64), default=list)
    """Empty: all environments."""
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="service_keys")
    rotated_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    audit_type = "service_key"
    is_authenticated = True
    is_anonymous = False
    is_active = True

    class Meta:
        constraints = [
            models.CheckConstraint(name="governance_key_has_a_scope", condition=Q(scopes__len__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_ref(self) -> str:
        return f"key:{self.pk}"

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether a scope of this key gives the permission, and on this thing."""
        if perm not in permissions_of_key_scopes(tuple(self.scopes)):
            return False
        return obj is None or self.reaches(getattr(obj, "access_system_id", None))

    def reaches(self, system_id: UUID | None) -> bool:
        """Whether the key's limits leave this system in."""
        return not self.system_ids or system_id in self.system_ids


class PersonalToken(Credential):
    """Lets a program act as its person."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")

    audit_type = "personal_token"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="governance_token_revoked_after_made",
                condition=Q(revoked_at=None) | Q(revoked_at__gte=F("created_at")),
            ),
        ]
