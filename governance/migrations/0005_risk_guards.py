"""Puts assessments and overrides under the trail's guards; what was filed or decided stands."""

from django.db import migrations

from audit.trail.guards import audited

FORWARD = r"""
CREATE FUNCTION governance_assessment_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'governance_assessment_stands: assessment % cannot be changed', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER governance_assessment_stands BEFORE UPDATE ON governance_assessment
    FOR EACH ROW EXECUTE FUNCTION governance_assessment_stands();
ALTER TABLE governance_assessment ENABLE ALWAYS TRIGGER governance_assessment_stands;

-- What was proposed is what is decided: only the state and what belongs to its next step may change.
CREATE FUNCTION governance_override_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    step text := OLD.state || ' ' || NEW.state;
    fixed text[] := ARRAY['event_version', 'state'];
BEGIN
    IF step IN ('proposed approved', 'proposed refused') THEN
        fixed := fixed || ARRAY['decider_id', 'decided_at', 'decision_note'];
    ELSIF step IN ('proposed withdrawn', 'approved ended') THEN
        fixed := fixed || ARRAY['ended_by_id', 'ended_at', 'end_reason'];
    ELSE
        RAISE EXCEPTION 'governance_override_stands: override % cannot go from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (to_jsonb(NEW) - fixed) <> (to_jsonb(OLD) - fixed) THEN
        RAISE EXCEPTION 'governance_override_stands: override % cannot be rewritten', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_override_stands BEFORE UPDATE ON governance_override
    FOR EACH ROW EXECUTE FUNCTION governance_override_stands();
ALTER TABLE governance_override ENABLE ALWAYS TRIGGER governance_override_stands;

-- An override begins as a proposal unless it is upward, belongs to its assessment's system and pack, and is
-- decided by somebody who is responsible for risk there.
CREATE FUNCTION governance_override_is_due() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    judge uuid := NEW.decider_id;
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state <> 'proposed' AND NOT (NEW.kind = 'upward' AND NEW.state = 'approved') THEN
        RAISE EXCEPTION 'governance_override_is_due: a % override begins as a proposal', NEW.kind
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM public.governance_assessment
        WHERE id = NEW.assessment_id AND system_id = NEW.system_id AND pack = NEW.pack
    ) THEN
        RAISE EXCEPTION 'governance_override_is_due: the assessment is of another system or pack'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.kind = 'upward' AND NEW.state = 'ended' THEN
        judge := NEW.ended_by_id;
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.state IN ('approved', 'refused') OR judge = NEW.ended_by_id) AND NOT EXISTS (
        SELECT FROM public.governance_roleassignment held
        JOIN public.governance_scope scope ON scope.id = held.scope_id
        WHERE held.person_id = judge AND held.revoked_at IS NULL
            AND held.role IN ('compliance_officer', 'risk_officer')
            AND (scope.kind = 'everywhere' OR (scope.kind = 'system' AND scope.system_id = NEW.system_id))
    ) THEN
        RAISE EXCEPTION 'governance_override_is_due: % is not responsible for risk there', judge
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.state IN ('approved', 'refused') OR judge = NEW.ended_by_id) AND EXISTS (
        SELECT FROM public.governance_person proposer JOIN public.governance_person other
            ON other.independence_group = proposer.independence_group
        WHERE proposer.id = NEW.proposer_id AND other.id = judge AND other.independence_group <> ''
    ) THEN
        RAISE EXCEPTION 'governance_override_is_due: % is not independent of who proposed it', judge
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_override_is_due BEFORE INSERT OR UPDATE ON governance_override
    FOR EACH ROW EXECUTE FUNCTION governance_override_is_due();
ALTER TABLE governance_override ENABLE ALWAYS TRIGGER governance_override_is_due;
"""

BACKWARD = """
DROP FUNCTION governance_override_is_due() CASCADE;
DROP FUNCTION governance_override_stands() CASCADE;
DROP FUNCTION governance_assessment_stands() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0004_risk_assessments"), ("audit", "0002_guards")]

    operations = [
        audited("governance_assessment", "assessment"),
        audited("governance_override", "override"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
