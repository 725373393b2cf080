"""`audit_verify` finds any one value that a superuser changes or row that they delete, wherever it is.

The suite tries some at random; `MUTATIONS=1000` tries so many. `UNPROVED` is what no check can know.
"""

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.audit.bundles.conftest import sign  # noqa: F401 - a fixture
from tests.audit.checking.test_verify import fill, var, verified  # noqa: F401 - a fixture among them
from tests.servers import TestDatabase

MUTATIONS = int(os.environ.get("MUTATIONS", "40"))

KEYS = {
    "audit_event": ("seq",),
    "audit_position": ("feed", "n"),
    "audit_log": ("number",),
    "audit_tile": ("log", "level", "n"),
    "audit_edge": ("log", "level"),
    "audit_checkpoint": ("seq",),
    "audit_opening": ("id",),
    "registry_aisystem": ("id",),
    "governance_person": ("id",),
}
UNPROVED = {
    "audit_event": {"id", "txid", "recorded_at"},  # not in the bytes: names and times of this database alone
    "audit_log": {"started_at", "integrated_at"},  # when this database says it happened
    "audit_checkpoint": {"seq", "signed_at"},
    "audit_opening": {"id"},
}
VERSIONED = {"registry_aisystem", "governance_person"}
"""Rows of which the log knows the version: their content is what their events say of it."""

Row = dict[str, Any]


@pytest.mark.usefixtures("var")
def test_finds_every_change(committed_db: TestDatabase, sign: Callable[[], None]) -> None:  # noqa: F811
    fill()
    sign()
    assert verified().listed == []
    draw = random.Random(20261120)
    missed = []
    with psycopg.connect(**committed_db.login, dbname=committed_db.name, autocommit=True) as superuser:
        for table in KEYS:
            superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
        for _ in range(MUTATIONS):
            done = _mutate(superuser, draw)
            if verified().ok:
                missed.append(done.what)
            done.undo()
        for table in KEYS:
            superuser.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL".encode())

    assert missed == []
    assert verified().listed == []


class Done:
    """A change, and how it was before."""

    def __init__(self, what: str, undo: Callable[[], None]) -> None:
        self.what, self.undo = what, undo


def _mutate(superuser: "psycopg.Connection[Any]", draw: random.Random) -> Done:
    """One row deleted, or one of its values changed, such that the database takes it."""
    while True:
        table = draw.choice(sorted(KEYS))
        row = _any_row(superuser, table, draw)
        if row is None:
            continue
        if table not in {"audit_log", "audit_opening"} and draw.random() < 0.3:
            _delete(superuser, table, row)
            return Done(f"{table}: a row deleted: {row}", lambda: _insert(superuser, table, row))  # noqa: B023
        column = draw.choice(sorted(_columns(table, row)))
        changed = {**row, column: _other(row[column], draw)}
        try:
            _replace(superuser, table, row, changed)
        except psycopg.Error:
            continue  # a constraint refused it
        return Done(
            f"{table}.{column}: {row[column]!r} became {changed[column]!r}",
            lambda: _replace(superuser, table, changed, row),  # noqa: B023
        )


def _columns(table: str, row: Row) -> set[str]:
    if table in VERSIONED:
        return {"event_version"}
    return {name for name in row if name not in UNPROVED.get(table, set()) and row[name] is not None}


def _other(value: Any, draw: random.Random) -> Any:
    """Another value of the same type."""
    if isinstance(value, int):
        return value + draw.choice((-1, 1, 1000))
    if isinstance(value, str):
        at = draw.randrange(len(value)) if value else 0
        return value[:at] + chr(ord(value[at]) ^ 1 if value and value[at] != "\x01" else 65) + value[at + 1 :]
    if isinstance(value, bytes):
        at = draw.randrange(len(value)) if value else 0
        return (
            value[:at] + bytes([value[at] ^ 1 << draw.randrange(8)]) + value[at + 1 :] if value else b"x" * 32
        )
    if isinstance(value, datetime):
        return value + timedelta(microseconds=draw.choice((1, 1_000_000, -3_600_000_000)))
    if isinstance(value, UUID):
        return uuid4()
    raise TypeError(type(value))


def _any_row(superuser: "psycopg.Connection[Any]", table: str, draw: random.Random) -> Row | None:
    where = sql.SQL(" WHERE feed = 1") if table == "audit_position" else sql.SQL("")
    name = sql.Identifier(table)
    count = superuser.execute(sql.SQL("SELECT count(*) FROM {}").format(name) + where).fetchone()
    assert count is not None
    if not count[0]:
        return None
    order = sql.SQL(", ").join(map(sql.Identifier, KEYS[table]))
    statement = sql.SQL("SELECT * FROM {}").format(name) + where
    statement += sql.SQL(" ORDER BY {} OFFSET {} LIMIT 1").format(order, draw.randrange(count[0]))
    found = superuser.execute(statement)
    names = [column.name for column in found.description or ()]
    row = found.fetchone()
    assert row is not None
    return dict(zip(names, row, strict=True))


def _delete(superuser: "psycopg.Connection[Any]", table: str, row: Row) -> None:
    key = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(each)) for each in KEYS[table])
    statement = sql.SQL("DELETE FROM {} WHERE ").format(sql.Identifier(table)) + key
    assert superuser.execute(statement, [row[each] for each in KEYS[table]]).rowcount == 1


def _insert(superuser: "psycopg.Connection[Any]", table: str, row: Row) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(sql.Placeholder() for _ in row)
    statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})")
    superuser.execute(statement.format(sql.Identifier(table), columns, values), [*map(_sent, row.values())])


def _sent(value: Any) -> Any:
    return psycopg.types.json.Jsonb(value) if isinstance(value, dict | list) else value


def _replace(superuser: "psycopg.Connection[Any]", table: str, row: Row, other: Row) -> None:
    """A row in the place of another: both or neither."""
    with superuser.transaction():
        _delete(superuser, table, row)
        _insert(superuser, table, other)
