"""What PostgreSQL itself holds about suspensions and the gate's answers."""

from django.db import migrations

from audit.trail.guards import append_only, audited

FORWARD = r"""
CREATE FUNCTION governance_suspension_fits() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.lifted_at IS NOT NULL
        OR (NEW.model_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM registry_model WHERE id = NEW.model_id AND system_id = NEW.system_id))
        OR (NEW.version_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM registry_modelversion WHERE id = NEW.version_id AND model_id = NEW.model_id))
    THEN
        RAISE EXCEPTION 'governance_suspension_fits: % begins live, and names what lies in its system', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_suspension_fits BEFORE INSERT ON governance_suspension
    FOR EACH ROW EXECUTE FUNCTION governance_suspension_fits();
ALTER TABLE governance_suspension ENABLE ALWAYS TRIGGER governance_suspension_fits;

CREATE FUNCTION governance_suspension_stands() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    told text[] := ARRAY['raised_told_at', 'lifted_told_at'];
    lifted text[] := ARRAY['lifted_at', 'lifted_by', 'lift_reason', 'event_version'];
BEGIN
    IF (to_jsonb(NEW) - told) = (to_jsonb(OLD) - told) THEN
        RETURN NEW;
    END IF;
    IF OLD.lifted_at IS NULL AND NEW.lifted_at >= OLD.raised_at
        AND (to_jsonb(NEW) - told - lifted) = (to_jsonb(OLD) - told - lifted)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance_suspension_stands: suspension % can be lifted once, and nothing else', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER governance_suspension_stands BEFORE UPDATE ON governance_suspension
    FOR EACH ROW EXECUTE FUNCTION governance_suspension_stands();
ALTER TABLE governance_suspension ENABLE ALWAYS TRIGGER governance_suspension_stands;
"""

BACKWARD = """
DROP FUNCTION governance_suspension_stands() CASCADE;
DROP FUNCTION governance_suspension_fits() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0020_gate_and_suspensions"), ("audit", "0002_guards")]

    operations = [
        audited("governance_suspension", "suspension", exempt=["raised_told_at", "lifted_told_at"]),
        append_only("governance_gateanswer"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
