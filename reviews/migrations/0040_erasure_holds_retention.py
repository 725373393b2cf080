"""Erasure on request, legal holds and retention: their tables, and what a judgement without content is."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import audit.ids

ID = models.UUIDField(default=audit.ids.uuid7, editable=False, primary_key=True, serialize=False)


def _system(related: str, *, null: bool = True) -> models.Field:
    return models.ForeignKey(
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related,
        to="registry.aisystem",
    )


def _model(related: str) -> models.Field:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name=related, to="registry.model"
    )


def _hashes() -> models.Field:
    return django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(), null=True, size=None)


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0004_exports_queue_of_a_label"),
        ("registry", "0008_aliases"),
        ("audit", "0010_fingerprint"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", ID),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                ("system", _system("holds")),
                ("model", _model("holds")),
                ("by_subject", models.BooleanField(default=False)),
                ("subject_hashes", _hashes()),
                ("reason", models.TextField()),
                ("placed_by", models.TextField()),
                ("placed_at", models.DateTimeField()),
                ("lift_reason", models.TextField(blank=True, default="")),
                ("lifted_by", models.TextField(blank=True, default="")),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
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
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionRule",
            fields=[
                ("id", ID),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "system",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retention",
                        to="registry.aisystem",
                    ),
                ),
                ("days", models.PositiveIntegerField(null=True)),
                ("set_by", models.TextField()),
                ("set_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="reviews_retention_has_a_floor", condition=Q(days=None) | Q(days__gte=183)
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", ID),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "ground",
                    models.CharField(
                        choices=[("request", "request"), ("retention", "retention")], max_length=10
                    ),
                ),
                ("system", _system("erasures")),
                ("model", _model("erasures")),
                ("subject_hashes", _hashes()),
                ("before", models.DateTimeField()),
                ("reason", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("held", "held"),
                            ("done", "done"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("receivers", models.JSONField(null=True)),
                ("asked_by", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="reviews_known_erasure_state",
                        condition=Q(state__in=["queued", "running", "held", "done"]),
                    ),
                    models.CheckConstraint(
                        name="reviews_erasure_has_its_ground",
                        condition=Q(ground="request") | Q(ground="retention", system__isnull=False),
                    ),
                    models.CheckConstraint(
                        name="reviews_done_erasure_forgot_its_subject",
                        condition=Q(state="done", subject_hashes=None, finished_at__isnull=False)
                        | (
                            ~Q(state="done")
                            & Q(finished_at=None)
                            & (Q(ground="retention") | Q(subject_hashes__isnull=False))
                        ),
                    ),
                    models.CheckConstraint(name="reviews_erasure_has_reason", condition=~Q(reason="")),
                ],
                "indexes": [
                    models.Index(
                        name="reviews_erasure_open",
                        fields=["state"],
                        condition=Q(state__in=["queued", "running", "held"]),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Erased",
            fields=[
                ("prediction_id", models.UUIDField(primary_key=True, serialize=False)),
                ("erasure_id", models.UUIDField(db_index=True)),
                ("event_id", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(model_name="judgement", name="erased_at", field=models.DateTimeField(null=True)),
        migrations.RemoveConstraint(model_name="judgement", name="reviews_answer_has_output"),
        migrations.AddConstraint(
            model_name="judgement",
            constraint=models.CheckConstraint(
                name="reviews_answer_has_output",
                condition=Q(verdict="answer", erased_at=None, output__isnull=False, changed__isnull=False)
                | Q(verdict="answer", erased_at__isnull=False, output=None)
                | Q(verdict="cannot_tell", output=None, changed=None),
            ),
        ),
    ]
