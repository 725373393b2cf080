"""Aliases: names for versions that move, and the protections that say who may move which."""

from fnmatch import fnmatchcase
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from registry.catalog.models import Environment, Model, ModelVersion
from registry.systems.models import SLUG_PATTERN


class Alias(Audited):
    """A name of a model that points to one of its versions. What it pointed to before, its events say."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=100)
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="aliases")
    """None: it was taken away."""
    moved_by = models.TextField()
    moved_at = models.DateTimeField()

    audit_type = "alias"

    class Meta:
        constraints = [
            models.UniqueConstraint(name="registry_alias_named_once", fields=["model", "name"]),
            models.CheckConstraint(name="registry_alias_is_plain", condition=Q(name__regex=SLUG_PATTERN)),
        ]

    def __str__(self) -> str:
        return f"{self.model.slug} {self.name}"

    @property
    def audit_system_id(self) -> UUID:
        return self.model.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.model.system_id


class ProtectionQuerySet(models.QuerySet["Protection"]):
    def in_force(self) -> "ProtectionQuerySet":
        return self.filter(ended_at=None)


class Protection(Audited):
    """A rule for all aliases of a pattern: whose role moves them, and only to versions approved where.

    It never changes; it ends, and another is made.
    """

    pattern = models.CharField(max_length=100)
    """As in file names: `*` stands for anything, `?` for one character."""
    role = models.CharField(max_length=40)
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    classes = ArrayField(models.CharField(max_length=40), default=list)
    """Risk classes of the systems it is for; empty: all. Unclassified systems count as every class."""
    created_by = models.TextField()
    created_at = models.DateTimeField()
    ended_by = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    objects = ProtectionQuerySet.as_manager()
    audit_type = "alias_protection"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="registry_protection_ended_by_somebody",
                condition=Q(ended_at=None, ended_by="") | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
            ),
        ]

    def __str__(self) -> str:
        return self.pattern

    def covers(self, name: str) -> bool:
        """Whether an alias of that name is under it."""
        return fnmatchcase(name, self.pattern)
