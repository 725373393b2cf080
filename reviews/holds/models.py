"""Legal holds: what may not be erased, since when, and until when."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from registry.catalog.models import Model
from registry.systems.models import AISystem


class HoldQuerySet(models.QuerySet["Hold"]):
    def live(self) -> "HoldQuerySet":
        return self.filter(lifted_at=None)


class Hold(Audited):
    """Keeps predictions from being erased. What is named has to match all together.

    `system` is named unless the hold is about a data subject everywhere; `model` lies in `system`. Of a row
    only its lifting is written, once; the subject's keyed hashes go with it.
    """

    system = models.ForeignKey(AISystem, null=True, on_delete=models.PROTECT, related_name="holds")
    model = models.ForeignKey(Model, null=True, on_delete=models.PROTECT, related_name="holds")
    by_subject = models.BooleanField(default=False)
    subject_hashes = ArrayField(models.BinaryField(), null=True)
    reason = models.TextField()
    placed_by = models.TextField()
    placed_at = models.DateTimeField()
    lift_reason = models.TextField(blank=True, default="")
    lifted_by = models.TextField(blank=True, default="")
    lifted_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()
    audit_type = "hold"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reviews_hold_names_its_thing",
                condition=Q(system__isnull=False) | Q(by_subject=True),
            ),
            models.CheckConstraint(
                name="reviews_hold_of_a_model_names_its_system",
                condition=Q(model=None) | Q(system__isnull=False),
            ),
            models.CheckConstraint(
                name="reviews_live_hold_knows_its_subject",
                condition=Q(by_subject=False, subject_hashes=None)
                | Q(by_subject=True, lifted_at=None, subject_hashes__isnull=False)
                | Q(by_subject=True, lifted_at__isnull=False, subject_hashes=None),
            ),
            models.CheckConstraint(name="reviews_hold_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="reviews_lifted_hold_says_who_and_why",
                condition=Q(lifted_at=None, lifted_by="", lift_reason="")
                | (Q(lifted_at__isnull=False) & ~Q(lifted_by="") & ~Q(lift_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"legal hold on {self.target}"

    @property
    def target(self) -> str:
        """What is held, in words; never whom."""
        where = f"the model {self.model.slug}" if self.model else ""
        if not where and self.system:
            where = f"the AI system {self.system.name}"
        if not self.by_subject:
            return where
        return f"one data subject in {where}" if where else "one data subject, everywhere"

    @property
    def audit_system_id(self) -> UUID | None:
        return self.system_id

    @property
    def access_system_id(self) -> Any:
        return self.system_id
