"""Events, the queue in front of the feeds, and the order of the feeds."""

from typing import ClassVar

from django.db import models

from audit.ids import uuid7


class Audited(models.Model):
    """A row whose every change has an event.

    `event_version` counts its events without a gap; at commit the database compares it with the
    highest version written (see the migrations' `audit_guard_row`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_version = models.PositiveIntegerField(default=0, editable=False)

    audit_type: ClassVar[str]
    """The entity type in events, such as `review`."""

    class Meta:
        abstract = True


class Feed(models.IntegerChoices):
    """Sequences of facts in a stable order. The numbers stand in the database."""

    EVENTS = 1, "audit events"
    OUTCOMES = 2, "outcomes that were not already in the answer to the POST"
    ALL_OUTCOMES = 3, "outcomes with the immediate accepts"
    LABELS = 4, "labels"


class Event(models.Model):
    """One fact. `body` holds the exact bytes; every other column is an index over them.

    Written by `audit.trail.services` and hot SQL modules only; the app role may insert some columns
    and nothing else, so never through `save()`.
    """

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True)
    kind = models.TextField()
    actor = models.TextField()
    entity_type = models.TextField()
    entity_id = models.UUIDField()
    entity_version = models.IntegerField()
    system_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        db_table = "audit_event"
        constraints = [
            models.UniqueConstraint(
                name="audit_one_event_per_version", fields=["entity_type", "entity_id", "entity_version"]
            ),
            models.CheckConstraint(
                name="audit_versions_start_at_one", condition=models.Q(entity_version__gte=1)
            ),
        ]


class Pending(models.Model):
    """Facts without a place in their feed yet. Filled by triggers, emptied by the sequencer."""

    pk = models.CompositePrimaryKey("feed", "ref")
    feed = models.SmallIntegerField(choices=Feed.choices)
    ref = models.BigIntegerField()

    class Meta:
        db_table = "audit_pending"


class Position(models.Model):
    """The n-th fact of a feed, for good. `ref` is the fact's `seq`."""

    pk = models.CompositePrimaryKey("feed", "n")
    feed = models.SmallIntegerField(choices=Feed.choices)
    n = models.BigIntegerField()
    ref = models.BigIntegerField()

    class Meta:
        db_table = "audit_position"
        constraints = [
            models.UniqueConstraint(name="audit_each_fact_once", fields=["feed", "ref"]),
        ]


class FeedState(models.Model):
    """How long each feed is. The row lock on it makes two sequencers harmless."""

    feed = models.SmallIntegerField(primary_key=True, choices=Feed.choices)
    size = models.BigIntegerField(default=0)

    class Meta:
        db_table = "audit_feedstate"


class Opening(models.Model):
    """The value and salt behind a commitment in an event. Erasable; the event is not."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity_type = models.TextField()
    entity_id = models.UUIDField(db_index=True)
    entity_version = models.IntegerField()
    name = models.TextField()
    value = models.TextField()
    salt = models.BinaryField()

    class Meta:
        db_table = "audit_opening"
