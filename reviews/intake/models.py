"""Predictions and what lies beside them. Partitioned by month; created by migration 0002 in SQL.

No foreign key points at these tables: it would keep old months from being dropped. The writers and
the reconciler keep the references right.
"""

from typing import Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

from audit.trail.models import Audited
from registry.catalog.models import Model, ModelVersion, SchemaVersion
from reviews.routing.models import RoutingPolicy

ERASED_DIGEST: Final = bytes(32)
"""Equal to no content's: whoever posts under the name of an erased prediction is refused."""


class Status(models.TextChoices):
    PENDING = "pending", "pending"
    FINAL = "final", "final"
    CANCELLED = "cancelled", "cancelled"
    UNDECIDED = "undecided", "undecided"


class Prediction(Audited):
    """One output of a version for one input, as routed."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    version_name = models.TextField()
    schema = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    external_id = models.TextField()
    environment = models.TextField()
    status = models.TextField(choices=Status.choices)
    decision = models.TextField()
    reasons = ArrayField(models.TextField())
    propensity = models.FloatField()
    confidence = models.FloatField(null=True)
    classes = ArrayField(models.TextField())
    policy = models.ForeignKey(
        RoutingPolicy, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    posted_by = models.TextField()
    poster_person_id = models.UUIDField(null=True)
    training_use = models.BooleanField()
    routed_at = models.DateTimeField()
    occurred_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    outcome_version = models.IntegerField()
    """The outcome in force; 0 while there is none."""

    audit_type = "prediction"

    class Meta:
        managed = False
        db_table = "reviews_prediction"

    @property
    def audit_system_id(self) -> UUID:
        return self.model.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.model.system_id


class Payload(models.Model):
    """What was posted, as JSON text. Opens the commitment in the prediction's first event; erasable."""

    prediction_id = models.UUIDField(primary_key=True)
    body = models.TextField()
    salt = models.BinaryField()
    subject_hash = models.BinaryField(null=True)

    class Meta:
        managed = False
        db_table = "reviews_payload"


class ExternalId(models.Model):
    """Uniqueness of (model, external_id) over all months, for all callers."""

    pk = models.CompositePrimaryKey("model_id", "external_id")
    model_id = models.UUIDField()
    external_id = models.TextField()
    prediction_id = models.UUIDField()
    digest = models.BinaryField()
    """Of the content, to tell a repetition from a conflict; `ERASED_DIGEST` once that is gone."""


class Outcome(models.Model):
    """What the calling service is told, version after version. Content lies in payload or judgement."""

    seq = models.BigAutoField(primary_key=True)
    prediction_id = models.UUIDField()
    model_id = models.UUIDField()
    version = models.IntegerField()
    status = models.TextField(choices=Status.choices)
    source = models.TextField()
    """`model`, `human`, `adjudication`, `fallback`; empty when there is no outcome (cancelled)."""
    judgement_id = models.UUIDField(null=True)
    changed = models.BooleanField()
    supersedes = models.IntegerField(null=True)
    immediate = models.BooleanField()
    """Already told in the answer to the POST."""
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reviews_outcome_numbered", fields=["prediction_id", "version"]),
        ]


class Erased(models.Model):
    """That the content of a prediction is gone, and which event says so. Written by `reviews_erase` alone."""

    prediction_id = models.UUIDField(primary_key=True)
    erasure_id = models.UUIDField(db_index=True)
    event_id = models.UUIDField()
    at = models.DateTimeField()
