"""Migration operations that put a table under the trail's guards.

The functions they call are created by `audit` migration 0002. Guards are seat belts: an owner of
the tables can take them off, so the log over the events is what proves that nobody did.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL


def audited(table: str, entity_type: str, *, exempt: Sequence[str] = ()) -> RunSQL:
    """No row of `table` may change without its event in the same transaction.

    `exempt` names columns that may (when a key was last used). Rows cannot be deleted.
    """
    columns = ", ".join(f"'{name}'" for name in exempt)
    return RunSQL(
        f"SELECT audit_attach('{table}', '{entity_type}', ARRAY[{columns}]::text[])",
        f"SELECT audit_detach('{table}')",
    )


def append_only(table: str) -> RunSQL:
    """Rows of `table` are added and never changed."""
    return RunSQL(f"SELECT audit_freeze('{table}')", f"SELECT audit_detach('{table}')")


def fed(table: str, feed_of_row: str) -> RunSQL:
    """Every new row of `table` gets its place in feeds.

    `feed_of_row` is a SQL fragment `SELECT feed, seq FROM fresh ...` over the new rows.
    """
    return RunSQL(
        f"""
        CREATE FUNCTION {table}_enqueue() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
        BEGIN
            INSERT INTO public.audit_pending (feed, ref) {feed_of_row};
            RETURN NULL;
        END $$;
        REVOKE ALL ON FUNCTION {table}_enqueue() FROM PUBLIC;
        CREATE TRIGGER {table}_enqueue AFTER INSERT ON {table}
            REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {table}_enqueue();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_enqueue;
        """,
        f"DROP TRIGGER {table}_enqueue ON {table}; DROP FUNCTION {table}_enqueue();",
    )
