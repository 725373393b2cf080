"""Waivers: one requirement that need not hold for a version in an environment until a date."""

from typing import Final
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from audit.trail.models import Audited
from governance.waivers.states import WaiverState
from registry.catalog.models import Environment, ModelVersion

REQUIREMENT: Final = r"evidence:.+|condition:.+|revalidation"
REQUIREMENT_WORDS: Final = "evidence:<item>, condition:<name> or revalidation."


class Waiver(Audited):
    """Time-boxed, with a reason, approved by somebody else than who proposed it."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="waivers")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    requirement = models.CharField(max_length=200)
    """`evidence:<item>`, `condition:<name>` or `revalidation`."""
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=WaiverState.choices, default=WaiverState.PROPOSED)
    until = models.DateTimeField()
    created_by = models.TextField()
    created_at = models.DateTimeField()
    decided_by = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    audit_type = "waiver"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="governance_known_waiver_state", condition=Q(state__in=WaiverState.values)
            ),
            models.CheckConstraint(
                name="governance_waiver_has_second_person",
                condition=~Q(state=WaiverState.APPROVED)
                | (~Q(decided_by="") & ~Q(decided_by=F("created_by"))),
            ),
            models.CheckConstraint(name="governance_waiver_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="governance_waiver_is_about_something",
                condition=Q(requirement__regex=r"^(evidence:.+|condition:.+|revalidation)$"),
            ),
        ]
        indexes = [
            models.Index(name="governance_waiver_of_version", fields=["version", "environment"]),
            models.Index(name="governance_waivers_by_state", fields=["state", "id"]),
        ]

    @property
    def audit_system_id(self) -> UUID:
        return self.version.model.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.version.model.system_id
