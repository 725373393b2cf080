"""Assessments of AI systems, what was changed about their class by hand, and questionnaires in the making."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.trail.models import Audited
from governance.risk.states import OverrideKind, OverrideState
from registry.systems.models import AISystem

DIGEST_PATTERN = r"^[0-9a-f]{64}$"


class Assessment(Audited):
    """One answered questionnaire with everything that followed from it. Never changes."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="assessments")
    number = models.PositiveIntegerField()
    pack = models.CharField(max_length=100)
    pack_version = models.CharField(max_length=50)
    pack_digest = models.CharField(max_length=64)
    class_id = models.CharField(max_length=40)
    answers = models.JSONField()
    outcome = models.JSONField()
    """`result`, `undetermined`, `trace` and `obligations`, as the API gives them."""
    digest = models.CharField(max_length=64)
    """SHA-256 of the RFC 8785 bytes of answers and result, as hex."""
    on = models.DateField()
    """The day that the duties were looked up for."""
    kind = models.CharField(
        max_length=20, choices=[("answered", "answered"), ("reclassified", "reclassified")]
    )
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    """The assessment whose answers it began with."""
    note = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    by = models.TextField()

    audit_type = "assessment"

    class Meta:
        constraints = [
            models.UniqueConstraint(name="governance_assessment_numbered", fields=["system", "number"]),
            models.CheckConstraint(
                name="governance_assessment_is_digested",
                condition=Q(digest__regex=DIGEST_PATTERN) & Q(pack_digest__regex=DIGEST_PATTERN),
            ),
            models.CheckConstraint(
                name="governance_assessment_has_a_class", condition=~Q(class_id="") & Q(number__gte=1)
            ),
        ]
        indexes = [
            models.Index(name="governance_assessment_newest", fields=["system", "pack", "-number"]),
            models.Index(name="governance_assessment_classes", fields=["pack", "class_id", "system"]),
        ]

    def __str__(self) -> str:
        return f"{self.system.slug} assessment {self.number}"

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = self.outcome["result"]
        return found

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id


class OverrideQuerySet(models.QuerySet["Override"]):
    def open(self) -> "OverrideQuerySet":
        return self.filter(state=OverrideState.PROPOSED)

    def in_force(self, *, on: dt.date) -> "OverrideQuerySet":
        """Approved, not ended, and not past its last day."""
        return self.filter(state=OverrideState.APPROVED).exclude(expires_on__lt=on)


class Override(Audited):
    """A class that people set against the assessment's: upward at once, downward or exempt by two."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="overrides")
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="overrides")
    """The assessment's; an upward one holds for the system's later assessments too."""
    pack = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=OverrideKind.choices)
    state = models.CharField(max_length=10, choices=OverrideState.choices)
    from_class = models.CharField(max_length=40)
    to_class = models.CharField(max_length=40)
    reason = models.TextField()
    statements = models.JSONField(default=dict)
    """An exemption's, by their ids in the pack."""
    expires_on = models.DateField(null=True)
    """The last day it holds."""
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decider = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True, default="")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True, default="")

    objects = OverrideQuerySet.as_manager()
    audit_type = "override"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="governance_known_override_state", condition=Q(state__in=OverrideState.values)
            ),
            models.CheckConstraint(
                name="governance_known_override_kind", condition=Q(kind__in=OverrideKind.values)
            ),
            models.CheckConstraint(name="governance_override_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="governance_override_down_expires",
                condition=~Q(kind=OverrideKind.DOWNWARD) | Q(expires_on__isnull=False),
            ),
            models.CheckConstraint(
                name="governance_override_down_by_two",
                condition=Q(kind=OverrideKind.UPWARD)
                | ~Q(state__in=[OverrideState.APPROVED, OverrideState.ENDED])
                | (Q(decider__isnull=False) & ~Q(decider=models.F("proposer"))),
            ),
            models.CheckConstraint(
                name="governance_override_end_is_said",
                condition=~Q(state=OverrideState.ENDED)
                | (Q(ended_by__isnull=False) & Q(ended_at__isnull=False) & ~Q(end_reason="")),
            ),
            models.CheckConstraint(
                name="governance_override_up_ended_by_another",
                condition=~Q(kind=OverrideKind.UPWARD, state=OverrideState.ENDED)
                | ~Q(ended_by=models.F("proposer")),
            ),
            models.UniqueConstraint(
                name="governance_one_open_override",
                fields=["assessment", "kind"],
                condition=Q(state=OverrideState.PROPOSED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to_class}"

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id


class AssessmentDraft(models.Model):
    """A questionnaire in the making: kept as it is filled in, handed on, and gone when it is filed.

    No events: it counts for nothing until it becomes an assessment.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="assessment_drafts")
    pack = models.CharField(max_length=100)
    pack_version = models.CharField(max_length=50)
    answers = models.JSONField(default=dict)
    unconfirmed = models.JSONField(default=list)
    """Questions whose answers were taken from the assessment before and nobody has confirmed yet."""
    parent = models.ForeignKey(Assessment, null=True, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    """Whose turn it is."""
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="governance_one_draft_per_pack", fields=["system", "pack"]),
        ]

    def __str__(self) -> str:
        return f"{self.system.slug} {self.pack} draft"

    @property
    def access_system_id(self) -> UUID:
        return self.system_id
