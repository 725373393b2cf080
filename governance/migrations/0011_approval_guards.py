"""Who may sign, how often, and when a request is approved: PostgreSQL has the last word.

Nobody signs what they asked for or made, nor does anybody of their independence group; stages are signed in
order, by those whom the frozen policy names, for exactly the digest that is bound; a decided request stands.
"""

from django.db import migrations

from audit.trail.guards import append_only, audited

COUNTING = r"""
-- The signatures that count towards a stage: approvals of exactly this digest since it was bound.
CREATE FUNCTION governance_stage_is_signed(request governance_approvalrequest, stage_number integer)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT count(DISTINCT coalesce(g.on_behalf_of_id, g.person_id)) >= s.quorum
        AND count(DISTINCT g.person_id) >= s.quorum
    FROM governance_stage s
    LEFT JOIN governance_signature g ON g.request_id = s.request_id AND g.stage = s.number
        AND g.verdict = 'approve' AND g.digest = request.digest AND g.round >= request.valid_from
    WHERE s.request_id = request.id AND s.number = stage_number
    GROUP BY s.quorum
$$;

-- Whether somebody is among those who cannot sign, or in one group with one of them.
CREATE FUNCTION governance_is_excluded(request uuid, who uuid)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (
        SELECT FROM governance_exclusion e
        JOIN governance_person them ON them.id = e.person_id
        JOIN governance_person me ON me.id = who
        WHERE e.request_id = request AND (e.person_id = who OR (
            me.independence_group <> '' AND me.independence_group = them.independence_group)))
$$;
"""

REQUESTS = r"""
CREATE FUNCTION governance_approval_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
DECLARE
    stages integer;
    author uuid := (SELECT author_id FROM registry_modelversion WHERE id = NEW.version_id);
BEGIN
    IF NEW.state <> 'open' OR NEW.round <> 1 OR NEW.valid_from <> 1 OR NEW.stage <> 1 THEN
        RAISE EXCEPTION 'governance_approval_begins_open: % begins as %', NEW.id, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT count(*) INTO stages FROM governance_stage WHERE request_id = NEW.id;
    IF stages = 0 OR stages <> (SELECT max(number) FROM governance_stage WHERE request_id = NEW.id) THEN
        RAISE EXCEPTION 'governance_approval_has_stages: % has % of them', NEW.id, stages
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM governance_exclusion WHERE request_id = NEW.id)
        OR (NEW.requester_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM governance_exclusion WHERE request_id = NEW.id AND person_id = NEW.requester_id))
        OR (author IS NOT NULL AND NOT EXISTS (
            SELECT FROM governance_exclusion WHERE request_id = NEW.id AND person_id = author))
    THEN
        RAISE EXCEPTION 'governance_approval_excludes_its_makers: requester or author of % could sign', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_approval_begins BEFORE INSERT ON governance_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION governance_approval_begins();
ALTER TABLE governance_approvalrequest ENABLE ALWAYS TRIGGER governance_approval_begins;

-- Stages and exclusions are written before their request (the foreign keys wait for the commit), so a request
-- that is already there is whole.
CREATE FUNCTION governance_approval_is_whole() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (SELECT FROM governance_approvalrequest WHERE id = NEW.request_id) THEN
        RAISE EXCEPTION 'governance_approval_is_whole: % takes no more of %', NEW.request_id, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_approval_is_whole BEFORE INSERT ON governance_stage
    FOR EACH ROW EXECUTE FUNCTION governance_approval_is_whole();
ALTER TABLE governance_stage ENABLE ALWAYS TRIGGER governance_approval_is_whole;
CREATE TRIGGER governance_approval_is_whole BEFORE INSERT ON governance_exclusion
    FOR EACH ROW EXECUTE FUNCTION governance_approval_is_whole();
ALTER TABLE governance_exclusion ENABLE ALWAYS TRIGGER governance_approval_is_whole;

CREATE FUNCTION governance_approval_moves() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
DECLARE
    fixed text[] := ARRAY['system_id', 'version_id', 'environment_id', 'suspension', 'risk_class', 'policy',
        'requested_by', 'requester_id', 'requested_at'];
    bound text[] := ARRAY['bound', 'artifacts_sha256', 'record_sha256', 'digest', 'round', 'valid_from',
        'submitted_at'];
    name text;
    open_stage integer;
BEGIN
    IF OLD.state NOT IN ('open', 'changes_requested') THEN
        RAISE EXCEPTION 'governance_decided_approval_stands: % is %', OLD.id, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    FOREACH name IN ARRAY fixed LOOP
        IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name THEN
            RAISE EXCEPTION 'governance_approval_keeps_its_policy: % of % is fixed', name, OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    IF NEW.round = OLD.round THEN
        FOREACH name IN ARRAY bound LOOP
            IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name THEN
                RAISE EXCEPTION 'governance_approval_is_bound: % of % changes with a round only', name, OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END LOOP;
        IF NEW.stage = OLD.stage AND NEW.stage_due_at IS DISTINCT FROM OLD.stage_due_at THEN
            -- A deadline moved back would let the roles of the escalation sign at once.
            RAISE EXCEPTION 'governance_deadline_stands: stage % of %', OLD.stage, OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.state = 'changes_requested' AND NEW.state = 'open' THEN
            RAISE EXCEPTION 'governance_approval_is_bound: % opens again with a round only', OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NEW.round <> OLD.round + 1 OR NEW.state <> 'open'
        OR NEW.valid_from <> (CASE WHEN NEW.digest = OLD.digest THEN OLD.valid_from ELSE NEW.round END)
    THEN
        RAISE EXCEPTION 'governance_changes_void_signatures: round % of %', NEW.round, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' THEN
        SELECT min(number) INTO open_stage FROM governance_stage
            WHERE request_id = NEW.id AND NOT governance_stage_is_signed(OLD, number);
        IF OLD.state <> 'open' OR open_stage IS NOT NULL
            OR NOT EXISTS (SELECT FROM governance_stage WHERE request_id = NEW.id)
        THEN
            RAISE EXCEPTION 'governance_approval_needs_its_quorum: stage % of % lacks signatures',
                open_stage, OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF (NEW.state = 'rejected' OR (NEW.state = 'changes_requested' AND OLD.state = 'open'))
        AND NOT EXISTS (SELECT FROM governance_signature
            WHERE request_id = NEW.id AND round = OLD.round AND digest = OLD.digest AND verdict =
                CASE NEW.state WHEN 'rejected' THEN 'reject' ELSE 'request_changes' END)
    THEN
        RAISE EXCEPTION 'governance_verdict_needs_a_signature: nobody signed that % be %', OLD.id, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'changes_requested' AND NEW.state = 'rejected' THEN
        RAISE EXCEPTION 'governance_verdict_needs_a_signature: % waits for changes', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_approval_moves BEFORE UPDATE ON governance_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION governance_approval_moves();
ALTER TABLE governance_approvalrequest ENABLE ALWAYS TRIGGER governance_approval_moves;
"""

SIGNATURES = r"""
CREATE FUNCTION governance_signature_is_due() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
DECLARE
    r governance_approvalrequest;
    s governance_stage;
    principal uuid := coalesce(NEW.on_behalf_of_id, NEW.person_id);
    late boolean;
BEGIN
    -- One signer after the other: what is counted below cannot change before this transaction ends.
    SELECT * INTO r FROM governance_approvalrequest WHERE id = NEW.request_id FOR UPDATE;
    IF r.id IS NULL OR r.state <> 'open' THEN
        RAISE EXCEPTION 'governance_only_open_approvals_are_signed: % is %', NEW.request_id, r.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.digest <> r.digest OR NEW.round <> r.round THEN
        RAISE EXCEPTION 'governance_signature_is_bound: % is bound to another digest', NEW.request_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT * INTO s FROM governance_stage WHERE request_id = r.id AND number = NEW.stage;
    IF s.id IS NULL OR EXISTS (SELECT FROM governance_stage WHERE request_id = r.id AND number < NEW.stage
        AND NOT governance_stage_is_signed(r, number)) OR governance_stage_is_signed(r, NEW.stage)
    THEN
        RAISE EXCEPTION 'governance_stages_are_signed_in_order: stage % of % does not wait', NEW.stage, r.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF governance_is_excluded(r.id, NEW.person_id) OR governance_is_excluded(r.id, principal) THEN
        RAISE EXCEPTION 'governance_signers_are_independent: % cannot sign %', NEW.person_id, r.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM governance_person WHERE id IN (NEW.person_id, principal) AND NOT is_active) THEN
        RAISE EXCEPTION 'governance_signers_are_active: % is not', NEW.person_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    late := r.stage = NEW.stage AND r.stage_due_at < statement_timestamp();
    IF NOT (NEW.role = '' AND NEW.on_behalf_of_id IS NULL AND NEW.person_id = ANY (s.people))
        AND NOT EXISTS (
            SELECT FROM governance_roleassignment a JOIN governance_scope c ON c.id = a.scope_id
            WHERE a.person_id = principal AND a.role = NEW.role AND a.revoked_at IS NULL
                AND (a.role = ANY (s.roles) OR (late AND a.role = ANY (s.escalate_to)))
                AND (c.kind = 'everywhere' OR (c.kind = 'system' AND c.system_id = r.system_id)))
    THEN
        RAISE EXCEPTION 'governance_signers_are_named_by_the_policy: % at stage % of %',
            NEW.person_id, NEW.stage, r.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.on_behalf_of_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance_delegation d
        WHERE d.giver_id = NEW.on_behalf_of_id AND d.taker_id = NEW.person_id AND d.role = NEW.role
            AND d.ended_at IS NULL AND (d.system_id IS NULL OR d.system_id = r.system_id)
            AND statement_timestamp() >= d.begins_at AND statement_timestamp() < d.ends_at)
    THEN
        RAISE EXCEPTION 'governance_delegation_is_in_force: % does not sign for %',
            NEW.person_id, NEW.on_behalf_of_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM governance_signature g
        WHERE g.request_id = r.id AND g.verdict = 'approve' AND g.digest = r.digest AND g.round >= r.valid_from
            AND (g.stage = NEW.stage OR coalesce((r.policy ->> 'distinct_signers')::boolean, true))
            AND (g.person_id IN (NEW.person_id, principal) OR g.on_behalf_of_id IN (NEW.person_id, principal)))
    THEN
        RAISE EXCEPTION 'governance_nobody_signs_twice: % has signed %', NEW.person_id, r.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_signature_is_due BEFORE INSERT ON governance_signature
    FOR EACH ROW EXECUTE FUNCTION governance_signature_is_due();
ALTER TABLE governance_signature ENABLE ALWAYS TRIGGER governance_signature_is_due;
"""

POLICIES = r"""
CREATE FUNCTION governance_approval_policy_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
DECLARE
    moving text[] := ARRAY['state', 'retired_at', 'event_version'];
BEGIN
    IF OLD.state = 'draft' OR (OLD.state = 'published' AND NEW.state = 'retired'
        AND (to_jsonb(NEW) - moving) = (to_jsonb(OLD) - moving))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'governance_approval_policy_stands: % is %', OLD.id, OLD.state
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER governance_approval_policy_stands BEFORE UPDATE ON governance_approvalpolicy
    FOR EACH ROW EXECUTE FUNCTION governance_approval_policy_stands();
ALTER TABLE governance_approvalpolicy ENABLE ALWAYS TRIGGER governance_approval_policy_stands;

CREATE FUNCTION governance_approval_policy_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.state <> 'draft' THEN
        RAISE EXCEPTION 'governance_approval_policy_begins_as_draft: %', NEW.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_approval_policy_begins BEFORE INSERT ON governance_approvalpolicy
    FOR EACH ROW EXECUTE FUNCTION governance_approval_policy_begins();
ALTER TABLE governance_approvalpolicy ENABLE ALWAYS TRIGGER governance_approval_policy_begins;

CREATE FUNCTION governance_evidence_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'governance_evidence_stands: a revision of % is followed, never changed', OLD.item
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER governance_evidence_stands BEFORE UPDATE ON governance_evidence
    FOR EACH ROW EXECUTE FUNCTION governance_evidence_stands();
ALTER TABLE governance_evidence ENABLE ALWAYS TRIGGER governance_evidence_stands;

CREATE FUNCTION governance_waiver_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
DECLARE
    moving text[] := ARRAY['state', 'decided_by', 'decided_at', 'ended_at', 'event_version'];
BEGIN
    IF OLD.state IN ('refused', 'ended') OR (to_jsonb(NEW) - moving) <> (to_jsonb(OLD) - moving)
        OR (OLD.state = 'approved' AND NEW.state <> 'ended')
    THEN
        RAISE EXCEPTION 'governance_waiver_stands: % is %', OLD.id, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_waiver_stands BEFORE UPDATE ON governance_waiver
    FOR EACH ROW EXECUTE FUNCTION governance_waiver_stands();
ALTER TABLE governance_waiver ENABLE ALWAYS TRIGGER governance_waiver_stands;

CREATE FUNCTION governance_waiver_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
BEGIN
    IF NEW.state <> 'proposed' THEN
        RAISE EXCEPTION 'governance_waiver_begins_proposed: %', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_waiver_begins BEFORE INSERT ON governance_waiver
    FOR EACH ROW EXECUTE FUNCTION governance_waiver_begins();
ALTER TABLE governance_waiver ENABLE ALWAYS TRIGGER governance_waiver_begins;

CREATE FUNCTION governance_delegation_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
DECLARE
    moving text[] := ARRAY['ended_by', 'ended_at', 'event_version'];
BEGIN
    IF OLD.ended_at IS NOT NULL OR (to_jsonb(NEW) - moving) <> (to_jsonb(OLD) - moving) THEN
        RAISE EXCEPTION 'governance_delegation_stands: % can only be ended', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER governance_delegation_stands BEFORE UPDATE ON governance_delegation
    FOR EACH ROW EXECUTE FUNCTION governance_delegation_stands();
ALTER TABLE governance_delegation ENABLE ALWAYS TRIGGER governance_delegation_stands;
"""

BACKWARD = """
DROP FUNCTION governance_delegation_stands() CASCADE;
DROP FUNCTION governance_waiver_begins() CASCADE;
DROP FUNCTION governance_waiver_stands() CASCADE;
DROP FUNCTION governance_evidence_stands() CASCADE;
DROP FUNCTION governance_approval_policy_begins() CASCADE;
DROP FUNCTION governance_approval_policy_stands() CASCADE;
DROP FUNCTION governance_signature_is_due() CASCADE;
DROP FUNCTION governance_approval_moves() CASCADE;
DROP FUNCTION governance_approval_is_whole() CASCADE;
DROP FUNCTION governance_approval_begins() CASCADE;
DROP FUNCTION governance_is_excluded(uuid, uuid);
DROP FUNCTION governance_stage_is_signed(governance_approvalrequest, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0010_approvals"), ("audit", "0002_guards")]

    operations = [
        audited("governance_approvalpolicy", "approval_policy"),
        audited("governance_approvalrequest", "approval"),
        audited("governance_evidence", "evidence"),
        audited("governance_waiver", "waiver"),
        audited("governance_delegation", "delegation"),
        append_only("governance_stage"),
        append_only("governance_exclusion"),
        append_only("governance_signature"),
        append_only("governance_notice"),
        migrations.RunSQL(COUNTING + REQUESTS + SIGNATURES + POLICIES, BACKWARD),
    ]
