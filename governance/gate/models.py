"""What the gate was asked and what it answered: rows that are only added."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from registry.catalog.models import ModelVersion


class GateAnswer(models.Model):
    """One answer with a receipt. Written by `governance.gate.statements` alone.

    An answer is no change of anything, so it has no event of its own; see ADR 0017 for which do. Its receipt
    is not kept: `receipt_sha256` recognises one that somebody shows.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="gate_answers"
    )
    """None: nothing that the caller may know was meant."""
    asked_for = models.TextField()
    """Model and version, or the artifacts, as they were named."""
    environment = models.CharField(max_length=100)
    decision = models.CharField(max_length=5)
    reasons = ArrayField(models.TextField(), default=list)
    """Codes; the sentences stand in the receipt."""
    approval = models.UUIDField(null=True)
    context_sha256 = models.CharField(max_length=64)
    receipt_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="governance_known_gate_decision", condition=Q(decision__in=["allow", "warn", "deny"])
            ),
            models.CheckConstraint(
                name="governance_denial_has_reasons",
                condition=~Q(decision="deny") | Q(reasons__len__gte=1),
            ),
            models.CheckConstraint(
                name="governance_gate_lets_known_versions_through",
                condition=Q(decision="deny") | Q(version__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="governance_gate_by_version", fields=["version", "environment", "-id"]),
            models.Index(name="governance_gate_by_decision", fields=["decision", "id"]),
        ]
