"""The log against whoever may do everything in the database: a tree that was remembered outside finds it.

`findings` is what a verifier with that one anchor can know. Guards are taken off first, as an owner can.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit import merkle
from audit.log import growing, selectors
from audit.log.errors import OutsideLog
from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from tests import tree
from tests.servers import TestDatabase
from tests.tree import Head

pytestmark = pytest.mark.usefixtures("committed_db")

TABLES = (
    "audit_event", "audit_pending", "audit_position", "audit_feedstate", "audit_log", "audit_tile",
    "audit_edge", "audit_checkpoint",
)  # fmt: skip
FORGE = "convert_to(replace(convert_from(body, 'UTF8'), '\"n\":100', '\"n\":900'), 'UTF8')"
SECOND = "(SELECT ref FROM audit_position WHERE feed = 1 AND n = 101)"


def findings(anchor: Head) -> list[str]:
    """What is wrong with the log, its tiles and its proofs, to somebody who remembers one tree."""
    connection.ensure_connection()
    found = tree.findings(connection.connection, [anchor])
    log = selectors.log_by_number(anchor.log)
    try:
        proof = selectors.consistency(log, anchor.size, log.size)
    except OutsideLog:
        return [*found, "there is no tree that could extend the anchor"]
    if not merkle.verify_consistency(anchor.size, anchor.root, log.size, bytes(log.root), proof):
        found.append("the log does not extend the anchor")
    return found


def grow(count: int) -> None:
    with transaction.atomic():
        for n in range(count):
            trail.remark(
                kind="test.noted", actor=OPERATOR, entity_type="test", details={"n": n}, now=timezone.now()
            )
    settle()


def settle() -> None:
    while sequencer.integrate_all() or growing.grow():
        pass


@pytest.fixture
def anchor() -> Head:
    """A log of 300 events, of which the first 290 were remembered."""
    grow(290)
    connection.ensure_connection()
    (remembered,) = tree.heads(connection.connection)
    grow(10)
    return remembered


@contextlib.contextmanager
def unguarded(database: TestDatabase) -> Iterator["psycopg.Connection[Any]"]:
    """The owner, with every guard of the log off until the end of the transaction."""
    with database.as_owner() as owner:
        states = owner.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled = 'A' AND tgrelid = ANY(%s::regclass[])",
            [list(TABLES)],
        ).fetchall()
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        yield owner
        for table, trigger in states:
            owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}".encode())


def forget_tree(owner: "psycopg.Connection[Any]") -> None:
    """So that the sequencer makes tiles, edge and root anew from what the events say now."""
    owner.execute("TRUNCATE audit_tile, audit_edge, audit_checkpoint")
    owner.execute("UPDATE audit_log SET size = 0, root = sha256('')")


def test_finds_nothing_in_a_log_that_only_grew(anchor: Head) -> None:
    assert findings(anchor) == []


def test_finds_events_rewritten_by_a_change_of_type(anchor: Head, committed_db: TestDatabase) -> None:
    """No trigger fires for it."""
    with committed_db.as_owner() as owner:
        owner.execute(
            f"ALTER TABLE audit_event ALTER COLUMN body TYPE bytea USING {FORGE.replace('100', '5')}".encode()
        )

    found = findings(anchor)

    assert "the root of log 1 is not that of its events" in found
    assert "the first 290 leaves of log 1 are not what they were" in found


def test_finds_an_event_changed_behind_disabled_triggers(anchor: Head, committed_db: TestDatabase) -> None:
    with unguarded(committed_db) as owner:
        owner.execute(f"UPDATE audit_event SET body = {FORGE} WHERE seq = {SECOND}".encode())

    assert "the first 290 leaves of log 1 are not what they were" in findings(anchor)


def test_finds_that_the_end_was_cut_off(anchor: Head, committed_db: TestDatabase) -> None:
    with unguarded(committed_db) as owner:
        owner.execute(
            "DELETE FROM audit_event WHERE seq IN (SELECT ref FROM audit_position WHERE feed = 1 AND n > 280)"
        )
        owner.execute("DELETE FROM audit_position WHERE feed = 1 AND n > 280")
        owner.execute("UPDATE audit_feedstate SET size = 280 WHERE feed = 1")
        forget_tree(owner)
    settle()

    assert tree_alone() == []
    assert findings(anchor) == [
        "log 1 had 290 leaves and has 280",
        "there is no tree that could extend the anchor",
    ]


def test_finds_a_whole_log_that_was_made_anew(anchor: Head, committed_db: TestDatabase) -> None:
    """Everything in the database fits together again: only the anchor knows."""
    with unguarded(committed_db) as owner:
        owner.execute(f"UPDATE audit_event SET body = {FORGE} WHERE seq = {SECOND}".encode())
        forget_tree(owner)
    settle()

    assert tree_alone() == []
    assert findings(anchor) == [
        "the first 290 leaves of log 1 are not what they were",
        "the log does not extend the anchor",
    ]


def test_finds_that_two_events_changed_places(anchor: Head, committed_db: TestDatabase) -> None:
    with unguarded(committed_db) as owner:
        owner.execute("UPDATE audit_position SET n = -n WHERE feed = 1 AND n IN (17, 18)")
        owner.execute("UPDATE audit_position SET n = 35 + n WHERE feed = 1 AND n < 0")
        forget_tree(owner)
    settle()

    assert tree_alone() == []
    assert "the log does not extend the anchor" in findings(anchor)


@pytest.mark.parametrize("later", [0, 40])
def test_finds_an_old_dump_that_was_restored(committed_db: TestDatabase, later: int) -> None:
    """Also where it has grown past the anchor since, with other events."""
    grow(270)
    with committed_db.as_owner() as owner:
        owner.execute("CREATE SCHEMA old_dump")
        for table in TABLES:
            owner.execute(f"CREATE TABLE old_dump.{table} AS TABLE {table}".encode())
    grow(20)
    connection.ensure_connection()
    (anchor,) = tree.heads(connection.connection)

    with unguarded(committed_db) as owner:
        for table in TABLES:
            owner.execute(f"TRUNCATE {table}".encode())
            values = f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM old_dump.{table}"
            owner.execute(values.encode())
        owner.execute(
            "SELECT setval(pg_get_serial_sequence('audit_event', 'seq'), max(seq)) FROM audit_event"
        )
        owner.execute("DROP SCHEMA old_dump CASCADE")
    grow(later)

    assert tree_alone() == []
    assert len(findings(anchor)) == 2


def test_finds_a_tile_that_lies(anchor: Head, committed_db: TestDatabase) -> None:
    """Proofs come from tiles: one that was changed proves nothing, and shows."""
    with unguarded(committed_db) as owner:
        owner.execute("UPDATE audit_tile SET hashes = set_byte(hashes, 3200, get_byte(hashes, 3200) # 1)")
    log = selectors.current()
    leaf = merkle.leaf_hash(selectors.entries(log, 0)[99])

    proof = selectors.inclusion(log, 99, log.size)

    assert not merkle.verify_inclusion(leaf, 99, log.size, proof, bytes(log.root))
    assert "the tiles of log 1 are not those of its events" in findings(anchor)


def test_finds_an_event_that_was_never_queued(anchor: Head, committed_db: TestDatabase) -> None:
    with unguarded(committed_db) as owner:
        owner.execute(
            "INSERT INTO audit_event (id, kind, actor, entity_type, entity_id, entity_version, at, body) "
            "SELECT gen_random_uuid(), kind, actor, entity_type, gen_random_uuid(), 1, at, body "
            "FROM audit_event LIMIT 1"
        )
    settle()

    assert [text for text in findings(anchor) if text.endswith("has no place")]


def tree_alone() -> list[str]:
    """What shows without an anchor."""
    connection.ensure_connection()
    return tree.findings(connection.connection)
