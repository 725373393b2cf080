"""manage.py audit_verify: nothing is found in a log that is whole, and every tampering by a superuser is."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from audit.checking import selectors as checks
from audit.checking import services, tasks
from audit.checking.findings import Findings
from audit.checking.known import FROM_HERE
from audit.log import signing
from audit.log.models import Checkpoint
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.verifier import read_vkeys
from governance.access.roles import Role
from tests import factories
from tests.audit.bundles.conftest import sign, signer  # noqa: F401  # a fixture
from tests.audit.log.conftest import sequence
from tests.servers import TestDatabase

pytestmark = pytest.mark.usefixtures("committed_db")

Sign = Callable[[], None]
Tamper = Callable[[str], None]


@pytest.fixture
def var(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def tamper(committed_db: Any) -> Tamper:
    """Run SQL as a superuser with every trigger off."""

    def run(statement: str) -> None:
        with psycopg.connect(**committed_db.login, dbname=committed_db.name, autocommit=True) as raw:
            raw.execute("SET session_replication_role = replica")
            tables = "audit_event, audit_position, audit_tile, audit_edge, audit_checkpoint, audit_log"
            for table in [*tables.split(", "), "registry_aisystem", "audit_bundle", "audit_logkey"]:
                raw.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            raw.execute(statement)
            for table in [*tables.split(", "), "registry_aisystem", "audit_bundle", "audit_logkey"]:
                raw.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")

    return run


def fill(events: int = 300) -> None:
    factories.person(Role.AUDITOR)
    factories.system()
    with transaction.atomic():
        for n in range(events):
            trail.remark(
                kind="test.noted", actor=OPERATOR, entity_type="test", details={"n": n}, now=timezone.now()
            )


def verified(*, since_last: bool = False) -> Findings:
    keys = read_vkeys(signer().vkey)
    return services.verify(since_last=since_last, keys=keys, beat=lambda done, total: None)[0]


def test_nothing_is_found_in_a_whole_log(sign: Sign, var: Path) -> None:  # noqa: F811
    fill()
    sign()

    findings = verified()

    assert findings.listed == []
    assert findings.counts["events"] > 300
    assert findings.counts["openings"] == 2
    assert findings.counts["audited tables"] > 10
    assert findings.counts["tiles"] > 0
    assert any("anchor file" in each for each in findings.not_proved)


TAMPERING = [
    ("COLUMN", "UPDATE audit_event SET actor = 'nobody' WHERE seq = (SELECT max(seq) FROM audit_event)"),
    ("COLUMN", "UPDATE audit_event SET at = at - interval '1 day' WHERE kind = 'registry.system.registered'"),
    ("LEAF", "UPDATE audit_event SET body = replace(convert_from(body, 'UTF8'), 'operator', 'nobody99')"
             "::bytea WHERE kind = 'registry.system.registered'"),
    ("EVENT_GONE", "DELETE FROM audit_event WHERE seq = (SELECT max(seq) FROM audit_event)"),
    ("POSITION", "DELETE FROM audit_position WHERE feed = 1 AND n = 7"),
    ("VERSIONS", "UPDATE audit_event SET entity_version = 2 WHERE kind = 'test.noted' AND seq = "
                 "(SELECT max(seq) FROM audit_event)"),
    ("TILE", "UPDATE audit_tile SET hashes = overlay(hashes placing '\\x00'::bytea FROM 40)"),
    ("TILE", "UPDATE audit_edge SET hashes = overlay(hashes placing '\\x00'::bytea FROM 5) WHERE level = 1"),
    ("LEAF", "UPDATE audit_edge SET hashes = overlay(hashes placing '\\x00'::bytea FROM 5) WHERE level = 0"),
    ("ROOT", "UPDATE audit_log SET root = sha256('x')"),
    ("CHECKPOINT", "UPDATE audit_checkpoint SET root = sha256('x')"),
    ("SIGNATURE", "UPDATE audit_checkpoint SET note = replace(note, E'\\n' || size, E'\\n' || size + 1)"),
    ("OPENING", "UPDATE audit_opening SET value = 'somebody else'"),
    ("ROW_VERSION", "UPDATE registry_aisystem SET event_version = event_version + 1"),
    ("ROW_GONE", "DELETE FROM audit_bundle"),
    ("NO_PLACE", "DELETE FROM audit_position WHERE feed = 1 AND n = "
                 "(SELECT max(n) FROM audit_position WHERE feed = 1)"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "statement"), TAMPERING)
def test_finds_what_a_superuser_changed(
    code: str, statement: str, sign: Sign, var: Path, tamper: Tamper  # noqa: F811
) -> None:  # fmt: skip
    fill()
    if "audit_bundle" in statement:
        from audit.bundles import asking
        from audit.bundles import services as bundles

        bundles.ask(asked=asking.read_request({}), actor=OPERATOR, now=timezone.now())
    sign()

    tamper(statement)

    assert code in verified().codes


def test_a_tail_that_was_cut_is_found_by_the_anchor_file(
    sign: Sign, var: Path, tamper: Tamper  # noqa: F811
) -> None:  # fmt: skip
    fill()
    sign()
    (var / "anchors").mkdir()
    note = Checkpoint.objects.get().note
    beyond = note.replace(f"\n{Checkpoint.objects.get().size}\n", "\n9999\n")
    text = beyond.rpartition("\n\n")[0] + "\n"
    beyond = f"{text}\n{signer().line(text)}"
    (var / "anchors" / "log.jsonl").write_text(
        json.dumps({"log": 1, "note": note}) + "\n" + '{"torn' + "\n" + json.dumps({"note": beyond}) + "\n"
    )

    found = verified()

    assert found.codes == {"BEHIND": 1}
    assert found.counts["anchored"] == 2


def test_what_is_new_is_checked_without_the_old(sign: Sign, var: Path, tamper: Tamper) -> None:  # noqa: F811
    fill()
    sign()
    assert tasks.check_since_last()
    fill(5)
    sign()

    later = verified(since_last=True)
    assert tasks.check_since_last()
    tamper("UPDATE registry_aisystem SET event_version = event_version + 1")
    tamper("UPDATE audit_event SET actor = 'nobody' WHERE seq = (SELECT max(seq) FROM audit_event)")
    fill(1)
    sign()

    assert later.listed == []
    assert later.counts["events"] == 5 + 4
    state = checks.last_result()
    assert state is not None
    assert (state.ok, state.position > 300) == (True, True)
    assert "ROW_VERSION" in verified().codes


def test_signatures_are_checked_with_the_keys_published_here(
    var: Path, settings: Any, tamper: Tamper
) -> None:  # fmt: skip
    settings.AUDIT_LOG_KEY_FILE, settings.AUDIT_ANCHOR_FILE = "", ""
    fill(3)
    sequence()
    signing.tick(timezone.now())

    well = services.verify(since_last=True, beat=lambda done, total: None)[0]
    other = services.verify(since_last=True, keys=read_vkeys(signer().vkey), beat=lambda *_: None)[0]
    tamper(f"UPDATE audit_logkey SET vkey = '{signer().vkey}'")
    forged = services.verify(since_last=True, beat=lambda *_: None)[0]

    assert well.listed == []
    assert FROM_HERE in well.not_proved
    assert "SIGNATURE" in other.codes
    assert "SIGNATURE" in forged.codes
    assert FROM_HERE not in other.not_proved


@pytest.fixture
def as_auditor(committed_db: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is a login of the auditor; the connection goes back to the application's at the end."""
    before = dict(connection.settings_dict)
    login = {**before, **committed_db.settings("auditor")}
    monkeypatch.setitem(connections.settings, "auditor", login)
    yield
    connection.close()
    connection.settings_dict.clear()
    connection.settings_dict.update(before)
    if hasattr(connections._connections, "auditor"):
        connections["auditor"].close()
        del connections["auditor"]


@pytest.mark.usefixtures("as_auditor")
def test_the_command_runs_to_its_end_as_the_auditor(
    var: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AUDIT_LOG_KEY_FILE, settings.AUDIT_ANCHOR_FILE = "", ""
    fill(3)
    sequence()
    signing.tick(timezone.now())
    tasks.check_since_last()

    for arguments in ((), ("--since-last",)):
        with pytest.raises(SystemExit) as well:
            call_command("audit_verify", "--json", *arguments)
        said = json.loads(capsys.readouterr().out)
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_user")
            (login,) = cursor.fetchone()

        assert (well.value.code, said["findings"]) == (0, [])
        assert login.endswith("_auditor")
        assert any("could not be kept" in each for each in said["not_proved"])


def test_a_log_that_was_made_anew_is_found_by_what_was_seen(
    sign: Sign, var: Path, tamper: Tamper  # noqa: F811
) -> None:  # fmt: skip
    fill()
    sign()
    tasks.check_since_last()

    tamper("UPDATE audit_edge SET hashes = overlay(hashes placing '\\x00'::bytea FROM 5) WHERE level = 1")

    assert "ROOT" in verified(since_last=True).codes
    assert not tasks.check_since_last()


def test_events_that_wait_too_long_are_late(var: Path, tamper: Tamper) -> None:
    fill(1)
    tamper("UPDATE audit_event SET recorded_at = recorded_at - interval '1 hour'")

    assert verified().codes["LATE"] == 1


def test_the_command_says_it_and_its_status_is_for_programs(
    sign: Sign, var: Path, tamper: Tamper, capsys: pytest.CaptureFixture[str]  # noqa: F811
) -> None:  # fmt: skip
    fill(3)
    sign()

    with pytest.raises(SystemExit) as well:
        call_command("audit_verify", "--json", "--key", signer().vkey)
    said = json.loads(capsys.readouterr().out)
    tamper("UPDATE audit_log SET root = sha256('x')")
    with pytest.raises(SystemExit) as wrong:
        call_command("audit_verify")
    with pytest.raises(SystemExit) as unknown:
        call_command("audit_verify", "--key", "no key")

    assert (well.value.code, wrong.value.code, unknown.value.code) == (0, 1, 2)
    assert said["ok"]
    assert "ROOT:" in capsys.readouterr().out
    assert checks.last_checks()[0].at <= timezone.now() + dt.timedelta(seconds=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_checkstate")
        assert cursor.fetchone() == (1,)
