"""Attacks on the trail that PostgreSQL lets through, and what finds each of them.

Guards are seat belts: the sequencer, the owner and a superuser can do all of this. Comparing the database's
parts finds what contradicts itself; what does not is found only by an anchor that somebody keeps outside.
"""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from audit.fingerprint import digesting, reading
from audit.ids import uuid7
from audit.log import growing
from audit.log.errors import LogBroken
from audit.management.commands.sequencer import LEADERSHIP
from audit.merkle import root_hash
from audit.prepared import execute
from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from governance.access import services as access
from tests.audit.guards import scene
from tests.servers import TestDatabase

WITHOUT_PLACE = """
SELECT count(*) FROM audit_event WHERE NOT EXISTS (SELECT FROM audit_position WHERE feed = 1 AND ref = seq)
AND NOT EXISTS (SELECT FROM audit_pending WHERE feed = 1 AND ref = seq)
"""
"""What verification counts: events that no feed will ever show."""


@pytest.fixture
def database(committed_db: TestDatabase) -> TestDatabase:
    scene.write(5)
    return committed_db


def do(database: TestDatabase, role: str, *statements: str) -> None:
    with scene.login(database, role) as it:
        for statement in statements:
            it.execute(statement.encode())


def fingerprint() -> reading.Objects:
    return reading.read()


# --- The application's login ------------------------------------------------------------------------


@pytest.mark.usefixtures("forging")
def test_the_app_can_invent_an_event_and_its_entitys_version_tells(database: TestDatabase) -> None:
    """Who may write events may write false ones; the row it speaks of is at another version."""
    person = access.create_person(
        email="a@example.org", name="A", password="a long pass phrase", actor=OPERATOR, now=timezone.now()
    )
    row = trail.event_row(
        kind="test.x", actor_ref="person:other", entity_type="person", entity_id=person.pk, entity_version=2,
        system_id=None, details={}, now=timezone.now(),
    )  # fmt: skip
    with transaction.atomic():
        execute(trail.INSERT_EVENT, row)

    with scene.login(database, "auditor") as it:
        assert it.execute(
            "SELECT event_version, (SELECT max(entity_version) FROM audit_event WHERE entity_id = person.id) "
            "FROM governance_person AS person"
        ).fetchall() == [(1, 2)]
    with pytest.raises(DatabaseError, match="audit_one_event_per_version"):
        access.change_profile(
            person_id=person.pk, name="B", time_zone="UTC", theme="dark", keys_enabled=True, actor=OPERATOR,
            now=timezone.now(),
        )  # fmt: skip


def test_the_app_can_hold_the_sequencers_lock_and_the_waiting_facts_tell(database: TestDatabase) -> None:
    """A nuisance: no fact is lost, and health warns after five seconds."""
    with scene.login(database, "app") as it, scene.login(database, "sequencer") as other:
        assert it.execute("SELECT pg_try_advisory_lock(%s)", [LEADERSHIP]).fetchone() == (True,)
        assert other.execute("SELECT pg_try_advisory_lock(%s)", [LEADERSHIP]).fetchone() == (False,)


# --- The sequencer's login --------------------------------------------------------------------------


@pytest.mark.usefixtures("forging")
def test_the_sequencer_can_lose_an_events_place_and_the_count_of_events_tells(database: TestDatabase) -> None:
    with transaction.atomic():
        trail.remark(kind="test.x", actor=OPERATOR, entity_type="x", details={}, now=timezone.now())
    do(database, "sequencer", "DELETE FROM audit_pending")
    sequencer.integrate_all()

    with scene.login(database, "auditor") as it:
        assert it.execute(WITHOUT_PLACE.encode()).fetchone() == (1,)


def test_the_sequencer_can_invent_a_place_and_the_log_stops(database: TestDatabase) -> None:
    do(
        database, "sequencer",
        "INSERT INTO audit_position (feed, n, ref) "
        "SELECT 1, size + 1, 999999 FROM audit_feedstate WHERE feed = 1",
        "UPDATE audit_feedstate SET size = size + 1 WHERE feed = 1",
    )  # fmt: skip

    with pytest.raises(LogBroken):
        growing.grow()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET root = sha256('other')",
        "UPDATE audit_log SET size = size + 1, root = sha256('other')",
    ],
)
def test_the_sequencer_can_write_a_false_root_and_the_leaves_tell(
    database: TestDatabase, statement: str
) -> None:
    assert scene.agrees_with_itself(database)

    do(database, "sequencer", statement)

    assert not scene.agrees_with_itself(database)


# --- The owner --------------------------------------------------------------------------------------


def test_the_owner_can_rewrite_by_changing_a_type_and_only_the_leaves_tell(database: TestDatabase) -> None:
    """No row trigger fires, and the type may stay the same, so that the fingerprint does too."""
    before, kept = fingerprint(), scene.anchor(database)
    do(database, "owner", "ALTER TABLE audit_event ALTER COLUMN body TYPE bytea USING body || ' '::bytea")

    assert not digesting.compare(before, fingerprint())
    assert not scene.extends(database, kept)
    assert not scene.agrees_with_itself(database)


def test_the_owner_can_switch_a_trigger_off_and_on_and_only_the_leaves_tell(database: TestDatabase) -> None:
    """The fingerprint sees it if the clock looks in between."""
    before, kept = fingerprint(), scene.anchor(database)
    do(database, "owner", "ALTER TABLE audit_event DISABLE TRIGGER audit_no_change")
    assert digesting.compare(before, fingerprint()).lines() == [
        "altered: triggers audit_event.audit_no_change"
    ]
    do(
        database, "owner", "UPDATE audit_event SET body = 'other'",
        "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_change",
    )  # fmt: skip

    assert not digesting.compare(before, fingerprint())
    assert not scene.extends(database, kept)


def test_the_owner_can_swallow_events_by_a_rule_and_no_change_commits_then(database: TestDatabase) -> None:
    before = fingerprint()
    do(database, "owner", "CREATE RULE swallow AS ON INSERT TO audit_event DO INSTEAD NOTHING")
    try:
        assert "added: rules audit_event.swallow" in digesting.compare(before, fingerprint()).lines()
        with pytest.raises(DatabaseError, match="audit_event_is_missing"):
            access.create_person(
                email="a@example.org", name="A", password="a long pass phrase", actor=OPERATOR,
                now=timezone.now(),
            )  # fmt: skip
    finally:
        do(database, "owner", "DROP RULE swallow ON audit_event")


def test_the_owner_can_hide_events_by_a_policy_and_the_log_stops(database: TestDatabase) -> None:
    before = fingerprint()
    do(
        database, "owner", "ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY half ON audit_event USING (seq % 2 = 0) WITH CHECK (true)",
    )  # fmt: skip
    try:
        assert "added: policies audit_event.half" in digesting.compare(before, fingerprint()).lines()
        with pytest.raises(LogBroken):
            scene.write(4)
    finally:
        do(
            database, "owner", "DROP POLICY half ON audit_event",
            "ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY",
        )  # fmt: skip


# --- A superuser ------------------------------------------------------------------------------------

LIFT = [
    f"ALTER TABLE {table} DISABLE TRIGGER ALL"
    for table in ("audit_event", "audit_position", "audit_log", "audit_tile")
]
PUT_BACK = [
    f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
    for table, trigger in (
        ("audit_event", "audit_no_change"),
        ("audit_event", "audit_no_truncate"),
        ("audit_event", "audit_event_enqueue"),
        ("audit_position", "audit_no_change"),
        ("audit_position", "audit_no_truncate"),
        ("audit_log", "audit_guard"),
        ("audit_log", "audit_no_change"),
        ("audit_log", "audit_no_truncate"),
        ("audit_tile", "audit_no_change"),
        ("audit_tile", "audit_no_truncate"),
    )
]


def cut_behind(n: int) -> list[str]:
    return [
        f"DELETE FROM audit_event WHERE seq IN (SELECT ref FROM audit_position WHERE feed = 1 AND n > {n})",
        f"DELETE FROM audit_position WHERE feed = 1 AND n > {n}",
    ]


def rebuild(database: TestDatabase) -> None:
    """Give the log the tree of the events as they are now, as somebody would who covers his tracks."""
    found = scene.leaves(database)
    with scene.login(database, "superuser") as it:
        it.execute("UPDATE audit_edge SET hashes = %s, n = 0 WHERE level = 0", [b"".join(found)])
        it.execute("UPDATE audit_log SET size = %s, root = %s", [len(found), root_hash(found)])
        it.execute("UPDATE audit_feedstate SET size = %s WHERE feed = 1", [len(found)])


def test_a_superuser_can_cut_the_tail_and_only_an_anchor_outside_tells(database: TestDatabase) -> None:
    """Afterwards the database agrees with itself in every part: this is why anchors are kept elsewhere."""
    before, kept = fingerprint(), scene.anchor(database)
    do(
        database, "superuser", *LIFT,
        *cut_behind(3),
    )  # fmt: skip
    rebuild(database)
    do(database, "superuser", *PUT_BACK)

    assert not digesting.compare(before, fingerprint())
    assert scene.agrees_with_itself(database)
    assert not scene.extends(database, kept)


def test_a_superuser_can_rewrite_all_of_it_and_only_an_anchor_outside_tells(database: TestDatabase) -> None:
    before, kept = fingerprint(), scene.anchor(database)
    do(database, "superuser", *LIFT, "UPDATE audit_event SET body = body || ' '::bytea")
    rebuild(database)
    do(database, "superuser", *PUT_BACK)

    assert not digesting.compare(before, fingerprint())
    assert scene.agrees_with_itself(database)
    assert not scene.extends(database, kept)


def test_an_old_state_brought_back_grows_on_and_only_an_anchor_outside_tells(database: TestDatabase) -> None:
    """As after a restore of an old dump: the log goes on from there as if nothing had been."""
    old = scene.anchor(database)
    scene.write(2)
    kept = scene.anchor(database)
    do(
        database, "superuser", *LIFT,
        *cut_behind(old.size),
    )  # fmt: skip
    rebuild(database)
    do(database, "superuser", *PUT_BACK)
    scene.write(4)

    assert scene.agrees_with_itself(database)
    assert scene.extends(database, old)
    assert not scene.extends(database, kept)


def test_no_guard_of_ours_sleeps_in_replication_mode(database: TestDatabase) -> None:
    """Foreign keys do: a superuser can break those, and comparing the rows tells."""
    with scene.login(database, "superuser") as it:
        sleeping = it.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A' AND tgparentid = 0"
        ).fetchall()

    assert sleeping == []


def test_ids_of_events_cannot_be_guessed_from_each_other() -> None:
    """A name tells when it was made and nothing else: 74 bits are random."""
    first, second = uuid7(), uuid7()

    assert (first.int ^ second.int) & ((1 << 62) - 1)
