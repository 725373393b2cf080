"""Predictions by month, the guards of the reviews wing, and the feeds of outcomes and labels."""

from django.db import migrations

from audit.trail.guards import append_only, audited, fed

TABLES = """
CREATE TABLE reviews_prediction (
    id uuid PRIMARY KEY,
    event_version integer NOT NULL,
    model_id uuid NOT NULL,
    version_id uuid,
    version_name text NOT NULL,
    schema_id uuid NOT NULL,
    external_id text NOT NULL,
    environment text NOT NULL,
    status text NOT NULL,
    decision text NOT NULL,
    reasons text[] NOT NULL,
    propensity double precision NOT NULL,
    confidence double precision,
    classes text[] NOT NULL,
    policy_id uuid,
    posted_by text NOT NULL,
    poster_person_id uuid,
    training_use boolean NOT NULL,
    routed_at timestamptz NOT NULL,
    occurred_at timestamptz,
    decided_at timestamptz,
    outcome_version integer NOT NULL,
    CONSTRAINT reviews_known_status CHECK (status IN ('pending', 'final', 'cancelled', 'undecided')),
    CONSTRAINT reviews_known_decision CHECK (decision IN ('accept', 'review')),
    CONSTRAINT reviews_propensity_is_a_probability CHECK (propensity >= 0 AND propensity <= 1)
) PARTITION BY RANGE (id);

CREATE TABLE reviews_payload (
    prediction_id uuid PRIMARY KEY,
    body text NOT NULL,
    salt bytea NOT NULL,
    subject_hash bytea
) PARTITION BY RANGE (prediction_id);
CREATE INDEX reviews_payload_subject ON reviews_payload (subject_hash) WHERE subject_hash IS NOT NULL;

CREATE TABLE reviews_prediction_default PARTITION OF reviews_prediction DEFAULT;
CREATE TABLE reviews_payload_default PARTITION OF reviews_payload DEFAULT;

CREATE SEQUENCE reviews_lease_token AS bigint;
"""

FUNCTIONS = r"""
-- The smallest UUIDv7 of a moment.
CREATE FUNCTION reviews_first_id(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
        || '70008000000000000000')::uuid
$$;

-- Makes this month's partitions and those of the next three; answers how many were missing.
-- Called daily. The app may run it and may create nothing else.
CREATE FUNCTION maintain_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
DECLARE
    parent text;
    part text;
    month timestamptz;
    made integer := 0;
    app text := current_database() || '_app';
BEGIN
    FOREACH parent IN ARRAY ARRAY['reviews_prediction', 'reviews_payload'] LOOP
        FOR ahead IN 0..3 LOOP
            month := date_trunc('month', now()) + make_interval(months => ahead);
            part := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                part, parent, public.reviews_first_id(month),
                public.reviews_first_id(month + interval '1 month'));
            PERFORM public.reviews_guard_partition(part);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- TRUNCATE of one partition would pass the parent's guard, so each has its own and no grant.
CREATE FUNCTION reviews_guard_partition(part text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    app text := current_database() || '_app';
    guard record;
BEGIN
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.%I
        FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse()', part);
    FOR guard IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = ('public.' || quote_ident(part))::regclass AND tgname LIKE 'audit\_%' LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER %I', part, guard.tgname);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        EXECUTE format('REVOKE ALL ON public.%I FROM %I', part, app);
        -- The check at commit reads the row where it lies.
        EXECUTE format('GRANT SELECT ON public.%I TO %I', part, app);
    END IF;
END $$;
REVOKE ALL ON FUNCTION reviews_guard_partition(text) FROM PUBLIC;

-- A judgement is what it is; within the hold it may be taken back.
CREATE FUNCTION reviews_judgement_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL AND NEW.undone_at < OLD.final_at
        AND (to_jsonb(NEW) - 'undone_at') = (to_jsonb(OLD) - 'undone_at')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'reviews_judgement_stands: judgement % cannot be changed', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;

-- A policy that was published is what it was.
CREATE FUNCTION reviews_published_policy_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (NEW.body <> OLD.body OR NEW.salt <> OLD.salt
        OR NEW.queue_id <> OLD.queue_id OR NEW.number <> OLD.number OR NEW.model_id <> OLD.model_id
        OR NEW.state = 'draft')
    THEN
        RAISE EXCEPTION 'reviews_published_policy_stands: policy % cannot be changed', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION reviews_grants() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    app text := current_database() || '_app';
    part regclass;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON reviews_prediction, reviews_payload, reviews_outcome, reviews_label,
        reviews_judgement FROM %I', app);
    FOR part IN SELECT inhrelid FROM pg_inherits
        WHERE inhparent IN ('reviews_prediction'::regclass, 'reviews_payload'::regclass) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', part, app);
        EXECUTE format('GRANT SELECT ON %s TO %I', part, app);
    END LOOP;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON reviews_prediction TO %I', app);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON reviews_payload TO %I', app);
    EXECUTE format('GRANT SELECT, INSERT ON reviews_outcome, reviews_label TO %I', app);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE (undone_at) ON reviews_judgement TO %I', app);
    EXECUTE format('GRANT USAGE ON SEQUENCE reviews_lease_token TO %I', app);
    EXECUTE format('GRANT EXECUTE ON FUNCTION maintain_partitions() TO %I', app);
END $$;
"""

GUARDS = """
CREATE TRIGGER reviews_judgement_stands BEFORE UPDATE ON reviews_judgement
    FOR EACH ROW EXECUTE FUNCTION reviews_judgement_stands();
ALTER TABLE reviews_judgement ENABLE ALWAYS TRIGGER reviews_judgement_stands;
CREATE TRIGGER reviews_judgement_kept BEFORE DELETE ON reviews_judgement
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
ALTER TABLE reviews_judgement ENABLE ALWAYS TRIGGER reviews_judgement_kept;
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON reviews_judgement
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE reviews_judgement ENABLE ALWAYS TRIGGER audit_no_truncate;
CREATE TRIGGER reviews_published_policy_stands BEFORE UPDATE ON reviews_routingpolicy
    FOR EACH ROW EXECUTE FUNCTION reviews_published_policy_stands();
ALTER TABLE reviews_routingpolicy ENABLE ALWAYS TRIGGER reviews_published_policy_stands;

SELECT reviews_guard_partition('reviews_prediction_default');
SELECT reviews_guard_partition('reviews_payload_default');
REVOKE ALL ON FUNCTION maintain_partitions() FROM PUBLIC;
SELECT maintain_partitions();
SELECT reviews_grants();

ALTER TABLE reviews_slot SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE reviews_reviewitem SET (fillfactor = 80);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0001_initial"),
        ("audit", "0002_guards"),
        ("registry", "0002_guards_and_first_rows"),
        ("governance", "0003_guards_and_everywhere"),
    ]

    operations = [
        migrations.RunSQL(
            TABLES,
            "DROP TABLE reviews_prediction; DROP TABLE reviews_payload; DROP SEQUENCE reviews_lease_token;",
        ),
        migrations.RunSQL(
            FUNCTIONS,
            """
            DROP FUNCTION reviews_grants(); DROP FUNCTION reviews_published_policy_stands() CASCADE;
            DROP FUNCTION reviews_judgement_stands() CASCADE;
            DROP FUNCTION reviews_guard_partition(text); DROP FUNCTION maintain_partitions();
            DROP FUNCTION reviews_first_id(timestamptz);
            """,
        ),
        audited("reviews_prediction", "prediction"),
        audited("reviews_reviewitem", "review"),
        audited("reviews_queue", "queue"),
        audited("reviews_routingpolicy", "policy"),
        audited("reviews_export", "export", exempt=["done", "total", "heartbeat_at"]),
        append_only("reviews_outcome"),
        append_only("reviews_label"),
        fed(
            "reviews_outcome",
            "SELECT 3, seq FROM fresh UNION ALL SELECT 2, seq FROM fresh WHERE NOT immediate",
        ),
        fed("reviews_label", "SELECT 4, seq FROM fresh"),
        migrations.RunSQL(
            GUARDS,
            """
            DROP TRIGGER reviews_judgement_kept ON reviews_judgement;
            DROP TRIGGER audit_no_truncate ON reviews_judgement;
            """,
        ),
    ]
