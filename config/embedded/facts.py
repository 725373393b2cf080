"""What `manage.py up` has to know of the database before anything else can tell it."""

import datetime as dt
from enum import Enum

import psycopg
from django.db.migrations.loader import MigrationLoader

from config.models import Landmark


class Demo(Enum):
    """Whether the demo is to be loaded."""

    WANTED = "nobody has used this copy, or loading was cut off"
    DONE = "it was loaded"
    UNWANTED = "somebody works with this copy"


OLDEST = 15
"""The first release of PostgreSQL that has what the schema needs."""


class Unusable(Exception):
    """The database that is named cannot be used. The message says why."""


def missing_migrations(url: str) -> int:
    """How many migrations this checkout has that the database has not.

    Raises:
        Unusable: it does not answer, or is too old.
    """
    on_disk = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    try:
        connected = psycopg.connect(url, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Unusable(f"The database does not answer: {error}") from error
    with connected as connection:
        if connection.info.server_version < OLDEST * 10_000:
            raise Unusable(f"PostgreSQL {OLDEST} or later is needed.")
        row = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
        if row is None or not row[0]:
            return len(on_disk)
        return len(on_disk - set(connection.execute("SELECT app, name FROM django_migrations")))


def demo(url: str) -> Demo:
    """Whether to load the demo: never into a copy that somebody already uses."""
    with psycopg.connect(url) as connection:
        landmarks = {row[0] for row in connection.execute("SELECT name FROM config_landmark")}
        if Landmark.DEMO_DONE in landmarks:
            return Demo.DONE
        row = connection.execute("SELECT EXISTS (SELECT FROM governance_person)").fetchone()
        used = row is not None and row[0]
        return Demo.UNWANTED if used and Landmark.DEMO_BEGUN not in landmarks else Demo.WANTED


def is_empty(url: str) -> bool:
    """Whether there is nobody who could sign in."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT FROM governance_person LIMIT 1").fetchone() is None


def mark(url: str, landmark: str) -> None:
    """Remember that something has happened now."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO config_landmark (name, at) VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [landmark, dt.datetime.now(dt.UTC)],
        )
