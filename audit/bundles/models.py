"""Bundles: parts of the log, or all of it, to be taken away; made by a worker."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from audit.bundles.states import BundleState
from audit.trail.models import Audited


class Bundle(Audited):
    """One requested bundle: what was asked, how far it is, and what came out."""

    request = models.JSONField()
    """`filter`, `openings`, `format`, `software`: as the event that asked for it has them."""
    system_id = models.UUIDField(null=True)
    """The only AI system whose events are in it; None: there is no such bound."""
    state = models.CharField(max_length=10, choices=BundleState.choices, default=BundleState.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    manifest = models.JSONField(null=True)
    """What came out: counts, bytes, sha256, and the logs with their sizes."""
    failure = models.TextField(blank=True, default="")
    requested_by = models.TextField()
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    audit_type = "bundle"

    class Meta:
        db_table = "audit_bundle"
        constraints = [
            models.CheckConstraint(
                name="audit_known_bundle_state", condition=Q(state__in=BundleState.values)
            ),
            models.CheckConstraint(
                name="audit_done_bundle_has_manifest",
                condition=~Q(state__in=[BundleState.DONE, BundleState.PURGED]) | Q(manifest__isnull=False),
            ),
        ]

    @property
    def audit_system_id(self) -> UUID | None:
        return self.system_id

    @property
    def is_sample(self) -> bool:
        return self.request["filter"]["sample"] is not None
