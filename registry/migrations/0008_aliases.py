"""Aliases that move, and the protections of those that only some may move."""

import audit.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from audit.trail.guards import audited

FORWARD = r"""
ALTER TABLE registry_alias ADD CONSTRAINT registry_alias_of_own_model
    FOREIGN KEY (version_id, model_id) REFERENCES registry_modelversion (id, model_id);

CREATE FUNCTION registry_alias_keeps_its_name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'registry_alias_keeps_its_name: alias % cannot become another', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER registry_alias_keeps_its_name BEFORE UPDATE ON registry_alias
    FOR EACH ROW WHEN (NEW.name <> OLD.name OR NEW.model_id <> OLD.model_id)
    EXECUTE FUNCTION registry_alias_keeps_its_name();
ALTER TABLE registry_alias ENABLE ALWAYS TRIGGER registry_alias_keeps_its_name;

CREATE FUNCTION registry_protection_stands() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    open text[] := ARRAY['ended_at', 'ended_by', 'event_version'];
BEGIN
    IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND (to_jsonb(NEW) - open) = (to_jsonb(OLD) - open)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'registry_protection_stands: protection % can end once, and nothing else', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER registry_protection_stands BEFORE UPDATE ON registry_protection
    FOR EACH ROW EXECUTE FUNCTION registry_protection_stands();
ALTER TABLE registry_protection ENABLE ALWAYS TRIGGER registry_protection_stands;
"""

BACKWARD = """
DROP FUNCTION registry_protection_stands() CASCADE;
DROP FUNCTION registry_alias_keeps_its_name() CASCADE;
ALTER TABLE registry_alias DROP CONSTRAINT registry_alias_of_own_model;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0007_origins_of_versions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alias",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                ("name", models.CharField(max_length=100)),
                ("moved_by", models.TextField()),
                ("moved_at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="registry.model",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("model", "name"), name="registry_alias_named_once"),
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "^[a-z0-9]+(?:[-_.][a-z0-9]+)*$")),
                        name="registry_alias_is_plain",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Protection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                ("pattern", models.CharField(max_length=100)),
                ("role", models.CharField(max_length=40)),
                (
                    "classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("created_by", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("ended_by", models.TextField(blank=True, default="")),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.environment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", "")),
                            models.Q(("ended_at__isnull", False), models.Q(("ended_by", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="registry_protection_ended_by_somebody",
                    )
                ],
            },
        ),
        audited("registry_alias", "alias"),
        audited("registry_protection", "alias_protection"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
