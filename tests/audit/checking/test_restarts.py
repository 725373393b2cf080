"""A log that was restored from before what was signed: announced it is not proved, hidden it is disproved."""

import datetime as dt
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit import verifier
from audit.bundles import asking, files, tasks
from audit.bundles import services as bundles
from audit.bundles.models import Bundle
from audit.checking import services as checking
from audit.checking.findings import Findings
from audit.log import anchors, keys, selectors, services, signing
from audit.log.anchors import Anchored, Remembered
from audit.log.errors import WillNotSign
from audit.log.models import Checkpoint, Log
from audit.trail.actors import OPERATOR
from tests.audit.bundles.conftest import own_folder  # noqa: F401  # a fixture
from tests.audit.log.conftest import outside, sequence, write  # noqa: F401  # a fixture
from tests.audit.log.test_tampering import TABLES, unguarded
from tests.servers import TestDatabase

pytestmark = pytest.mark.usefixtures("committed_db", "outside")

NOW = timezone.now()
MINUTE = dt.timedelta(minutes=1)
REASON = "The disk was lost."


def sign(minutes: int, events: int = 0) -> Checkpoint:
    write(events)
    sequence()
    signed = signing.tick(NOW + minutes * MINUTE)
    assert signed is not None
    return signed


@pytest.fixture
def restored(committed_db: TestDatabase) -> Callable[[int], None]:
    """Sign 5, 9 and 11 leaves, go back to where 5 were signed of 6, and write so many others."""

    def go_back(others: int) -> None:
        sign(0, 5)
        write(1)
        sequence()
        back_up(committed_db)
        sign(2, 3)
        sign(4, 2)
        restore(committed_db)
        write(others)
        sequence()
        with pytest.raises(WillNotSign):
            signing.tick(NOW + 6 * MINUTE)

    return go_back


def back_up(database: TestDatabase) -> None:
    with database.as_owner() as owner:
        owner.execute("DROP SCHEMA IF EXISTS old_dump CASCADE")
        owner.execute("CREATE SCHEMA old_dump")
        for table in TABLES:
            owner.execute(f"CREATE TABLE old_dump.{table} AS TABLE {table}".encode())


@pytest.fixture
def restored_twice(committed_db: TestDatabase) -> Log:
    """A backup of 6 leaves, 5 of them signed, that was restored twice; 11 of log 1 were signed before the
    first time and 7 of log 2 before the second. Answers log 2, which the second restore forgot."""
    sign(0, 5)
    write(1)
    sequence()
    back_up(committed_db)
    sign(2, 5)
    restore(committed_db, keep=True)
    log = services.restart(reason="The first disk was lost.", now=NOW)
    sign(4, 2)
    sign(6, 4)
    restore(committed_db)
    write(2)
    sequence()
    with pytest.raises(WillNotSign):
        signing.tick(NOW + 7 * MINUTE)
    return log


def restore(database: TestDatabase, *, keep: bool = False) -> None:
    with unguarded(database) as owner:
        for table in TABLES:
            owner.execute(f"TRUNCATE {table}".encode())
            owner.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM old_dump.{table}".encode()
            )
        owner.execute("ALTER TABLE audit_anchor DISABLE TRIGGER audit_no_change")
        owner.execute("DELETE FROM audit_anchor WHERE size > 5 OR log > 1")
        owner.execute("ALTER TABLE audit_anchor ENABLE ALWAYS TRIGGER audit_no_change")
        if not keep:
            owner.execute("DROP SCHEMA old_dump CASCADE")
    connection.close()


def restart() -> None:
    services.restart(reason=REASON, now=NOW, anyway=True)
    sign(8, 3)


def vkeys(*forgotten: str) -> list[verifier.VKey]:
    return [
        key
        for origin in [*(log.origin for log in selectors.logs()), *forgotten]
        for key in verifier.read_vkeys(keys.signer(origin).verifier.vkey)
    ]


def bundled(against: str = "", forgotten: Sequence[str] = ()) -> verifier.Report:
    bundle = bundles.ask(asked=asking.read_request({}), actor=OPERATOR, now=NOW)
    sign(20)
    tasks.run_bundle(bundle_id=str(bundle.pk))
    assert Bundle.objects.get().state == "done", Bundle.objects.get().failure
    return again(against, forgotten)


def again(against: str, forgotten: Sequence[str]) -> verifier.Report:
    file = io.BytesIO(files.path_of(Bundle.objects.get().pk).read_bytes())
    kept = verifier.notes_in(against, "anchors") if against else []
    return verifier.check_bundle(file, vkeys(*forgotten), against=kept)


def checked(*, forgotten: Sequence[str] = ()) -> Findings:
    return checking.verify(since_last=False, keys=vkeys(*forgotten), beat=lambda done, total: None)[0]


def kept() -> str:
    return anchors.place().read_text()


@pytest.mark.parametrize("others", [0, 2, 9])
@pytest.mark.parametrize("with_anchors", [True, False])
def test_the_offline_verifier_says_what_was_lost_and_why(
    restored: Callable[[int], None], others: int, with_anchors: bool
) -> None:
    restored(others)
    restart()

    report = bundled(kept() if with_anchors else "")

    (said,) = (each for each in report.not_proved if each.startswith("log 1 was restored"))
    assert "6 leaves after its checkpoint of 5 leaves are lost" in said
    assert said.endswith(REASON)
    assert report.facts["lost"] == [{"log": 1, "common": 5, "signed": 11, "announced_by": 2}]
    of_lost = [each for each in report.not_proved if "of the lost part of log 1" in each]
    assert of_lost == (
        ["2 x checkpoints that you kept are of the lost part of log 1"] if with_anchors else []
    )
    assert any("your checkpoint of 5 leaves" in each for each in report.proved) is with_anchors


@pytest.mark.parametrize("others", [0, 2, 9])
def test_the_check_says_so_too_and_finds_nothing(restored: Callable[[int], None], others: int) -> None:
    restored(others)
    restart()

    findings = checked()

    assert findings.listed == []
    assert findings.counts["anchored of a part that was lost"] == 2
    assert any("6 leaves after its checkpoint of 5 leaves are lost" in each for each in findings.not_proved)


@pytest.mark.parametrize(("others", "code"), [(0, "BEHIND"), (9, "ROOT")])
def test_a_fork_that_no_restart_quotes_is_disproved(
    restored: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, others: int, code: str
) -> None:
    restored(others)
    first = Checkpoint.objects.get(size=5)
    with monkeypatch.context() as patch:
        # Whoever begins the log anew hides what was signed last.
        patch.setattr(anchors, "read", lambda: Remembered(Anchored(1, first.note), {2: "unread"}))
        patch.setattr(anchors, "newest_of_each", lambda: [Anchored(1, first.note)])
        services.restart(reason=REASON, now=NOW, anyway=True)
        sequence()
        remembered = Remembered(Anchored(1, first.note), {2: selectors.current().origin})
        patch.setattr(anchors, "read", lambda: remembered)
        sign(8)

        assert code in checked().codes
    with pytest.raises(verifier.Disproved) as caught:
        bundled(kept())

    assert caught.value.code == code


def test_only_what_was_signed_after_the_last_common_checkpoint_may_be_lost(
    restored: Callable[[int], None], tmp_path: Path
) -> None:
    restored(9)
    restart()
    log = selectors.logs()[0]
    lines = kept()
    text = f"{log.origin}\n4\n{'A' * 43}=\n"
    line = keys.signer(log.origin).sign(text).line
    (tmp_path / "forked.txt").write_text(f"{text}\n{line}")

    with pytest.raises(verifier.Disproved, match="4 leaves of log 1 is of another tree"):
        bundled((tmp_path / "forked.txt").read_text())
    anchors.add_checkpoint(log=1, note=f"{text}\n{line}", now=NOW)

    assert checked().codes == {"ROOT": 1}
    assert kept().startswith(lines)


def test_a_restart_must_say_how_the_former_log_ended(
    restored: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    restored(9)
    growing: Any = services._write_first_leaf

    def lie(log: Any, former: Any, *args: Any, **named: Any) -> None:
        former.size += 1
        growing(log, former, *args, **named)

    monkeypatch.setattr(services, "_write_first_leaf", lie)
    services.restart(reason=REASON, now=NOW)
    sequence()

    assert checked().codes["RESTART"] == 1


@pytest.mark.parametrize("with_anchors", [True, False])
def test_a_backup_restored_twice_is_one_bundle_that_says_what_was_lost_each_time(
    restored_twice: Log, with_anchors: bool
) -> None:
    restart()

    report = bundled(kept() if with_anchors else "", [restored_twice.origin])

    assert report.facts["lost"] == [{"log": 1, "common": 5, "signed": 11, "announced_by": 3}]
    assert report.facts["forgotten"] == [{"origin": restored_twice.origin, "signed": 7, "announced_by": 3}]
    assert any("6 leaves after its checkpoint of 5 leaves are lost" in each for each in report.not_proved)
    assert any("is lost, a restore forgot it: log 3 quotes" in each for each in report.not_proved)
    of_lost = sorted(each for each in report.not_proved if "checkpoints that you kept are of" in each)
    assert of_lost == (
        [
            "1 x checkpoints that you kept are of the lost part of log 1",
            f"2 x checkpoints that you kept are of {restored_twice.origin}, which is lost",
        ]
        if with_anchors
        else []
    )


def test_without_the_key_of_a_log_that_a_restore_forgot_nothing_of_it_is_believed(
    restored_twice: Log,
) -> None:
    restart()

    assert any("no key of it was given" in each for each in bundled().not_proved)
    with pytest.raises(verifier.Unreadable, match="No --key was given"):
        again(kept(), [])


def test_the_check_finds_nothing_after_the_second_restore_and_counts_what_was_lost(
    restored_twice: Log,
) -> None:
    restart()

    for findings in (checked(forgotten=[restored_twice.origin]), checked_with_keys_from_here()):
        assert findings.listed == []
        assert findings.counts["anchored of a part that was lost"] == 1
        assert findings.counts["anchored of a log that was lost"] == 2
        assert any("are lost" in each and each.endswith(REASON) for each in findings.not_proved)
        assert any("is lost, a restore forgot it" in each for each in findings.not_proved)


def checked_with_keys_from_here() -> Findings:
    return checking.verify(since_last=False, beat=lambda done, total: None)[0]


def test_a_restart_that_quotes_only_the_newest_anchor_is_neither_signed_nor_let_through(
    restored_twice: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one did before it quoted a checkpoint of every log: what log 1 lost stays hidden."""
    newest, first = anchors.newest_of_each()
    with monkeypatch.context() as patch:
        patch.setattr(anchors, "newest_of_each", lambda: [newest])
        services.restart(reason=REASON, now=NOW)
        sequence()
        hidden = signing._require_restart
    with pytest.raises(WillNotSign, match="does not quote the newest anchor of " + first.origin):
        signing.tick(NOW + 8 * MINUTE)
    monkeypatch.setattr(signing, "_require_restart", lambda *_: None)
    sign(8, 3)

    assert checked(forgotten=[restored_twice.origin]).codes == {"BEHIND": 1}
    with pytest.raises(verifier.Disproved) as caught:
        bundled(kept(), [restored_twice.origin])
    assert caught.value.code == "BEHIND"

    # The next log mends it.
    monkeypatch.setattr(signing, "_require_restart", hidden)
    services.restart(reason="Quoted too little.", now=NOW, anyway=True)
    sign(24, 1)
    assert checked(forgotten=[restored_twice.origin]).listed == []


def test_a_log_cannot_call_forgotten_what_comes_after_it(
    restored_twice: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_first_leaf: Any = services._write_first_leaf

    def lie(log: Log, former: Log, quoted: Sequence[str], **named: Any) -> None:
        text = f"{log.origin}\n4\n{'A' * 43}=\n"
        own = f"{text}\n{keys.signer(log.origin).sign(text).line}"
        write_first_leaf(log, former, [*quoted, own], **named)

    monkeypatch.setattr(services, "_write_first_leaf", lie)
    restart()

    assert checked(forgotten=[restored_twice.origin]).codes["RESTART"] == 1
    with pytest.raises(verifier.Disproved, match="quotes a checkpoint"):
        bundled(forgotten=[restored_twice.origin])


@pytest.mark.parametrize("changed", ["\n11\n", "\n12\n"])
def test_a_checkpoint_of_another_tree_is_found_after_the_second_restore_too(
    restored_twice: Log, changed: str
) -> None:
    restart()
    origin = selectors.logs()[0].origin
    text = f"{origin}{changed}{'A' * 43}=\n"
    forged = f"{text}\n{keys.signer(origin).sign(text).line}"

    with pytest.raises(verifier.Disproved, match=r"of another tree|older than that checkpoint"):
        bundled(forged, [restored_twice.origin])
    anchors.add_checkpoint(log=1, note=forged, now=NOW)

    assert set(checked(forgotten=[restored_twice.origin]).codes) <= {"ROOT", "BEHIND"}
    assert checked(forgotten=[restored_twice.origin]).codes


def test_two_restarts_with_nothing_signed_between_them_are_believed(
    restored: Callable[[int], None],
) -> None:
    restored(2)
    services.restart(reason=REASON, now=NOW)
    sequence()
    services.restart(reason="The key was lost, too.", now=NOW, anyway=True)
    sign(8, 3)

    assert checked().listed == []
    report = bundled(kept())
    assert report.facts["lost"] == [{"log": 1, "common": 5, "signed": 11, "announced_by": 2}]
    assert any("log 2: log 3 quotes no anchor of it" in each for each in report.not_proved)
