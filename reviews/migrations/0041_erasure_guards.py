"""What PostgreSQL itself holds about erasure: content goes with its event, or not at all.

The application's login cannot take content away: not from payloads, judgements, skips or openings. It may
call `reviews_erase`, which does exactly that for the predictions that an event of the same transaction
names, as far as the erasure is about them and no legal hold keeps them.
"""

from django.db import migrations

from audit.trail.guards import append_only, audited

FUNCTIONS = r"""
-- Whether the statement runs inside one of the owner's functions, or is the owner's own. Guards on who logged
-- in would not do here: inside the function that is the application still.
CREATE FUNCTION reviews_is_owner(target oid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = target
$$;

CREATE FUNCTION reviews_kept_until_erased() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF public.reviews_is_owner(TG_RELID) THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'reviews_kept_until_erased: % on % is refused; content goes by reviews_erase',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Rows that nobody changes, but for their content when it is erased.
CREATE FUNCTION reviews_skip_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND public.reviews_is_owner(TG_RELID)
        AND (to_jsonb(NEW) - 'reason') = (to_jsonb(OLD) - 'reason')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_facts_are_only_added: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE FUNCTION reviews_judgement_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    content text[] := ARRAY['output', 'diff', 'comment', 'answer', 'submission_digest', 'erased_at'];
BEGIN
    IF OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL AND NEW.undone_at < OLD.final_at
        AND (to_jsonb(NEW) - 'undone_at') = (to_jsonb(OLD) - 'undone_at')
    THEN
        RETURN NEW;
    END IF;
    IF public.reviews_is_owner(TG_RELID) AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
        AND NEW.output IS NULL AND NEW.comment = ''
        AND (to_jsonb(NEW) - content) = (to_jsonb(OLD) - content)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'reviews_judgement_stands: judgement % cannot be changed', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION reviews_hold_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    lifted text[] := ARRAY['lifted_at', 'lifted_by', 'lift_reason', 'subject_hashes', 'event_version'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.lifted_at IS NULL AND (NEW.model_id IS NULL OR EXISTS (
            SELECT FROM public.registry_model WHERE id = NEW.model_id AND system_id = NEW.system_id))
        THEN
            RETURN NEW;
        END IF;
    ELSIF OLD.lifted_at IS NULL AND NEW.lifted_at IS NOT NULL
        AND (to_jsonb(NEW) - lifted) = (to_jsonb(OLD) - lifted)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'reviews_hold_stands: hold % begins live and can be lifted once, and nothing else', NEW.id
        USING ERRCODE = 'restrict_violation';
END $$;

-- What an erasure is about is fixed when it is asked for.
CREATE FUNCTION reviews_erasure_stands() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    goes_on text[] := ARRAY['event_version', 'state', 'done', 'total', 'counts', 'receivers', 'finished_at',
        'subject_hashes'];
BEGIN
    IF (to_jsonb(NEW) - goes_on) = (to_jsonb(OLD) - goes_on) AND OLD.state <> 'done'
        AND (NEW.state = 'done' OR NEW.subject_hashes IS NOT DISTINCT FROM OLD.subject_hashes)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'reviews_erasure_stands: what erasure % is about cannot be changed', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;

-- The live legal holds that keep a prediction.
CREATE FUNCTION reviews_holds_on(prediction uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT h.id FROM public.reviews_prediction p
    JOIN public.registry_model m ON m.id = p.model_id
    LEFT JOIN public.reviews_payload y ON y.prediction_id = p.id
    JOIN public.reviews_hold h ON h.lifted_at IS NULL
        AND (h.system_id IS NULL OR h.system_id = m.system_id)
        AND (h.model_id IS NULL OR h.model_id = p.model_id)
        AND (NOT h.by_subject OR y.subject_hash = ANY (h.subject_hashes))
    WHERE p.id = prediction
$$;

-- Whether an erasure is about a prediction: its subject, asked for after it was routed; or past its retention,
-- and decided. The floor of six months is in the table of rules.
CREATE FUNCTION reviews_erasure_is_about(erasure public.reviews_erasure, prediction uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (
        SELECT FROM public.reviews_prediction p
        JOIN public.registry_model m ON m.id = p.model_id
        JOIN public.reviews_payload y ON y.prediction_id = p.id
        WHERE p.id = prediction
            AND (erasure.model_id IS NULL OR erasure.model_id = p.model_id)
            AND (erasure.system_id IS NULL OR erasure.system_id = m.system_id)
            AND p.routed_at < erasure.before
            AND CASE erasure.ground
                WHEN 'request' THEN y.subject_hash = ANY (erasure.subject_hashes)
                ELSE p.status <> 'pending' AND EXISTS (
                    SELECT FROM public.reviews_retentionrule r WHERE r.system_id = m.system_id
                        AND p.routed_at < now() - make_interval(days => r.days))
                END)
$$;

-- Takes the content of predictions away. All conditions are judged here, not by the caller.
CREATE FUNCTION reviews_erase(of_erasure uuid, by_event uuid, predictions uuid[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    erasure public.reviews_erasure;
    said jsonb;
    one uuid;
    items uuid[];
    counted jsonb := '{}';
    n bigint;
BEGIN
    -- Placing a hold waits for this transaction, and the other way round.
    PERFORM pg_advisory_xact_lock_shared(hashtext('reviews_hold'));
    SELECT * INTO erasure FROM public.reviews_erasure WHERE id = of_erasure;
    SELECT convert_from(body, 'UTF8')::jsonb #> '{details,predictions}' INTO said FROM public.audit_event
        WHERE id = by_event AND kind = 'reviews.subject.erased' AND entity_type = 'erasure'
            AND entity_id = of_erasure AND txid = pg_current_xact_id();
    IF erasure.state IS DISTINCT FROM 'running' OR said IS NULL THEN
        RAISE EXCEPTION 'reviews_erasure_needs_its_event: erasure %, event %', of_erasure, by_event
            USING ERRCODE = 'restrict_violation';
    END IF;
    FOREACH one IN ARRAY predictions LOOP
        IF NOT said ? one::text OR NOT public.reviews_erasure_is_about(erasure, one) THEN
            RAISE EXCEPTION 'reviews_erasure_is_about_others: prediction % is not of erasure %', one, of_erasure
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT FROM public.reviews_holds_on(one)) THEN
            RAISE EXCEPTION 'reviews_legal_hold: prediction % is kept', one
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    items := ARRAY(SELECT id FROM public.reviews_reviewitem WHERE prediction_id = ANY (predictions));

    DELETE FROM public.reviews_payload WHERE prediction_id = ANY (predictions);
    GET DIAGNOSTICS n = ROW_COUNT;
    counted := counted || jsonb_build_object('payloads', n);
    DELETE FROM public.audit_opening WHERE (entity_type = 'prediction' AND entity_id = ANY (predictions))
        OR (entity_type = 'review' AND entity_id = ANY (items));
    GET DIAGNOSTICS n = ROW_COUNT;
    counted := counted || jsonb_build_object('openings', n);
    UPDATE public.reviews_judgement SET output = NULL, diff = '[]', comment = '', answer = '{}',
        submission_digest = decode(repeat('00', 32), 'hex'), erased_at = now()
        WHERE item_id = ANY (items) AND erased_at IS NULL;
    GET DIAGNOSTICS n = ROW_COUNT;
    counted := counted || jsonb_build_object('judgements', n);
    DELETE FROM public.reviews_draft WHERE item_id = ANY (items);
    GET DIAGNOSTICS n = ROW_COUNT;
    counted := counted || jsonb_build_object('drafts', n);
    UPDATE public.reviews_skip SET reason = '(erased)' WHERE item_id = ANY (items) AND reason <> '';
    UPDATE public.reviews_externalid x SET digest = decode(repeat('00', 32), 'hex')
        FROM public.reviews_prediction p
        WHERE p.id = ANY (predictions) AND x.model_id = p.model_id AND x.external_id = p.external_id;
    INSERT INTO public.reviews_erased (prediction_id, erasure_id, event_id, at)
        SELECT erased, of_erasure, by_event, now() FROM unnest(predictions) AS erased;
    RETURN counted;
END $$;

-- The subject's name beside the log goes when an erasure is done, or a hold is lifted. Answers how many.
CREATE FUNCTION reviews_forget_subject(of_type text, of_id uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    n integer;
BEGIN
    IF (of_type = 'erasure' AND EXISTS (
            SELECT FROM public.reviews_erasure WHERE id = of_id AND state = 'done'))
        OR (of_type = 'hold' AND EXISTS (
            SELECT FROM public.reviews_hold WHERE id = of_id AND lifted_at IS NOT NULL))
    THEN
        DELETE FROM public.audit_opening
            WHERE entity_type = of_type AND entity_id = of_id AND name = 'subject';
        GET DIAGNOSTICS n = ROW_COUNT;
        RETURN n;
    END IF;
    RAISE EXCEPTION 'reviews_subject_is_needed: % % is not over', of_type, of_id
        USING ERRCODE = 'restrict_violation';
END $$;

REVOKE ALL ON FUNCTION reviews_erase(uuid, uuid, uuid[]), reviews_forget_subject(text, uuid) FROM PUBLIC;

-- Run again by `manage.py database_roles`, as its name ends in `_grants`.
CREATE FUNCTION reviews_erasure_grants() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    app text := current_database() || '_app';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON reviews_erased FROM %I', app);
    EXECUTE format('GRANT SELECT ON reviews_erased TO %I', app);
    EXECUTE format('GRANT EXECUTE ON FUNCTION reviews_erase(uuid, uuid, uuid[]),
        reviews_forget_subject(text, uuid) TO %I', app);
END $$;
"""

GUARDS = """
-- Named audit_...: partitions to come enable by that name what has to fire always.
CREATE TRIGGER audit_kept_until_erased BEFORE UPDATE OR DELETE ON reviews_payload
    FOR EACH ROW EXECUTE FUNCTION reviews_kept_until_erased();
ALTER TABLE reviews_payload ENABLE ALWAYS TRIGGER audit_kept_until_erased;
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'reviews_payload'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_kept_until_erased', part);
    END LOOP;
END $$;
CREATE TRIGGER audit_kept_until_erased BEFORE UPDATE OR DELETE ON audit_opening
    FOR EACH ROW EXECUTE FUNCTION reviews_kept_until_erased();
ALTER TABLE audit_opening ENABLE ALWAYS TRIGGER audit_kept_until_erased;
CREATE TRIGGER audit_kept_until_erased BEFORE UPDATE OR DELETE ON reviews_externalid
    FOR EACH ROW EXECUTE FUNCTION reviews_kept_until_erased();
ALTER TABLE reviews_externalid ENABLE ALWAYS TRIGGER audit_kept_until_erased;
DROP TRIGGER audit_no_change ON reviews_skip;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON reviews_skip
    FOR EACH ROW EXECUTE FUNCTION reviews_skip_stands();
ALTER TABLE reviews_skip ENABLE ALWAYS TRIGGER audit_no_change;
CREATE TRIGGER reviews_hold_stands BEFORE INSERT OR UPDATE ON reviews_hold
    FOR EACH ROW EXECUTE FUNCTION reviews_hold_stands();
ALTER TABLE reviews_hold ENABLE ALWAYS TRIGGER reviews_hold_stands;
CREATE TRIGGER reviews_erasure_stands BEFORE UPDATE ON reviews_erasure
    FOR EACH ROW EXECUTE FUNCTION reviews_erasure_stands();
ALTER TABLE reviews_erasure ENABLE ALWAYS TRIGGER reviews_erasure_stands;
SELECT reviews_erasure_grants();
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0040_erasure_holds_retention")]

    operations = [
        audited("reviews_hold", "hold"),
        audited("reviews_retentionrule", "retention_rule"),
        audited("reviews_erasure", "erasure", exempt=["done", "total", "counts"]),
        append_only("reviews_erased"),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
