"""Logins of their own for the sequencer and the auditor; the application no longer places facts."""

from django.db import migrations

from audit.grants import set_grants

# Places for what somebody cannot wait for until the sequencer's next pass: the caller chooses neither what
# is placed nor where. Nobody but the sequencer needs that for events.
PLACE = r"""
CREATE FUNCTION audit_place(which smallint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    standing bigint;
    moved bigint;
BEGIN
    IF which = 1 THEN
        RAISE EXCEPTION 'audit_events_are_placed_by_the_sequencer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT size INTO standing FROM public.audit_feedstate WHERE feed = which FOR UPDATE;
    -- A statement of its own: it sees what the last holder of the lock committed.
    WITH taken AS (
        DELETE FROM public.audit_pending WHERE feed = which AND ref IN (
            SELECT ref FROM public.audit_pending WHERE feed = which ORDER BY ref LIMIT 10000)
        RETURNING ref
    ), placed AS (
        INSERT INTO public.audit_position (feed, n, ref)
        SELECT which, standing + row_number() OVER (ORDER BY ref), ref FROM taken
        RETURNING n
    )
    SELECT count(*) INTO moved FROM placed;
    UPDATE public.audit_feedstate SET size = standing + moved WHERE feed = which AND moved > 0;
    RETURN moved;
END $$;
"""

# As before, and the auditor may read the versions.
ATTACH = r"""
CREATE OR REPLACE FUNCTION audit_attach(target regclass, entity_type text, exempt text[])
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
    PERFORM audit_show(target);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0008_checks")]

    operations = [
        migrations.RunSQL(PLACE, migrations.RunSQL.noop),
        set_grants(),
        migrations.RunSQL(ATTACH, migrations.RunSQL.noop),
    ]
