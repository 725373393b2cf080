"""Attacks on the trail that PostgreSQL refuses, each through the login that would try it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from audit.fingerprint import reading
from audit.roles import roles_of
from audit.trail.models import Event
from tests.audit.guards import scene
from tests.servers import TestDatabase

NEW_EVENT = "id, kind, actor, entity_type, entity_id, entity_version, at, body"
VALUES = "gen_random_uuid(), 'x', 'x', 'x', gen_random_uuid(), 1, now(), ''"

ATTACKS = [
    # Unmaking facts
    ("app", "UPDATE audit_event SET body = 'other'"),
    ("app", "DELETE FROM audit_event"),
    ("app", "TRUNCATE audit_event"),
    ("app", "MERGE INTO audit_event USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE"),
    (
        "app",
        f"INSERT INTO audit_event ({NEW_EVENT}) SELECT {NEW_EVENT} FROM audit_event ON CONFLICT (id) "
        "DO UPDATE SET body = ''",
    ),
    ("owner", "UPDATE audit_event SET body = 'other'"),
    ("owner", "DELETE FROM audit_event"),
    ("owner", "TRUNCATE audit_event CASCADE"),
    ("superuser", "UPDATE audit_event SET body = 'other'"),
    ("superuser", "TRUNCATE audit_event CASCADE"),
    # Choosing what the database alone gives
    ("app", f"INSERT INTO audit_event (seq, {NEW_EVENT}) OVERRIDING SYSTEM VALUE VALUES (1, {VALUES})"),
    ("app", f"INSERT INTO audit_event (txid, {NEW_EVENT}) VALUES ('1', {VALUES})"),
    ("app", f"INSERT INTO audit_event (recorded_at, {NEW_EVENT}) VALUES ('2020-01-01', {VALUES})"),
    ("app", "COPY audit_event (seq, id) FROM STDIN"),
    ("app", "SELECT setval(pg_get_serial_sequence('audit_event', 'seq'), 1)"),
    # Places, tree and what was signed
    ("app", "DELETE FROM audit_pending"),
    ("app", "INSERT INTO audit_pending (feed, ref) VALUES (1, 1)"),
    ("app", "INSERT INTO audit_position (feed, n, ref) VALUES (1, 999, 1)"),
    ("app", "UPDATE audit_feedstate SET size = 0"),
    ("app", "UPDATE audit_log SET size = 0"),
    ("app", "INSERT INTO audit_tile (log, level, n, hashes) VALUES (1, 0, 0, '')"),
    ("app", "UPDATE audit_edge SET hashes = ''"),
    ("app", "INSERT INTO audit_checkpoint (log, size, root, note, signed_at) VALUES (1, 1, '', '', now())"),
    ("app", "INSERT INTO audit_anchor (log, size, kind) VALUES (1, 1, '')"),
    ("sequencer", "UPDATE audit_position SET n = n + 1000"),
    ("sequencer", "DELETE FROM audit_position"),
    ("sequencer", "UPDATE audit_tile SET hashes = hashes"),
    ("sequencer", "DELETE FROM audit_checkpoint"),
    ("sequencer", "UPDATE audit_anchor SET evidence = ''"),
    ("sequencer", "UPDATE audit_log SET size = size - 1"),
    ("sequencer", "UPDATE audit_log SET origin = 'elsewhere'"),
    ("owner", "UPDATE audit_position SET n = n + 1000"),
    ("owner", "DELETE FROM audit_log"),
    ("owner", "UPDATE audit_log SET size = size - 1"),
    # Around the parent's guards
    ("app", "TRUNCATE reviews_prediction_default"),
    ("owner", "TRUNCATE reviews_prediction_default"),
    ("app", "DELETE FROM reviews_prediction_default"),
    ("app", "ALTER TABLE reviews_prediction DETACH PARTITION reviews_prediction_default"),
    # Taking the guards off
    ("app", "ALTER TABLE audit_event DISABLE TRIGGER ALL"),
    ("app", "DROP TRIGGER audit_no_change ON audit_event"),
    ("app", "ALTER TABLE audit_event ALTER COLUMN kind TYPE text USING 'x'"),
    ("app", "CREATE RULE r AS ON INSERT TO audit_event DO INSTEAD NOTHING"),
    ("app", "CREATE TRIGGER t BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse()"),
    ("app", "CREATE POLICY p ON audit_event USING (false)"),
    ("app", "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'"),
    ("app", "SET session_replication_role = replica"),
    ("owner", "SET session_replication_role = replica"),
    ("app", "ALTER SYSTEM SET session_replication_role = replica"),
    # ALWAYS is for this: an ordinary trigger would sleep
    ("superuser", "SET session_replication_role = replica; UPDATE audit_event SET body = 'other'"),
    # Shadowing names
    ("app", "CREATE TEMPORARY TABLE audit_event (seq bigint)"),
    ("app", "CREATE SCHEMA mine"),
    ("app", "CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT null'"),
    # Somebody else's rights
    ("app", 'SET ROLE "{owner}"'),
    ("app", 'SET SESSION AUTHORIZATION "{owner}"'),
    ("sequencer", 'SET ROLE "{app}"'),
    ("auditor", 'SET ROLE "{app}"'),
    ("app", "SELECT audit_place(1::smallint)"),
    ("app", "SELECT audit_detach('audit_event')"),
    ("app", "SELECT audit_grants()"),
    ("app", "SELECT reviews_guard_partition('reviews_prediction_default')"),
    ("app", "SELECT pg_read_file('PG_VERSION')"),
    ("app", "COPY audit_event TO PROGRAM 'cat'"),
    # Standing in the way
    ("app", "LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE"),
]  # fmt: skip


@pytest.fixture(scope="module")
def for_all(django_db_setup: TestDatabase, django_db_blocker: Any) -> Iterator[TestDatabase]:
    """One trail for every attack: all are refused, so none changes it."""
    with django_db_blocker.unblock():
        yield django_db_setup
        connections.close_all()
        django_db_setup.clean()


@pytest.fixture
def trail(for_all: TestDatabase) -> TestDatabase:
    if not Event.objects.exists():
        scene.write(3)
    return for_all


@pytest.mark.parametrize(("role", "statement"), ATTACKS)
def test_refuses(trail: TestDatabase, role: str, statement: str) -> None:
    names = roles_of(trail.name)
    said = statement.format(owner=names.owner, app=names.app)
    with scene.login(trail, role) as it:
        if said.startswith("ALTER SYSTEM"):
            it.autocommit = True
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
            _run(it, said)
        it.rollback()


def _run(it: "psycopg.Connection[Any]", said: str) -> None:
    if said.endswith("STDIN"):
        with it.cursor().copy(said.encode()):
            return
    it.execute(said.encode())


def test_a_grant_by_somebody_who_may_not_grants_nothing(trail: TestDatabase) -> None:
    """PostgreSQL only warns."""
    with scene.login(trail, "app") as it:
        it.execute(
            "GRANT UPDATE, DELETE ON audit_event TO PUBLIC; GRANT ALL ON audit_position TO CURRENT_USER"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            it.execute("UPDATE audit_event SET body = ''")
        it.rollback()


def test_settings_switch_nothing_off(trail: TestDatabase) -> None:
    """Anybody may set a setting of a made-up name; no guard asks one."""
    with scene.login(trail, "app") as it:
        it.execute("SET audit.allow = 'on'; SET countersign.bypass = 'true'; SET row_security = off")
        it.execute("SET CONSTRAINTS ALL DEFERRED; SET search_path = pg_temp, public")
        it.execute("UPDATE governance_scope SET id = id WHERE false")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            it.execute("UPDATE public.audit_event SET body = ''")
        it.rollback()


def test_a_search_path_of_the_attacker_lets_no_event_slip_past_the_feed(trail: TestDatabase) -> None:
    with scene.login(trail, "app") as it:
        it.execute("SET search_path = pg_temp")
        it.execute(f"INSERT INTO public.audit_event ({NEW_EVENT}) VALUES ({VALUES})".encode())
        assert it.execute("SELECT count(*) FROM public.audit_pending").fetchone() == (1,)
        it.rollback()


def test_what_runs_with_the_owners_rights_is_little_and_cannot_be_led_astray(trail: TestDatabase) -> None:
    with scene.login(trail, "app") as it:
        found = it.execute(
            "SELECT proname, proargtypes::regtype[]::text, array_to_string(proconfig, ';') FROM pg_proc "
            "WHERE prosecdef AND prorettype <> 'trigger'::regtype "
            "AND has_function_privilege(oid, 'EXECUTE') ORDER BY proname"
        ).fetchall()
        unfixed = it.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef "
            "AND coalesce(proconfig::text, '') NOT LIKE '%search_path=%'"
        ).fetchall()

    assert [(name, arguments) for name, arguments, _ in found] == [
        ("audit_forget_bundle_subject", "[0:0]={uuid}"),
        ("audit_place", "[0:0]={smallint}"),
        ("maintain_partitions", "{}"),
        ("reviews_erase", "[0:2]={uuid,uuid,uuid[]}"),
        ("reviews_forget_subject", "[0:1]={text,uuid}"),
    ]
    assert unfixed == []


@pytest.mark.django_db
def test_no_login_but_the_owner_may_truncate_or_trigger_anything() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl) "
            "WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner "
            "AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES', 'MAINTAIN')"
        )
        assert cursor.fetchall() == []
    assert reading.read()["rules"] == {}
