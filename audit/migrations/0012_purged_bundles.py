"""Bundles lose their file, and for whom they were asked, when what they hold is erased."""

from django.db import migrations, models

from audit.grants import set_grants

# Under the event of the same transaction only. The guard on openings lets the owner's functions through.
FORGET = r"""
CREATE FUNCTION audit_forget_bundle_subject(bundle uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    n integer;
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.audit_event WHERE kind = 'audit.bundle.subject_erased' AND entity_type = 'bundle'
            AND entity_id = bundle AND txid = pg_current_xact_id())
    THEN
        RAISE EXCEPTION 'audit_erasure_needs_its_event: bundle %', bundle
            USING ERRCODE = 'restrict_violation';
    END IF;
    DELETE FROM public.audit_opening
        WHERE entity_type = 'bundle' AND entity_id = bundle AND name = 'subject';
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
REVOKE ALL ON FUNCTION audit_forget_bundle_subject(uuid) FROM PUBLIC;
"""
STATES = ["queued", "running", "done", "failed", "cancelled", "purged"]


class Migration(migrations.Migration):
    dependencies = [("audit", "0011_grants_of_checks")]

    operations = [
        migrations.AlterField(
            model_name="bundle",
            name="state",
            field=models.CharField(
                choices=[(name, name) for name in STATES], default="queued", max_length=10
            ),
        ),
        migrations.RemoveConstraint(model_name="bundle", name="audit_known_bundle_state"),
        migrations.AddConstraint(
            model_name="bundle",
            constraint=models.CheckConstraint(
                name="audit_known_bundle_state", condition=models.Q(("state__in", STATES))
            ),
        ),
        migrations.RemoveConstraint(model_name="bundle", name="audit_done_bundle_has_manifest"),
        migrations.AddConstraint(
            model_name="bundle",
            constraint=models.CheckConstraint(
                name="audit_done_bundle_has_manifest",
                condition=models.Q(
                    models.Q(("state__in", ["done", "purged"]), _negated=True),
                    ("manifest__isnull", False),
                    _connector="OR",
                ),
            ),
        ),
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        set_grants(),
    ]
