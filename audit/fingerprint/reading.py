"""What the guards rest on, read from PostgreSQL's catalogue in one spelling.

Tables and columns with their grants, constraints, indexes, triggers with how they are enabled, rules,
policies, functions with their source, default privileges, roles with their attributes and memberships. Not:
what is in the tables, passwords (nobody but a superuser reads them), the server's own configuration.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection, transaction

from audit.fingerprint.digesting import settled

Objects = dict[str, dict[str, str]]
"""Part, then name of the object, then its definition."""

# An absent list of grants means the default, and their order means nothing.
_ACL: Final = """(SELECT string_agg(coalesce(grantee.rolname, 'PUBLIC') || ':' || privilege_type
        || CASE WHEN is_grantable THEN '*' ELSE '' END, ' '
        ORDER BY coalesce(grantee.rolname, 'PUBLIC'), privilege_type)
    FROM aclexplode({acl}) LEFT JOIN pg_roles AS grantee ON grantee.oid = grantee)"""


def _acl(column: str, kind: str, owner: str) -> str:
    return _ACL.format(acl=f"coalesce({column}, acldefault('{kind}', {owner}))")


PARTS: Final[dict[str, str]] = {
    "tables": f"""
        SELECT relname, relname, concat_ws(' ', relkind, pg_get_userbyid(relowner), 'rls', relrowsecurity,
            relforcerowsecurity, reloptions::text, {_acl("relacl", "r", "relowner")})
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')""",
    "columns": f"""
        SELECT relname, relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod),
            attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid),
            {_ACL.format(acl="attacl")})
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
            AND attnum > 0 AND NOT attisdropped""",
    "constraints": """
        SELECT relname, relname || '.' || conname,
            concat_ws(' ', pg_get_constraintdef(pg_constraint.oid), convalidated)
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE relnamespace = 'public'::regnamespace AND contype <> 'n'""",
    "indexes": """
        SELECT owner.relname, index.relname,
            concat_ws(' ', pg_get_indexdef(index.oid), indisvalid, indisready)
        FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        JOIN pg_class AS owner ON owner.oid = indrelid WHERE owner.relnamespace = 'public'::regnamespace""",
    "triggers": """
        SELECT relname, relname || '.' || tgname,
            concat_ws(' ', 'enabled', tgenabled, pg_get_triggerdef(pg_trigger.oid))
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
        UNION ALL
        SELECT '', 'foreign key triggers of ' || relname, string_agg(DISTINCT tgenabled::text, ' ')
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace AND tgisinternal AND NOT relispartition GROUP BY relname
        UNION ALL
        SELECT '', 'event trigger ' || evtname,
            concat_ws(' ', evtenabled, evtevent, evtfoid::regproc, evttags)
        FROM pg_event_trigger""",
    "rules": """
        SELECT relname, relname || '.' || rulename, concat_ws(' ', ev_enabled, pg_get_ruledef(pg_rewrite.oid))
        FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
        WHERE relnamespace = 'public'::regnamespace""",
    "policies": """
        SELECT tablename, tablename || '.' || policyname,
            concat_ws(' ', permissive, roles, cmd, qual, with_check)
        FROM pg_policies WHERE schemaname = 'public'""",
    "functions": f"""
        SELECT '', pg_proc.oid::regprocedure::text,
            concat_ws(' ', pg_get_userbyid(proowner), {_acl("proacl", "f", "proowner")},
                CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(pg_proc.oid) ELSE prokind::text END)
        FROM pg_proc WHERE pronamespace <> 'pg_catalog'::regnamespace
            AND pronamespace <> 'information_schema'::regnamespace""",
    "sequences": f"""
        SELECT '', relname, concat_ws(' ', pg_get_userbyid(relowner), {_acl("relacl", "s", "relowner")})
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'""",
    "privileges": f"""
        SELECT '', 'schema ' || nspname,
            concat_ws(' ', pg_get_userbyid(nspowner), {_acl("nspacl", "n", "nspowner")})
        FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        UNION ALL
        SELECT '', 'database', concat_ws(' ', pg_get_userbyid(datdba), {_acl("datacl", "d", "datdba")})
        FROM pg_database WHERE datname = current_database()
        UNION ALL
        SELECT '', concat_ws(' ', 'default', pg_get_userbyid(defaclrole), defaclobjtype,
            defaclnamespace::regnamespace),
            {_ACL.format(acl="defaclacl")}
        FROM pg_default_acl
        UNION ALL
        SELECT '', 'extension ' || extname, extversion FROM pg_extension""",
    "roles": """
        SELECT '', rolname::text, concat_ws(' ', 'super', rolsuper, 'inherit', rolinherit,
            'createrole', rolcreaterole, 'createdb', rolcreatedb, 'login', rolcanlogin,
            'replication', rolreplication, 'bypassrls', rolbypassrls)
        FROM pg_roles WHERE rolsuper OR rolname = ANY(%(roles)s)
        UNION ALL
        SELECT '', concat_ws(' ', 'member', member::regrole, 'of', roleid::regrole), admin_option::text
        FROM pg_auth_members JOIN pg_roles ON pg_roles.oid IN (member, roleid)
        WHERE rolname = ANY(%(roles)s)
        UNION ALL
        SELECT '', concat_ws(' ', 'settings of',
            CASE WHEN setrole = 0 THEN 'everybody' ELSE setrole::regrole::text END,
            CASE WHEN setdatabase = 0 THEN 'everywhere' ELSE 'here' END), setconfig::text
        FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase
        WHERE setdatabase = 0 OR datname = current_database()""",
}
"""For each part: the table it belongs to (or ''), the object's name, its definition."""

_PARTITIONS: Final = """
SELECT child.relname, parent.relname FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid JOIN pg_class AS parent ON parent.oid = inhparent
WHERE child.relispartition AND child.relkind = 'r' AND child.relnamespace = 'public'::regnamespace
"""


def read() -> Objects:
    """Every object of every part, in the same spelling for every database of Countersign."""
    with transaction.atomic(), connection.cursor() as cursor:
        return read_by(cursor)


def read_by(cursor: Any) -> Objects:
    """The same through any cursor of psycopg that is in a transaction."""
    return settled(_read_by(cursor))


def _read_by(cursor: Any) -> Objects:
    with _spelled_out(cursor):
        cursor.execute("SELECT current_database()")
        (database,) = cursor.fetchone()
        cursor.execute(_PARTITIONS)
        partitions = dict(cursor.fetchall())
        found: Objects = {}
        loose: dict[str, list[str]] = defaultdict(list)
        roles = [f"{database}_{role}" for role in ("owner", "app", "migrator", "sequencer", "auditor")]
        for part, query in PARTS.items():
            cursor.execute(query, {"roles": roles}) if part == "roles" else cursor.execute(query)
            found[part] = dict(_whole(cursor.fetchall(), partitions, loose, part, database))
    found["partitions"] = _alike(loose, partitions)
    return found


def _whole(
    rows: Iterable[tuple[str, str, str | None]],
    partitions: dict[str, str],
    loose: dict[str, list[str]],
    part: str,
    database: str,
) -> Iterator[tuple[str, str]]:
    """Objects of tables that are no partitions; those of partitions go into `loose`."""
    for table, name, definition in rows:
        said = _without_database(definition or "", database)
        if table in partitions:
            loose[table].append(f"{part} {name} {said}".replace(table, f"{partitions[table]}_*"))
        else:
            yield _without_database(name, database), said


def _alike(loose: dict[str, list[str]], partitions: dict[str, str]) -> dict[str, str]:
    """The partitions of a table as one object: there are more of them every month, and all are alike."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for table, lines in loose.items():
        kinds[partitions[table]].add("\n".join(sorted(lines)))
    return {f"{parent}_*": "\n\n".join(sorted(found)) for parent, found in kinds.items()}


def _without_database(text: str, database: str) -> str:
    """Roles carry the database's name; a copy under another name has the same guards."""
    return re.sub(rf'"?\b{re.escape(database)}_(owner|app|migrator|sequencer|auditor)\b"?', r"<\1>", text)


@contextmanager
def _spelled_out(cursor: Any) -> Iterator[None]:
    """PostgreSQL spells names by the search path: with none, all are spelled out."""
    cursor.execute("SELECT current_setting('search_path'), set_config('search_path', 'pg_catalog', true)")
    (before, _) = cursor.fetchone()
    yield
    cursor.execute("SELECT set_config('search_path', %s, true)", [before])
