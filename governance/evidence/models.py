"""Evidence: a file with its hash, or a metric, that shows a requirement is met."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from governance.access.models import Person
from registry.catalog.models import Model, ModelVersion
from registry.systems.models import AISystem


class Evidence(Audited):
    """One numbered revision of one item, for a system, one of its models, or one version. Never changed.

    What is said about a system holds for its models and their versions, too: that is how it is reused.
    """

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(Model, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="evidence")
    item = models.CharField(max_length=100)
    revision = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    filename = models.CharField(max_length=300, blank=True, default="")
    uri = models.TextField(blank=True, default="")
    """Where a file lies that is not kept here; empty when it is."""
    sha256 = models.CharField(max_length=64)
    """Of the file, or of the canonical bytes of the metric."""
    size = models.BigIntegerField(default=0)
    metric = models.JSONField(null=True)
    duties = ArrayField(models.CharField(max_length=100), default=list)
    valid_until = models.DateTimeField(null=True)
    owner = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True, default="")
    created_by = models.TextField()
    created_at = models.DateTimeField()

    audit_type = "evidence"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="governance_evidence_numbered",
                fields=["system", "model", "version", "item", "revision"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="governance_evidence_has_digest", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(
                name="governance_evidence_is_file_or_metric",
                condition=(Q(kind="file", metric__isnull=True) & ~Q(filename=""))
                | Q(kind="metric", metric__isnull=False),
            ),
            models.CheckConstraint(
                name="governance_version_evidence_names_model",
                condition=Q(version__isnull=True) | Q(model__isnull=False),
            ),
        ]
        indexes = [models.Index(name="governance_evidence_by_item", fields=["system", "item"])]

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id
