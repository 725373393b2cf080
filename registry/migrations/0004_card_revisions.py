"""Cards get numbered revisions, each of which stands."""

import django.db.models.deletion
from django.db import migrations, models

import audit.ids
from audit.trail.guards import audited

FORWARD = r"""
CREATE FUNCTION registry_card_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'registry_card_stands: card % cannot be changed, only followed', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER registry_card_stands BEFORE UPDATE ON registry_cardrevision
    FOR EACH ROW EXECUTE FUNCTION registry_card_stands();
ALTER TABLE registry_cardrevision ENABLE ALWAYS TRIGGER registry_card_stands;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_versions_stand")]

    operations = [
        migrations.CreateModel(
            name="CardRevision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                ("number", models.PositiveIntegerField()),
                ("card", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("created_by", models.TextField()),
                ("created_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="card_revisions",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "number"), name="registry_card_numbered"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 2)),
                        name="registry_card_follows_the_registered_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")),
                        name="registry_card_has_digest",
                    ),
                ],
            },
        ),
        audited("registry_cardrevision", "card"),
        migrations.RunSQL(FORWARD, "DROP FUNCTION registry_card_stands() CASCADE;"),
    ]
