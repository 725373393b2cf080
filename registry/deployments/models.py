"""The ledger of deployments: what was live where, from when to when, and what the gate said."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q

from audit.trail.models import Audited
from registry.catalog.models import Environment, Model, ModelVersion


class Kind(models.TextChoices):
    DEPLOY = "deploy", "deployed"
    ROLLBACK = "rollback", "rolled back"


class DeploymentQuerySet(models.QuerySet["Deployment"]):
    def live(self) -> "DeploymentQuerySet":
        return self.filter(ended_at=None)


class Deployment(Audited):
    """One version in one environment, from a moment on until another took its place.

    Rows are added; of a row only its end is written, once. The rows of one model in one environment are
    numbered from 1 without a gap.
    """

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="deployments")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="deployments")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    fallback = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    """What a rollback from here would return to, if the gate lets it. A rollback takes over that of the row
    it returns to, so that rolling back twice never goes forward again."""
    gate_decision = models.CharField(max_length=10)
    gate_reasons = models.JSONField(default=list)
    deployed_by = models.TextField()
    deployed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = DeploymentQuerySet.as_manager()
    audit_type = "deployment"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="registry_deployment_numbered", fields=["model", "environment", "number"]
            ),
            models.UniqueConstraint(
                name="registry_one_live_version",
                fields=["model", "environment"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="registry_known_deployment_kind", condition=Q(kind__in=["deploy", "rollback"])
            ),
            models.CheckConstraint(
                name="registry_gate_let_it_through", condition=Q(gate_decision__in=["allow", "warn"])
            ),
            models.CheckConstraint(
                name="registry_deployment_ends_after_it_began",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("deployed_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "deployed_at"], name="registry_deployed_where_when"),
            models.Index(fields=["id"], name="registry_newest_live", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.environment_id}"

    @property
    def audit_system_id(self) -> UUID:
        return self.model.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.model.system_id
