"""The ledger of deployments: rows that are only added, one live version per model and environment."""

import django.db.models.deletion
from django.db import migrations, models

import audit.ids
from audit.trail.guards import audited

FORWARD = r"""
ALTER TABLE registry_modelversion ADD CONSTRAINT registry_version_of_model UNIQUE (id, model_id);
ALTER TABLE registry_deployment ADD CONSTRAINT registry_deployment_of_own_model
    FOREIGN KEY (version_id, model_id) REFERENCES registry_modelversion (id, model_id);

CREATE FUNCTION registry_deployment_follows() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    last record;
BEGIN
    SELECT number, ended_at INTO last FROM registry_deployment
        WHERE model_id = NEW.model_id AND environment_id = NEW.environment_id ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1 OR NEW.ended_at IS NOT NULL OR NEW.deployed_at < last.ended_at
    THEN
        RAISE EXCEPTION 'registry_deployment_follows: number % at % does not follow number % until %',
            NEW.number, NEW.deployed_at, last.number, last.ended_at USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.fallback_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM registry_deployment WHERE id = NEW.fallback_id AND model_id = NEW.model_id
            AND environment_id = NEW.environment_id AND number < NEW.number)
    THEN
        RAISE EXCEPTION 'registry_deployment_follows: % is not of the same ledger', NEW.fallback_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER registry_deployment_follows BEFORE INSERT ON registry_deployment
    FOR EACH ROW EXECUTE FUNCTION registry_deployment_follows();
ALTER TABLE registry_deployment ENABLE ALWAYS TRIGGER registry_deployment_follows;

CREATE FUNCTION registry_deployment_stands() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    open text[] := ARRAY['ended_at', 'event_version'];
BEGIN
    IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL AND (to_jsonb(NEW) - open) = (to_jsonb(OLD) - open)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'registry_deployment_stands: deployment % can end once, and nothing else', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER registry_deployment_stands BEFORE UPDATE ON registry_deployment
    FOR EACH ROW EXECUTE FUNCTION registry_deployment_stands();
ALTER TABLE registry_deployment ENABLE ALWAYS TRIGGER registry_deployment_stands;
"""

BACKWARD = """
DROP FUNCTION registry_deployment_stands() CASCADE;
DROP FUNCTION registry_deployment_follows() CASCADE;
ALTER TABLE registry_deployment DROP CONSTRAINT registry_deployment_of_own_model;
ALTER TABLE registry_modelversion DROP CONSTRAINT registry_version_of_model;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_environments_have_events")]

    operations = [
        migrations.CreateModel(
            name="Deployment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=audit.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("event_version", models.PositiveIntegerField(default=0, editable=False)),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("deploy", "deployed"), ("rollback", "rolled back")], max_length=10
                    ),
                ),
                ("gate_decision", models.CharField(max_length=10)),
                ("gate_reasons", models.JSONField(default=list)),
                ("deployed_by", models.TextField()),
                ("deployed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="registry.environment",
                    ),
                ),
                (
                    "fallback",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.deployment",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="registry.model",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["environment", "deployed_at"], name="registry_deployed_where_when")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "environment", "number"), name="registry_deployment_numbered"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("model", "environment"),
                        name="registry_one_live_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["deploy", "rollback"])),
                        name="registry_known_deployment_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gate_decision__in", ["allow", "warn"])),
                        name="registry_gate_let_it_through",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("deployed_at")), _connector="OR"
                        ),
                        name="registry_deployment_ends_after_it_began",
                    ),
                ],
            },
        ),
        audited("registry_deployment", "deployment"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
