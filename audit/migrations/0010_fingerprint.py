"""Fingerprints of the schema, only added."""

from django.db import migrations, models

from audit.grants import set_grants
from audit.trail.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0009_sequencer_and_auditor")]

    operations = [
        migrations.CreateModel(
            name="Fingerprint",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.TextField()),
                ("objects_by_part", models.JSONField()),
                ("changed", models.JSONField(default=list)),
                ("explanation", models.TextField(blank=True, default="")),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "audit_fingerprint"},
        ),
        migrations.RunSQL(
            "ALTER TABLE audit_fingerprint ALTER COLUMN seq SET GENERATED ALWAYS", migrations.RunSQL.noop
        ),
        append_only("audit_fingerprint"),
        set_grants(),
    ]
