"""The trail's guards: append-only events, no change without its event, the queue of the feeds."""

from django.db import migrations

from audit.trail.guards import append_only, fed

FUNCTIONS = r"""
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_facts_are_only_added: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- A change of an audited row takes the next version, and only that.
CREATE FUNCTION audit_guard_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- TG_ARGV is NULL, not empty, for a trigger without arguments, and nothing is distinct from NULL.
    exempt text[] := coalesce(TG_ARGV::text[], '{}');
BEGIN
    IF NEW.event_version = OLD.event_version + 1 THEN
        IF NEW.id <> OLD.id THEN
            RAISE EXCEPTION 'audit_id_is_fixed: % %', TG_TABLE_NAME, OLD.id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.event_version <> OLD.event_version
        OR (to_jsonb(NEW) - exempt) IS DISTINCT FROM (to_jsonb(OLD) - exempt)
    THEN
        RAISE EXCEPTION 'audit_change_needs_event: % % was changed without an event',
            TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- At commit: the event of every version this transaction gave a row exists, and none is ahead.
CREATE FUNCTION audit_check_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    written integer;
    standing integer;
BEGIN
    SELECT max(entity_version) INTO written FROM public.audit_event
        WHERE entity_type = TG_ARGV[0] AND entity_id = NEW.id;
    IF written = NEW.event_version THEN
        RETURN NULL;
    END IF;
    IF written > NEW.event_version AND EXISTS (
        SELECT FROM public.audit_event WHERE entity_type = TG_ARGV[0] AND entity_id = NEW.id
            AND entity_version = NEW.event_version)
    THEN
        EXECUTE format('SELECT event_version FROM %I.%I WHERE id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
            INTO standing USING NEW.id;
        IF standing = written THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit_event_is_missing: % % is at version %, its last event at %',
        TG_ARGV[0], NEW.id, NEW.event_version, coalesce(written, 0) USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION audit_freeze(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON %s
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()', target);
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_change', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_truncate', target);
END $$;

CREATE FUNCTION audit_attach(target regclass, entity_type text, exempt text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    arguments text := (SELECT coalesce(string_agg(quote_literal(name), ', '), '') FROM unnest(exempt) name);
BEGIN
    EXECUTE format('CREATE TRIGGER audit_guard BEFORE UPDATE ON %s
        FOR EACH ROW EXECUTE FUNCTION audit_guard_row(%s)', target, arguments);
    EXECUTE format('CREATE TRIGGER audit_no_change BEFORE DELETE ON %s
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()', target);
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', target);
    EXECUTE format('CREATE CONSTRAINT TRIGGER audit_complete AFTER INSERT OR UPDATE ON %s
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_check_row(%L)',
        target, entity_type);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_guard', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_change', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_truncate', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_complete', target);
END $$;

CREATE FUNCTION audit_detach(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER IF EXISTS audit_guard ON %s', target);
    EXECUTE format('DROP TRIGGER IF EXISTS audit_no_change ON %s', target);
    EXECUTE format('DROP TRIGGER IF EXISTS audit_no_truncate ON %s', target);
    EXECUTE format('DROP TRIGGER IF EXISTS audit_complete ON %s', target);
END $$;

-- What the app role may do to the trail. Run again by `manage.py database_roles`.
CREATE FUNCTION audit_grants() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    app text := current_database() || '_app';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON audit_event, audit_pending, audit_position, audit_feedstate,
        audit_opening FROM %I', app);
    -- Neither seq, nor txid, nor recorded_at: the database alone gives those.
    EXECUTE format('GRANT INSERT (id, kind, actor, entity_type, entity_id, entity_version, system_id, at,
        body) ON audit_event TO %I', app);
    EXECUTE format('GRANT SELECT ON audit_event, audit_pending, audit_position, audit_feedstate,
        audit_opening TO %I', app);
    EXECUTE format('GRANT DELETE ON audit_pending TO %I', app);
    EXECUTE format('GRANT INSERT ON audit_position TO %I', app);
    EXECUTE format('GRANT UPDATE (size) ON audit_feedstate TO %I', app);
    EXECUTE format('GRANT INSERT, DELETE ON audit_opening TO %I', app);
END $$;
"""

COLUMNS = """
ALTER TABLE audit_event ALTER COLUMN seq SET GENERATED ALWAYS;
ALTER TABLE audit_event ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE audit_event ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE audit_event ADD CONSTRAINT audit_leaf_fits CHECK (octet_length(body) <= 65535);
-- The bulk of all events is one kind by a handful of keys; an index over those would only cost.
CREATE INDEX audit_event_kind ON audit_event (kind, seq) WHERE kind <> 'reviews.prediction.routed';
CREATE INDEX audit_event_actor ON audit_event (actor, seq) WHERE kind <> 'reviews.prediction.routed';
CREATE INDEX audit_event_system ON audit_event (system_id, seq) WHERE kind <> 'reviews.prediction.routed';
-- Rows live for a quarter of a second here; keep the head of the index clean.
ALTER TABLE audit_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
INSERT INTO audit_feedstate (feed, size) VALUES (1, 0), (2, 0), (3, 0), (4, 0);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            FUNCTIONS,
            """
            DROP FUNCTION audit_grants(); DROP FUNCTION audit_detach(regclass);
            DROP FUNCTION audit_attach(regclass, text, text[]); DROP FUNCTION audit_freeze(regclass);
            DROP FUNCTION audit_check_row(); DROP FUNCTION audit_guard_row(); DROP FUNCTION audit_refuse();
            """,
        ),
        migrations.RunSQL(
            COLUMNS,
            """
            DELETE FROM audit_feedstate; DROP INDEX audit_event_system; DROP INDEX audit_event_actor;
            DROP INDEX audit_event_kind; ALTER TABLE audit_event DROP CONSTRAINT audit_leaf_fits,
                DROP COLUMN recorded_at, DROP COLUMN txid;
            ALTER TABLE audit_event ALTER COLUMN seq SET GENERATED BY DEFAULT;
            """,
        ),
        append_only("audit_event"),
        append_only("audit_position"),
        fed("audit_event", "SELECT 1, seq FROM fresh"),
        migrations.RunSQL("SELECT audit_grants()", migrations.RunSQL.noop),
    ]
