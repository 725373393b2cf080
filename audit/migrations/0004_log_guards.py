"""The log only grows: guards of its tables, the first log, and what the application may do to them."""

from django.db import migrations

from audit.trail.guards import append_only

FUNCTIONS = r"""
-- A log keeps its name and its beginning, and never gets shorter.
CREATE FUNCTION audit_guard_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> OLD.number OR NEW.origin <> OLD.origin OR NEW.base <> OLD.base
        OR NEW.started_at <> OLD.started_at OR NEW.size < OLD.size
    THEN
        RAISE EXCEPTION 'audit_log_only_grows: log %', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_guard BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_guard_log();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_guard;

ALTER TABLE audit_tile ADD CONSTRAINT audit_tiles_are_full CHECK (octet_length(hashes) = 8192);
ALTER TABLE audit_edge ADD CONSTRAINT audit_edges_are_not_full
    CHECK (octet_length(hashes) < 8192 AND octet_length(hashes) % 32 = 0);
ALTER TABLE audit_log ADD CONSTRAINT audit_log_root_is_a_hash CHECK (octet_length(root) = 32);
-- Hashes do not compress: do not try.
ALTER TABLE audit_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE audit_edge ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE audit_edge SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000, toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_threshold = 2000);
ALTER TABLE audit_checkpoint ALTER COLUMN seq SET GENERATED ALWAYS;
ALTER TABLE audit_anchor ALTER COLUMN seq SET GENERATED ALWAYS;

CREATE OR REPLACE FUNCTION audit_grants() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    app text := current_database() || '_app';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON audit_event, audit_pending, audit_position, audit_feedstate,
        audit_opening, audit_log, audit_tile, audit_edge, audit_checkpoint, audit_anchor FROM %I', app);
    -- Neither seq, nor txid, nor recorded_at: the database alone gives those.
    EXECUTE format('GRANT INSERT (id, kind, actor, entity_type, entity_id, entity_version, system_id, at,
        body) ON audit_event TO %I', app);
    EXECUTE format('GRANT SELECT ON audit_event, audit_pending, audit_position, audit_feedstate,
        audit_opening, audit_log, audit_tile, audit_edge, audit_checkpoint, audit_anchor TO %I', app);
    EXECUTE format('GRANT DELETE ON audit_pending TO %I', app);
    EXECUTE format('GRANT INSERT ON audit_position TO %I', app);
    EXECUTE format('GRANT UPDATE (size) ON audit_feedstate TO %I', app);
    EXECUTE format('GRANT INSERT, DELETE ON audit_opening TO %I', app);
    EXECUTE format('GRANT INSERT ON audit_log, audit_tile TO %I', app);
    EXECUTE format('GRANT UPDATE (size, root, integrated_at) ON audit_log TO %I', app);
    EXECUTE format('GRANT INSERT, UPDATE ON audit_edge TO %I', app);
    EXECUTE format('GRANT INSERT (log, size, root, note, signed_at) ON audit_checkpoint TO %I', app);
    EXECUTE format('GRANT INSERT (log, size, kind, place, evidence, at) ON audit_anchor TO %I', app);
END $$;

INSERT INTO audit_log (number, origin, base, size, root, started_at)
VALUES (1, 'countersign.local/log/' || left(encode(sha256(gen_random_uuid()::text::bytea), 'hex'), 16), 0, 0,
        sha256(''), now());
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_log")]

    operations = [
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION audit_guard_log() CASCADE; DELETE FROM audit_log;"),
        migrations.RunSQL(
            "CREATE TRIGGER audit_no_change BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refuse();"
            "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT"
            " EXECUTE FUNCTION audit_refuse();"
            "ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_no_change;"
            "ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_no_truncate;",
            "SELECT audit_detach('audit_log')",
        ),
        append_only("audit_tile"),
        append_only("audit_checkpoint"),
        append_only("audit_anchor"),
        migrations.RunSQL("SELECT audit_grants()", migrations.RunSQL.noop),
    ]
