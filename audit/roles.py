"""The database's roles: who owns the tables, who only uses them.

Roles belong to a whole cluster of databases, so their names carry the name of the one they are for.
The application never assumes a role, and guards decide on `session_user`.
"""

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

LONGEST_NAME = 63
"""PostgreSQL cuts longer identifiers silently."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of one database's roles."""

    owner: str
    """Owns everything; nobody can log in as it."""
    app: str
    """Web and workers log in as it; the guards hold against it."""
    migrator: str
    """Changes the schema: a login that assumes the owner."""
    sequencer: str
    """Sequencer and signer log in as it: it alone gives facts their places and grows the log."""
    auditor: str
    """Verification logs in as it: it reads the trail, the log and the versions of audited rows."""


def roles_of(database: str) -> Roles:
    """The names of the roles that belong to `database`.

    Raises:
        ValueError: the names would be too long.
    """
    if len(f"{database}_sequencer".encode()) > LONGEST_NAME:
        raise ValueError(f"The database's name is too long for its roles: {database}")
    return Roles(**{role: f"{database}_{role}" for role in Roles.__slots__})


def app_role(connection: BaseDatabaseWrapper) -> str | None:
    """The application's role in this cluster, or None where there is one login for everything."""
    name = roles_of(str(connection.settings_dict["NAME"])).app
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [name])
        row = cursor.fetchone()
    return name if row and row[0] else None


def why_weakened(connection: BaseDatabaseWrapper) -> str | None:
    """Why the guards do not hold against the login of this connection, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT rolsuper, EXISTS (
                SELECT FROM pg_class
                WHERE oid = to_regclass('audit_event') AND pg_has_role(session_user, relowner, 'MEMBER')),
                has_table_privilege(session_user, to_regclass('audit_pending')::oid, 'DELETE')
            FROM pg_roles WHERE rolname = session_user
            """
        )
        row = cursor.fetchone()
    assert row is not None  # the session's own role exists
    superuser, owns, places = row
    if superuser:
        return "guards weakened: the application logs in as a superuser"
    if owns:
        return "guards weakened: the application owns its tables"
    if places:
        return (
            "guards weakened: the application may place facts itself; run database_roles and set "
            "DATABASE_SEQUENCER_URL"
        )
    return None


def why_not_place(connection: BaseDatabaseWrapper) -> str | None:
    """Why the login of this connection may not give facts their places, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_user, has_table_privilege(session_user, to_regclass('audit_pending')::oid, "
            "'DELETE')"
        )
        row = cursor.fetchone()
    assert row is not None  # it has no FROM
    login, may = row
    if may is not False:  # NULL before the first migration: then the tables are what is missing
        return None
    name = roles_of(str(connection.settings_dict["NAME"])).sequencer
    return f"{login} may not give facts their places: set DATABASE_SEQUENCER_URL to the login {name}."
