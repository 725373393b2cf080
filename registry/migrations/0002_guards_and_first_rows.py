"""Puts the registry under the trail's guards and makes the three environments that always exist."""

from django.db import migrations

from audit.trail.guards import append_only, audited

FIRST_ROWS = """
INSERT INTO registry_epoch (id, n) VALUES (1, 1);
INSERT INTO registry_environment (slug, kind, mode, regions, enforce_at_intake) VALUES
    ('production', 'production', 'block', '{}', true),
    ('staging', 'staging', 'warn', '{}', false),
    ('development', 'development', 'allow', '{}', false);
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("audit", "0002_guards")]

    operations = [
        audited("registry_aisystem", "system"),
        audited("registry_model", "model"),
        audited("registry_modelversion", "version"),
        append_only("registry_schemaversion"),
        append_only("registry_artifact"),
        append_only("registry_datasetuse"),
        migrations.RunSQL(FIRST_ROWS, "DELETE FROM registry_environment; DELETE FROM registry_epoch;"),
    ]
