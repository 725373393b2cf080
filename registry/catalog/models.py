"""Models, their schemas, and their immutable versions."""

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from audit.ids import uuid7
from audit.trail.models import Audited
from registry.systems.models import SLUG_PATTERN, AISystem


class Epoch(models.Model):
    """A single row that counts changes of what web processes keep in memory.

    Models, schemas, versions, environments, routing policies, suspensions: whoever changes one raises
    the epoch in the same transaction (`registry.catalog.epoch.raise_epoch`), and a process that
    finds another epoch than its own reads everything afresh.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    n = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="registry_one_epoch", condition=Q(id=1))]


class Model(Audited):
    """A model of an AI system. Named by its slug everywhere outside."""

    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="models")
    slug = models.CharField(max_length=100, unique=True)
    task = models.CharField(max_length=100)
    class_field = models.CharField(max_length=100, default="label")
    queue_slug = models.CharField(max_length=100, blank=True, default="")
    """Where predictions without a policy wait; empty: the system's own queue."""
    created_by = models.TextField()
    created_at = models.DateTimeField()

    audit_type = "model"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="registry_model_slug_is_plain", condition=Q(slug__regex=SLUG_PATTERN)
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id


class SchemaVersion(models.Model):
    """The output schema and data contract of a model from one moment on. Never changed, only followed.

    Its event is the model's (`registry.model.schema_changed`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="schema_versions")
    number = models.PositiveIntegerField()
    output_schema = models.JSONField()
    input_schema = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="registry_schema_numbered", fields=["model", "number"]),
        ]


class ModelVersion(Audited):
    """One immutable version of a model: artifacts, data, code, parameters and metrics never change."""

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=100)
    code = models.JSONField(default=dict)
    base_model = models.JSONField(default=dict)
    """Name, version and sha256 of a model from outside that it builds on; empty: none."""
    prompt = models.JSONField(default=dict)
    """Name, version and sha256 of the prompt; empty: none."""
    features = models.JSONField(default=list)
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    slices = models.JSONField(default=list)
    card = models.JSONField(default=dict)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    notes = models.TextField(blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    registered_by = models.TextField()
    registered_at = models.DateTimeField()

    audit_type = "version"

    class Meta:
        constraints = [
            models.UniqueConstraint(name="registry_version_named_once", fields=["model", "version"]),
        ]
        indexes = [
            # What lineage asks by: `column @> {"name": ...}`.
            GinIndex(fields=["code"], name="registry_version_code", opclasses=["jsonb_path_ops"]),
            GinIndex(fields=["base_model"], name="registry_version_base", opclasses=["jsonb_path_ops"]),
            GinIndex(fields=["prompt"], name="registry_version_prompt", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.model.slug} {self.version}"

    @property
    def audit_system_id(self) -> UUID:
        return self.model.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.model.system_id


class CardRevision(Audited):
    """What the card of a version says from one moment on. The card it was registered with is number 1."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="card_revisions")
    number = models.PositiveIntegerField()
    card = models.JSONField()
    sha256 = models.CharField(max_length=64)
    """Of the card's canonical bytes (RFC 8785), as hex."""
    created_by = models.TextField()
    created_at = models.DateTimeField()

    audit_type = "card"

    class Meta:
        constraints = [
            models.UniqueConstraint(name="registry_card_numbered", fields=["version", "number"]),
            models.CheckConstraint(
                name="registry_card_follows_the_registered_one", condition=Q(number__gte=2)
            ),
            models.CheckConstraint(
                name="registry_card_has_digest", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]

    @property
    def audit_system_id(self) -> UUID:
        return self.version.model.system_id


class Artifact(models.Model):
    """A file of a version, known by its digest."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="artifacts")
    name = models.CharField(max_length=300)
    uri = models.TextField()
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="registry_artifact_named_once", fields=["version", "name"]),
            models.CheckConstraint(
                name="registry_artifact_has_digest", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(name="registry_artifact_has_size", condition=Q(size__gte=0)),
        ]


class DatasetUse(models.Model):
    """A dataset that a version was trained on."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="training_data")
    name = models.CharField(max_length=300)
    dataset_version = models.CharField(max_length=100, blank=True, default="")
    sha256 = models.CharField(max_length=64, db_index=True)
    licence = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="registry_dataset_has_digest", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]
        indexes = [models.Index(fields=["name", "dataset_version"], name="registry_dataset_by_name")]


class Environment(Audited):
    """Where a version can be live. `production`, `staging` and `development` exist from the start.

    Known by its slug everywhere; the id is what its events name. The three that always exist have no
    event of their making.
    """

    id = models.UUIDField(unique=True, default=uuid7, editable=False)
    slug = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=20)
    mode = models.CharField(max_length=10, default="block")
    regions = ArrayField(models.CharField(max_length=64), default=list)
    enforce_at_intake = models.BooleanField(default=False)

    audit_type = "environment"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="registry_known_gate_mode", condition=Q(mode__in=["block", "warn", "allow"])
            ),
        ]

    def __str__(self) -> str:
        return self.slug
