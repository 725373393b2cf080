"""audit.log.growing: what has its place in the feed becomes a leaf, once, whatever happens between."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import merkle
from audit.log import growing, selectors
from audit.log.errors import LogBroken, OutsideLog
from audit.log.models import Log, Tile
from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR

pytestmark = pytest.mark.usefixtures("committed_db")


def write(count: int = 1) -> None:
    with transaction.atomic():
        for n in range(count):
            trail.remark(
                kind="test.noted", actor=OPERATOR, entity_type="test", details={"n": n}, now=timezone.now()
            )


def grow(count: int) -> int:
    write(count)
    sequencer.integrate_all()
    return growing.grow()


def bodies() -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT body FROM audit_position JOIN audit_event ON seq = ref WHERE feed = 1 ORDER BY n"
        )
        return [bytes(body) for (body,) in cursor.fetchall()]


def test_every_event_becomes_a_leaf_in_the_order_of_the_feed() -> None:
    grown = [grow(3), grow(300), grow(0), grow(1)]

    log = selectors.current()
    assert grown == [3, 300, 0, 1]
    assert log.size == 304
    assert bytes(log.root) == merkle.root_hash([merkle.leaf_hash(body) for body in bodies()])
    assert [(tile.level, tile.n) for tile in Tile.objects.all()] == [(0, 0)]


def test_the_root_of_every_size_can_be_read_again() -> None:
    grow(260)
    leaves = [merkle.leaf_hash(body) for body in bodies()]
    log = selectors.current()

    for size in (0, 1, 2, 255, 256, 257, 260):
        assert selectors.root_at(log, size) == merkle.root_hash(leaves[:size])


def test_proofs_hold_against_the_root() -> None:
    grow(515)
    log, leaves = selectors.current(), [merkle.leaf_hash(body) for body in bodies()]

    proof = selectors.inclusion(log, 300, 515)
    extension = selectors.consistency(log, 257, 515)

    assert merkle.verify_inclusion(leaves[300], 300, 515, proof, bytes(log.root))
    assert merkle.verify_consistency(257, merkle.root_hash(leaves[:257]), 515, bytes(log.root), extension)


def test_entries_are_the_bytes_of_the_events() -> None:
    grow(258)
    log = selectors.current()

    assert selectors.entries(log, 0) + selectors.entries(log, 1, 2) == bodies()
    with pytest.raises(OutsideLog):
        selectors.entries(log, 1, 3)
    with pytest.raises(OutsideLog):
        selectors.tile(log, 0, 1, 3)


def test_a_crash_between_feed_and_tree_is_made_good_by_the_next_call() -> None:
    write(5)
    sequencer.integrate_all()
    write(2)
    sequencer.integrate_all()

    assert growing.grow() == 7


def test_a_crash_in_the_middle_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    grow(250)

    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Log, "save", crash)
        with pytest.raises(KeyboardInterrupt):
            grow(10)

    assert not Tile.objects.exists()
    assert growing.grow() == 10
    assert bytes(selectors.current().root) == merkle.root_hash([merkle.leaf_hash(b) for b in bodies()])


def test_two_sequencers_are_harmless() -> None:
    write(3_000)
    sequencer.integrate_all()

    def work(_: int) -> int:
        try:
            return growing.grow()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(4)))

    assert sorted(counts) == [0, 0, 0, 3_000]
    assert selectors.current().size == 3_000


def test_a_place_without_an_event_stops_the_log(django_db_setup: Any) -> None:
    write(3)
    sequencer.integrate_all()
    with django_db_setup.as_owner() as owner:
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        owner.execute(
            "DELETE FROM audit_event WHERE seq = (SELECT ref FROM audit_position WHERE feed = 1 AND n = 2)"
        )
        owner.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_change")
        owner.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_truncate")
        owner.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_enqueue")

    with pytest.raises(LogBroken, match="1 are missing"):
        growing.grow()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET size = 0",
        "UPDATE audit_log SET origin = 'other'",
        "UPDATE audit_log SET base = 5",
        "DELETE FROM audit_log",
        "UPDATE audit_tile SET n = 9",
        "DELETE FROM audit_tile",
        "TRUNCATE audit_tile",
        "UPDATE audit_checkpoint SET note = ''",
        "DELETE FROM audit_anchor",
        "DELETE FROM audit_edge",
        "INSERT INTO audit_tile VALUES (1, 0, 7, 'short')",
        "INSERT INTO audit_edge VALUES (1, 3, 0, 'short')",
    ],
)
def test_the_application_cannot_take_anything_back(statement: str) -> None:
    grow(257)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_postgresql_hashes_leaves_as_we_do() -> None:
    grow(1)

    assert selectors.tile(selectors.current(), 0, 0, 1) == hashlib.sha256(b"\x00" + bodies()[0]).digest()
