"""The reconciler: audited rows against their events, and events against their places."""

from typing import Final

from django.db import connection
from psycopg import sql

from audit.checking.findings import MOST_LISTED, Findings

LATE_AFTER: Final = 60
"""Seconds that an event may wait for its place; the sequencer needs one."""

_TABLES: Final = """
SELECT n.nspname, c.relname, convert_from(substring(t.tgargs FOR length(t.tgargs) - 1), 'UTF8')
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgname = 'audit_complete' AND t.tgparentid = 0 AND NOT c.relispartition ORDER BY 2
"""
_TOUCHED: Final = """
SELECT e.entity_id FROM public.audit_position p JOIN public.audit_event e ON e.seq = p.ref
WHERE p.feed = 1 AND p.n > %(after)s AND e.entity_type = %(type)s
"""
_ROWS: Final = """
SELECT coalesce(t.id, e.entity_id), t.event_version, e.newest, e.many
FROM {table} t FULL JOIN (
    SELECT entity_id, max(entity_version) AS newest, count(*) AS many
    FROM public.audit_event WHERE entity_type = %(type)s GROUP BY entity_id) e ON e.entity_id = t.id
WHERE (t.id IS NULL OR e.entity_id IS NULL OR t.event_version <> e.newest OR e.many <> e.newest)
LIMIT %(most)s
"""
_FRESH_ROWS: Final = """
SELECT x.entity_id, t.event_version, x.newest, x.many
FROM (SELECT entity_id, max(entity_version) AS newest, count(*) AS many FROM public.audit_event
      WHERE entity_type = %(type)s AND entity_id IN ({touched}) GROUP BY entity_id) x
LEFT JOIN {table} t ON t.id = x.entity_id
WHERE t.id IS NULL OR t.event_version <> x.newest OR x.many <> x.newest LIMIT %(most)s
"""
_GAPS: Final = """
SELECT entity_type, entity_id, max(entity_version), count(*) FROM audit_event
WHERE NOT entity_type = ANY(%s) GROUP BY 1, 2 HAVING max(entity_version) <> count(*) LIMIT %s
"""
_LOST: Final = """
SELECT e.id FROM audit_event e
WHERE NOT EXISTS (SELECT FROM audit_position p WHERE p.feed = 1 AND p.ref = e.seq)
AND NOT EXISTS (SELECT FROM audit_pending w WHERE w.feed = 1 AND w.ref = e.seq) LIMIT %s
"""
_BACKLOG: Final = """
SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(e.recorded_at)), 0)::float
FROM audit_pending w JOIN audit_event e ON e.seq = w.ref WHERE w.feed = 1
"""
_SIZES: Final = """
SELECT (SELECT size FROM audit_feedstate WHERE feed = 1), coalesce(max(n), 0), count(*)
FROM audit_position WHERE feed = 1
"""


def audited_tables() -> list[tuple[str, str, str]]:
    """(schema, table, entity type) of every table under the guard, from the database itself."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return list(cursor.fetchall())


def reconcile(findings: Findings, *, after: int) -> None:
    """Compare rows with events: all of them, or (with `after`) those that have later events."""
    tables = audited_tables()
    if not tables:
        findings.add("GUARDS", "No table is under the audit's guard: were its triggers dropped?")
    for schema, table, entity_type in tables:
        _compare(findings, sql.Identifier(schema, table), entity_type, after)
        findings.counts["audited tables"] += 1
    with connection.cursor() as cursor:
        if not after:
            cursor.execute(_GAPS, [[entity_type for *_, entity_type in tables], MOST_LISTED])
            for entity_type, id_, newest, many in cursor.fetchall():
                findings.add("VERSIONS", f"{entity_type}:{id_} has {many} events up to version {newest}.")
            cursor.execute(_LOST, [MOST_LISTED])
            for (id_,) in cursor.fetchall():
                findings.add("NO_PLACE", f"Event {id_} has no place in the feed and does not wait for one.")
    if findings.counts["rows that migrations made"]:
        findings.not_proved.append("where the rows at version 0 are from: migrations write no events")
    _check_backlog(findings)


def _compare(findings: Findings, table: sql.Identifier, entity_type: str, after: int) -> None:
    parts = {"table": table, "touched": sql.SQL(_TOUCHED)}
    statement = sql.SQL(_FRESH_ROWS if after else _ROWS).format(**parts)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"type": entity_type, "after": after, "most": MOST_LISTED})
        rows = cursor.fetchall()
    for id_, standing, newest, many in rows:
        what = f"{entity_type}:{id_}"
        if standing is None:
            findings.add("ROW_GONE", f"{what} has {many} events and is no row any more.")
        elif newest is None and standing == 0:
            findings.counts["rows that migrations made"] += 1
        elif newest is None:
            findings.add("NO_EVENT", f"{what} is at version {standing} and has no event.")
        elif standing != newest:
            findings.add("ROW_VERSION", f"{what} is at version {standing}, its last event at {newest}.")
        else:
            findings.add("VERSIONS", f"{what} has {many} events up to version {newest}.")


def _check_backlog(findings: Findings) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG)
        waiting, seconds = cursor.fetchone()
        cursor.execute(_SIZES)
        size, newest, many = cursor.fetchone()
    findings.counts["waiting"] = waiting
    if seconds > LATE_AFTER:
        findings.add("LATE", f"{waiting} events wait for their place, the oldest for {seconds:.0f} s.")
    if not size == newest == many:
        findings.add("POSITION", f"The feed says {size} events; {many} have a place, the last is {newest}.")
