"""Routing policies: the versioned rules that decide accept or review."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from registry.catalog.models import Model
from reviews.queue.models import Queue
from reviews.routing.states import PolicyState


class RoutingPolicyQuerySet(models.QuerySet["RoutingPolicy"]):
    def visible(self) -> "RoutingPolicyQuerySet":
        return self.exclude(state=PolicyState.DISCARDED)


class RoutingPolicy(Audited):
    """One numbered policy of a model: a draft that is edited, then a published version that is not."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="policies")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=PolicyState.choices, default=PolicyState.DRAFT)
    body = models.JSONField()
    """The contract's members, normalised, with every default filled in."""
    salt = models.CharField(max_length=64)
    """Hex; keys the draw of random checks, so that a caller cannot predict it."""
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="policies")
    escalation_queue = models.ForeignKey(
        Queue, null=True, on_delete=models.PROTECT, related_name="escalation_policies"
    )
    created_by = models.TextField()
    created_at = models.DateTimeField()
    published_by = models.TextField(blank=True, default="")
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = RoutingPolicyQuerySet.as_manager()
    audit_type = "policy"

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reviews_policy_numbered", fields=["model", "number"]),
            models.UniqueConstraint(
                name="reviews_one_published_policy",
                fields=["model"],
                condition=Q(state=PolicyState.PUBLISHED),
            ),
            models.CheckConstraint(
                name="reviews_known_policy_state", condition=Q(state__in=PolicyState.values)
            ),
            models.CheckConstraint(
                name="reviews_published_policy_says_when",
                condition=Q(state__in=[PolicyState.DRAFT, PolicyState.DISCARDED])
                | (Q(published_at__isnull=False) & ~Q(published_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.slug} {self.number}"

    @property
    def audit_system_id(self) -> UUID:
        return self.model.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.model.system_id
