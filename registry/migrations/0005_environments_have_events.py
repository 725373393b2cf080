"""Environments change by people's hands from now on, so their changes need events.

The slug stays the key. The three that always exist were made by a migration, which has no event.
"""

from django.db import migrations, models

import audit.ids
from audit.trail.guards import audited

COLUMNS = """
ALTER TABLE registry_environment
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN event_version integer NOT NULL DEFAULT 0 CHECK (event_version >= 0);
ALTER TABLE registry_environment ALTER COLUMN id DROP DEFAULT, ALTER COLUMN event_version DROP DEFAULT;
ALTER TABLE registry_environment ADD CONSTRAINT registry_environment_id_key UNIQUE (id);
"""

FORWARD = r"""
DROP TRIGGER audit_complete ON registry_environment;
CREATE CONSTRAINT TRIGGER audit_complete AFTER INSERT OR UPDATE ON registry_environment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.event_version > 0 OR NEW.slug NOT IN ('production', 'staging', 'development'))
    EXECUTE FUNCTION audit_check_row('environment');
ALTER TABLE registry_environment ENABLE ALWAYS TRIGGER audit_complete;

CREATE FUNCTION registry_environment_keeps_its_slug() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'registry_environment_keeps_its_slug: % cannot become %', OLD.slug, NEW.slug
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER registry_environment_keeps_its_slug BEFORE UPDATE ON registry_environment
    FOR EACH ROW WHEN (NEW.slug <> OLD.slug) EXECUTE FUNCTION registry_environment_keeps_its_slug();
ALTER TABLE registry_environment ENABLE ALWAYS TRIGGER registry_environment_keeps_its_slug;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_card_revisions")]

    operations = [
        migrations.RunSQL(
            COLUMNS,
            "ALTER TABLE registry_environment DROP COLUMN id, DROP COLUMN event_version;",
            state_operations=[
                migrations.AddField(
                    "environment",
                    "id",
                    models.UUIDField(default=audit.ids.uuid7, editable=False, unique=True),
                ),
                migrations.AddField(
                    "environment", "event_version", models.PositiveIntegerField(default=0, editable=False)
                ),
            ],
        ),
        audited("registry_environment", "environment"),
        migrations.RunSQL(FORWARD, "DROP FUNCTION registry_environment_keeps_its_slug() CASCADE;"),
    ]
