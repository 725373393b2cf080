"""Bundles of the log: what was asked for and what came out."""

import audit.ids
from django.db import migrations, models

from audit.trail.guards import audited


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_signing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bundle",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                ("request", models.JSONField()),
                ("system_id", models.UUIDField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("manifest", models.JSONField(null=True)),
                ("failure", models.TextField(blank=True, default="")),
                ("requested_by", models.TextField()),
                ("requested_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audit_bundle",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["queued", "running", "done", "failed", "cancelled"])
                        ),
                        name="audit_known_bundle_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            ("manifest__isnull", False),
                            _connector="OR",
                        ),
                        name="audit_done_bundle_has_manifest",
                    ),
                ],
            },
        ),
        audited("audit_bundle", "bundle", exempt=["done", "total", "heartbeat_at"]),
    ]
