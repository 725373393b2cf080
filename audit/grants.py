"""What each login may do to the trail and the log: the table behind the database's `audit_grants()`.

A migration that adds a table adds its rows here and sets the function anew with `set_grants()`. A row about
a table that is not there yet grants nothing; `manage.py database_roles` calls the function again.
"""

from typing import Final

from django.db.migrations.operations import RunSQL

_EVENT_COLUMNS: Final = "id, kind, actor, entity_type, entity_id, entity_version, system_id, at, body"
"""Neither seq, nor txid, nor recorded_at: the database alone gives those."""

GRANTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("app", "SELECT", "audit_event"),
    ("app", f"INSERT ({_EVENT_COLUMNS})", "audit_event"),
    ("app", "SELECT", "audit_pending"),
    ("app", "SELECT", "audit_position"),
    ("app", "SELECT", "audit_feedstate"),
    ("app", "SELECT, INSERT, DELETE", "audit_opening"),
    ("app", "SELECT", "audit_log"),
    ("app", "SELECT", "audit_tile"),
    ("app", "SELECT", "audit_edge"),
    ("app", "SELECT", "audit_checkpoint"),
    ("app", "SELECT", "audit_anchor"),
    ("app", "SELECT", "audit_logkey"),
    ("app", "SELECT", "audit_signerstate"),
    ("app", "SELECT, INSERT (digest, objects_by_part, changed, explanation, at)", "audit_fingerprint"),
    ("app", "SELECT, INSERT, UPDATE", "audit_checkstate"),
    # It looks at the schema when it starts, and at what migrations account for.
    ("sequencer", "SELECT, INSERT (digest, objects_by_part, changed, explanation, at)", "audit_fingerprint"),
    ("sequencer", "SELECT", "django_migrations"),
    ("sequencer", "SELECT", "audit_event"),
    ("sequencer", f"INSERT ({_EVENT_COLUMNS})", "audit_event"),
    ("sequencer", "SELECT, DELETE", "audit_pending"),
    ("sequencer", "SELECT, INSERT", "audit_position"),
    ("sequencer", "SELECT, UPDATE (size)", "audit_feedstate"),
    # A new log is begun by an operator after a restore, through this login.
    ("sequencer", "SELECT, INSERT, UPDATE (size, root, integrated_at)", "audit_log"),
    ("sequencer", "SELECT, INSERT", "audit_tile"),
    ("sequencer", "SELECT, INSERT, UPDATE", "audit_edge"),
    ("sequencer", "SELECT, INSERT (log, size, root, note, signed_at)", "audit_checkpoint"),
    ("sequencer", "SELECT, INSERT (log, size, kind, place, evidence, at)", "audit_anchor"),
    ("sequencer", "SELECT, INSERT (log, vkey, since)", "audit_logkey"),
    ("sequencer", "SELECT, INSERT, UPDATE", "audit_signerstate"),
)
"""Role, privileges and table. Where there is no sequencer, its rows hold for the application."""


def set_grants() -> RunSQL:
    """The migration operation that makes `audit_grants()` say what `GRANTS` says, and calls it."""
    return RunSQL(f"{function()} SELECT audit_grants();", RunSQL.noop)


def function() -> str:
    """The SQL that makes `audit_grants()` say what `GRANTS` says."""
    rows = ",\n            ".join(f"['{role}', '{may}', '{table}']" for role, may, table in GRANTS)
    return FUNCTION.replace("%rows%", rows)


FUNCTION: Final = r"""
-- The login of that name for this database, or NULL where there is none.
CREATE OR REPLACE FUNCTION audit_login(role text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT rolname::text FROM pg_roles WHERE rolname = current_database() || '_' || role
$$;

-- The auditor reads which version each audited row has, and nothing else of it.
CREATE OR REPLACE FUNCTION audit_show(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF public.audit_login('auditor') IS NOT NULL THEN
        EXECUTE format('GRANT SELECT (id, event_version) ON %s TO %I', target, public.audit_login('auditor'));
    END IF;
END $$;

-- Who may do what to the trail and the log. Run again by `manage.py database_roles`.
CREATE OR REPLACE FUNCTION audit_grants() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    said text[][] := ARRAY[
            %rows%];
    sequencing text := coalesce(public.audit_login('sequencer'), public.audit_login('app'));
    holder text;
    target record;
BEGIN
    IF public.audit_login('app') IS NULL THEN
        RETURN;
    END IF;
    FOR target IN SELECT oid::regclass AS name, relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
            AND relname LIKE 'audit\_%'
    LOOP
        FOREACH holder IN ARRAY ARRAY['app', 'sequencer', 'auditor'] LOOP
            -- A table that is not in the list has its grants from elsewhere.
            CONTINUE WHEN public.audit_login(holder) IS NULL
                OR (holder <> 'auditor' AND NOT target.relname = ANY (said[:][3:3]));
            EXECUTE format('REVOKE ALL ON %s FROM %I', target.name, public.audit_login(holder));
        END LOOP;
        IF public.audit_login('auditor') IS NOT NULL THEN
            EXECUTE format('GRANT SELECT ON %s TO %I', target.name, public.audit_login('auditor'));
        END IF;
    END LOOP;
    FOR row IN 1 .. array_length(said, 1) LOOP
        CONTINUE WHEN to_regclass('public.' || said[row][3]) IS NULL;
        holder := CASE said[row][1] WHEN 'app' THEN public.audit_login('app') ELSE sequencing END;
        EXECUTE format('GRANT %s ON public.%I TO %I', said[row][2], said[row][3], holder);
    END LOOP;
    FOR target IN SELECT tgrelid::regclass AS name FROM pg_trigger
        WHERE tgname = 'audit_complete' AND tgparentid = 0
    LOOP
        PERFORM public.audit_show(target.name);
    END LOOP;
    -- What runs with the owner's rights, or is for the owner, is nobody's but whom it is granted to.
    FOR target IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND (prosecdef OR proname ~ '^audit_(attach|detach|freeze|show|grants)$|_guard_partition$')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', target.name);
    END LOOP;
    EXECUTE format('GRANT EXECUTE ON FUNCTION public.audit_place(smallint) TO %I, %I',
        public.audit_login('app'), sequencing);
    IF to_regprocedure('public.audit_forget_bundle_subject(uuid)') IS NOT NULL THEN
        EXECUTE format('GRANT EXECUTE ON FUNCTION public.audit_forget_bundle_subject(uuid) TO %I',
            public.audit_login('app'));
    END IF;
END $$;
"""
