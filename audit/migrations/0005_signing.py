"""What the signer leaves in the database: its public keys and how it is doing."""

from django.db import migrations, models

from audit.trail.guards import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_log_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogKey",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False)),
                ("log", models.SmallIntegerField()),
                ("vkey", models.TextField()),
                ("since", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_logkey",
                "constraints": [
                    models.UniqueConstraint(fields=("log", "vkey"), name="audit_each_log_key_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SignerState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField()),
                ("refusal", models.TextField(blank=True, default="")),
                ("witnesses", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "audit_signerstate",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_one_signer_state")
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE audit_logkey ALTER COLUMN seq SET GENERATED ALWAYS", migrations.RunSQL.noop
        ),
        append_only("audit_logkey"),
    ]
