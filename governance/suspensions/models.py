"""Suspensions: what may not stand alone at present, since when, and until when."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from registry.catalog.models import Model, ModelVersion
from registry.systems.models import AISystem


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def live(self) -> "SuspensionQuerySet":
        return self.filter(lifted_at=None)

    def covering(self, system_id: UUID, model_id: UUID, version_id: UUID | None) -> "SuspensionQuerySet":
        """Those of the version, of its model as a whole, and of its system as a whole."""
        covers = Q(system_id=system_id, model=None) | Q(model_id=model_id, version=None)
        return self.filter(covers | Q(version_id=version_id) if version_id else covers)


class Suspension(Audited):
    """A stop on a whole AI system, on a model, or on one version. Of a row only its lifting is written, once.

    `system` is always said; `model` where it is about a model or a version, `version` where about one.
    """

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="suspensions")
    model = models.ForeignKey(Model, null=True, on_delete=models.PROTECT, related_name="suspensions")
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="suspensions")
    reason = models.TextField()
    raised_by = models.TextField()
    raised_at = models.DateTimeField()
    lift_reason = models.TextField(blank=True, default="")
    lifted_by = models.TextField(blank=True, default="")
    lifted_at = models.DateTimeField(null=True)
    raised_told_at = models.DateTimeField(null=True)
    lifted_told_at = models.DateTimeField(null=True)
    """When mail about it went out; a lost message is found by these."""

    objects = SuspensionQuerySet.as_manager()
    audit_type = "suspension"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="governance_one_live_suspension_of_a_system",
                fields=["system"],
                condition=Q(model=None, lifted_at=None),
            ),
            models.UniqueConstraint(
                name="governance_one_live_suspension_of_a_model",
                fields=["model"],
                condition=Q(model__isnull=False, version=None, lifted_at=None),
            ),
            models.UniqueConstraint(
                name="governance_one_live_suspension_of_a_version",
                fields=["version"],
                condition=Q(version__isnull=False, lifted_at=None),
            ),
            models.CheckConstraint(
                name="governance_suspended_version_has_its_model",
                condition=Q(version=None) | Q(model__isnull=False),
            ),
            models.CheckConstraint(name="governance_suspension_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="governance_lifting_says_who_and_why",
                condition=Q(lifted_at=None, lifted_by="", lift_reason="")
                | (Q(lifted_at__isnull=False) & ~Q(lifted_by="") & ~Q(lift_reason="")),
            ),
        ]
        indexes = [
            models.Index(
                name="governance_live_suspensions",
                fields=["system", "model", "version"],
                condition=Q(lifted_at=None),
            ),
            models.Index(name="governance_newest_suspensions", fields=["id"], condition=Q(lifted_at=None)),
            models.Index(
                name="governance_untold_suspensions",
                fields=["id"],
                condition=Q(raised_told_at=None) | Q(lifted_at__isnull=False, lifted_told_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"suspension of {self.target}"

    @property
    def target(self) -> str:
        """What is suspended, in words."""
        if self.version is not None:
            return f"the version {self.version}"
        return f"the model {self.model.slug}" if self.model else f"the AI system {self.system.name}"

    @property
    def is_live(self) -> bool:
        return self.lifted_at is None

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id
