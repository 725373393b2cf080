"""A cursor whose statements the server prepares: for hot SQL modules.

Django's own cursor sends parameters inside the text, and switches preparing off for the sake of
poolers in transaction mode; planning would then cost more than the claim itself. psycopg notices when a
connection is new and prepares again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

ONLY_ON_REQUEST = 2**31
"""psycopg prepares what was executed so often, else only what asks for it; with None nothing at all."""


def execute(statement: str, parameters: Any = None) -> "psycopg.Cursor[Any]":
    """Run a statement on Django's connection, in its transaction, prepared by the server."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = ONLY_ON_REQUEST
    with connection.wrap_database_errors:
        return psycopg.Cursor(raw).execute(statement, parameters, prepare=True)


@contextmanager
def pipelined() -> Iterator[None]:
    """Send the block's statements without waiting for each: one round trip for all of them.

    Answers can be fetched inside, but row counts are not known before the end, so nothing that the ORM
    updates belongs here. An error shows at the end at the latest.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, raw.pipeline():
        yield
