"""The tree over the events: its logs, tiles and right edge, what was signed, and where that was shown."""

from typing import ClassVar

from django.db import models

from audit.log.tiles import WIDTH
from audit.merkle import EMPTY_ROOT, HASH_SIZE


class Log(models.Model):
    """One tree under one origin.

    The leaf of the event at position n of the feed of events stands at index n - 1 - base. There is more
    than one log where a database was restored from before its last anchor: the next begins where the
    former ended, and its first leaf says why.
    """

    number = models.SmallIntegerField(primary_key=True)
    origin = models.TextField(unique=True)
    base = models.BigIntegerField()
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(default=EMPTY_ROOT)
    started_at = models.DateTimeField()
    integrated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audit_log"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="audit_log_sizes_are_counts", condition=models.Q(base__gte=0, size__gte=0)
            ),
        ]


class Tile(models.Model):
    """256 hashes of one level; level 0 holds hashes of leaves, the next the roots of the tiles below."""

    pk = models.CompositePrimaryKey("log", "level", "n")
    log = models.SmallIntegerField()
    level = models.SmallIntegerField()
    n = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        db_table = "audit_tile"


class Edge(models.Model):
    """The tile of each level that is not full yet, and its number."""

    pk = models.CompositePrimaryKey("log", "level")
    log = models.SmallIntegerField()
    level = models.SmallIntegerField()
    n = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        db_table = "audit_edge"


class Checkpoint(models.Model):
    """A tree head that was signed. `note` is the signed note (C2SP tlog-checkpoint)."""

    seq = models.BigAutoField(primary_key=True)
    log = models.SmallIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "audit_checkpoint"
        constraints: ClassVar = [
            models.UniqueConstraint(name="audit_one_checkpoint_per_size", fields=["log", "size"]),
        ]


class Anchor(models.Model):
    """Where a checkpoint was shown outside this database, and what came back."""

    FILE, WITNESS, TIMESTAMP = "file", "witness", "rfc3161"

    seq = models.BigAutoField(primary_key=True)
    log = models.SmallIntegerField()
    size = models.BigIntegerField()
    kind = models.TextField(choices=[(FILE, "file"), (WITNESS, "witness"), (TIMESTAMP, "timestamp")])
    place = models.TextField()
    evidence = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_anchor"
        indexes: ClassVar = [models.Index(name="audit_anchor_of_log", fields=["log", "size"])]


TILE_BYTES = WIDTH * HASH_SIZE


class LogKey(models.Model):
    """A public key that has signed for a log; the last one of a log is in use. Private keys are files."""

    seq = models.BigAutoField(primary_key=True)
    log = models.SmallIntegerField()
    vkey = models.TextField()
    since = models.DateTimeField()

    class Meta:
        db_table = "audit_logkey"
        constraints: ClassVar = [
            models.UniqueConstraint(name="audit_each_log_key_once", fields=["log", "vkey"]),
        ]


class SignerState(models.Model):
    """How the signer is doing: one row, for the health page. No fact, so it has no event."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField()
    refusal = models.TextField(blank=True, default="")
    """Why it does not sign; empty while it does."""
    witnesses = models.JSONField(default=dict)
    """Why a witness did not cosign last time, or an authority did not stamp, by its name."""

    class Meta:
        db_table = "audit_signerstate"
        constraints: ClassVar = [
            models.CheckConstraint(name="audit_one_signer_state", condition=models.Q(id=1)),
        ]
