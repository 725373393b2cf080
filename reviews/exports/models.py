"""Exports: immutable snapshots of labels, made by a worker."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from registry.catalog.models import Model
from reviews.exports.states import ExportState


class Export(Audited):
    """One requested snapshot: what was asked, how far it is, and what came out."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="exports")
    request = models.JSONField()
    """The contract's members, normalised."""
    through = models.BigIntegerField()
    """The position in the feed of labels up to which rows are taken."""
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    manifest = models.JSONField(null=True)
    failure = models.TextField(blank=True, default="")
    requested_by = models.TextField()
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    audit_type = "export"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reviews_known_export_state", condition=Q(state__in=ExportState.values)
            ),
            models.CheckConstraint(
                name="reviews_done_export_has_manifest",
                condition=~Q(state=ExportState.DONE) | Q(manifest__isnull=False),
            ),
        ]

    @property
    def audit_system_id(self) -> UUID:
        return self.model.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.model.system_id
