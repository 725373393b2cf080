"""Labels: versions, never overwritten."""

from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from reviews.queue.models import Judgement, Queue, ReviewItem


class Label(models.Model):
    """One version of the final structured answer for a prediction. Its content is the judgement's."""

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid7, editable=False)
    prediction_id = models.UUIDField()
    model_id = models.UUIDField()
    version = models.IntegerField()
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="labels")
    round = models.PositiveSmallIntegerField()
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, db_index=False, related_name="+")
    """Where it was decided: the item itself may move on to another queue later."""
    judgement = models.ForeignKey(Judgement, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.TextField()
    changed = models.BooleanField(null=True)
    propensity = models.FloatField()
    sample_weight = models.FloatField(null=True)
    supersedes = models.UUIDField(null=True)
    withdrawn = models.BooleanField(default=False)
    """A tombstone: the label it supersedes must no longer be used."""
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reviews_label_numbered", fields=["prediction_id", "version"]),
            models.CheckConstraint(
                name="reviews_label_has_judgement",
                condition=Q(withdrawn=True) | Q(judgement__isnull=False),
            ),
            models.CheckConstraint(
                name="reviews_label_source", condition=Q(source__in=["human", "adjudication"])
            ),
        ]
