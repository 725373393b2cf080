"""A registered version stays what it was: nothing about it changes, and no file is added to it later."""

from django.db import migrations

FORWARD = r"""
CREATE FUNCTION registry_version_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF (to_jsonb(NEW) - 'event_version') = (to_jsonb(OLD) - 'event_version') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'registry_version_stands: version % cannot be changed', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER registry_version_stands BEFORE UPDATE ON registry_modelversion
    FOR EACH ROW EXECUTE FUNCTION registry_version_stands();
ALTER TABLE registry_modelversion ENABLE ALWAYS TRIGGER registry_version_stands;

-- Files are written before their version (the foreign keys wait for the commit), so a version that is
-- already there is whole.
CREATE FUNCTION registry_version_is_whole() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (SELECT FROM registry_modelversion WHERE id = NEW.version_id) THEN
        RAISE EXCEPTION 'registry_version_is_whole: version % takes no more files', NEW.version_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER registry_version_is_whole BEFORE INSERT ON registry_artifact
    FOR EACH ROW EXECUTE FUNCTION registry_version_is_whole();
ALTER TABLE registry_artifact ENABLE ALWAYS TRIGGER registry_version_is_whole;
CREATE TRIGGER registry_version_is_whole BEFORE INSERT ON registry_datasetuse
    FOR EACH ROW EXECUTE FUNCTION registry_version_is_whole();
ALTER TABLE registry_datasetuse ENABLE ALWAYS TRIGGER registry_version_is_whole;
"""

BACKWARD = """
DROP FUNCTION registry_version_is_whole() CASCADE;
DROP FUNCTION registry_version_stands() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_guards_and_first_rows")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
