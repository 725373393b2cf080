"""Erasures: what was asked, how far it is, and what came out."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from registry.catalog.models import Model
from registry.systems.models import AISystem
from reviews.erasure.states import ErasureState, Ground


class Erasure(Audited):
    """The content of a data subject's predictions, or of those past their retention, goes.

    `system` and `model` narrow it. The subject is known by keyed hashes, and only until it is done.
    """

    ground = models.CharField(max_length=10, choices=Ground.choices)
    system = models.ForeignKey(AISystem, null=True, on_delete=models.PROTECT, related_name="erasures")
    model = models.ForeignKey(Model, null=True, on_delete=models.PROTECT, related_name="erasures")
    subject_hashes = ArrayField(models.BinaryField(), null=True)
    before = models.DateTimeField()
    """Predictions that were routed later are not meant: they are new data."""
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=ErasureState.choices, default=ErasureState.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    """Predictions."""
    counts = models.JSONField(default=dict)
    receivers = models.JSONField(null=True)
    """Who had received the content: `reviews.erasure.receivers` says in which form."""
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    audit_type = "erasure"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reviews_known_erasure_state", condition=Q(state__in=ErasureState.values)
            ),
            models.CheckConstraint(
                name="reviews_erasure_has_its_ground",
                condition=Q(ground=Ground.REQUEST) | Q(ground=Ground.RETENTION, system__isnull=False),
            ),
            models.CheckConstraint(
                name="reviews_done_erasure_forgot_its_subject",
                condition=Q(state=ErasureState.DONE, subject_hashes=None, finished_at__isnull=False)
                | (
                    ~Q(state=ErasureState.DONE)
                    & Q(finished_at=None)
                    & (Q(ground=Ground.RETENTION) | Q(subject_hashes__isnull=False))
                ),
            ),
            models.CheckConstraint(name="reviews_erasure_has_reason", condition=~Q(reason="")),
        ]
        indexes = [
            models.Index(
                name="reviews_erasure_open",
                fields=["state"],
                condition=Q(state__in=[ErasureState.QUEUED, ErasureState.RUNNING, ErasureState.HELD]),
            ),
        ]

    @property
    def audit_system_id(self) -> UUID | None:
        return self.system_id

    @property
    def access_system_id(self) -> UUID | None:
        return self.system_id
