"""audit.log.services.restart: after a restore the log goes on under a new origin that says why."""

import json
from collections.abc import Callable

import orjson
import pytest
from django.utils import timezone

from audit.log import anchors, keys, selectors, services, signing
from audit.log.errors import NothingToRestart, WillNotSign
from audit.log.models import Checkpoint, Log
from audit.note import open_note
from audit.trail.models import Event, Pending
from tests.audit.log.conftest import sequence, write
from tests.audit.log.test_signing import MINUTE, rewrite
from tests.servers import TestDatabase

pytestmark = pytest.mark.usefixtures("committed_db", "outside")

NOW = timezone.now()
Grow = Callable[[int], None]


@pytest.fixture
def restored(grow: Grow, django_db_setup: TestDatabase) -> str:
    """A database from before its newest anchor, that has gone on since; the anchored note."""
    grow(9)
    signed = signing.tick(NOW)
    assert signed is not None
    rewrite(django_db_setup, 4)
    with pytest.raises(WillNotSign):
        signing.tick(NOW)
    return signed.note


def test_the_first_leaf_says_what_was_anchored_and_what_the_former_log_had_come_to(restored: str) -> None:
    write(2)

    log = services.restart(reason="The disk was lost.", now=NOW)
    sequence()

    former = Log.objects.get(number=1)
    first = orjson.loads(selectors.entries(selectors.current(), 0, 1)[0])
    assert first["kind"] == "audit.log.restarted"
    assert first["details"] == {
        "log": 2,
        "origin": log.origin,
        "former_log": 1,
        "former_origin": former.origin,
        "former_size": former.size,
        "former_root": bytes(former.root).hex(),
        "anchored": restored,
        "also_anchored": [],
        "reason": "The disk was lost.",
    }
    assert former.base + former.size == selectors.current().base
    assert selectors.current().size == 3
    assert not Pending.objects.exists()
    assert bytes(former.root) == selectors.root_at(former, former.size)


def test_the_signer_goes_on_under_the_new_origin(restored: str) -> None:
    log = services.restart(reason="The disk was lost.", now=NOW)
    sequence()

    checkpoint = signing.tick(NOW + MINUTE)

    assert checkpoint is not None
    assert checkpoint.log == 2
    assert open_note(checkpoint.note, keys.verifiers(log.origin)).text.startswith(log.origin + "\n")
    write(1)
    sequence()
    assert signing.tick(NOW + 3 * MINUTE) is not None


def test_refuses_to_leave_a_log_that_is_whole(grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)

    with pytest.raises(NothingToRestart):
        services.restart(reason="For fun.", now=NOW)
    assert services.restart(reason="The key was stolen.", now=NOW, anyway=True).number == 2
    sequence()
    assert signing.tick(NOW + MINUTE) is not None


def test_a_new_log_that_nobody_announced_outside_is_not_signed(restored: str) -> None:
    services.restart(reason="The disk was lost.", now=NOW)
    sequence()
    lines = [line for line in anchors.place().read_text().splitlines() if json.loads(line)["log"] == 1]
    anchors.place().write_text("\n".join(lines) + "\n")

    with pytest.raises(WillNotSign, match="another log"):
        signing.tick(NOW + MINUTE)


def test_a_new_log_that_hides_the_newest_anchor_is_not_signed(restored: str) -> None:
    services.restart(reason="The disk was lost.", now=NOW)
    sequence()
    lines = anchors.place().read_text().splitlines()
    other = json.loads(lines[1]) | {"note": restored.replace("\n9\n", "\n8\n")}
    anchors.place().write_text("\n".join([lines[0], json.dumps(other), *lines[2:]]) + "\n")

    with pytest.raises(WillNotSign, match="does not quote"):
        signing.tick(NOW + MINUTE)


def test_a_restart_that_is_not_committed_changes_nothing(
    restored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(anchors, "add_beginning", fail)

    with pytest.raises(OSError, match="disk full"):
        services.restart(reason="The disk was lost.", now=NOW)

    assert [log.number for log in selectors.logs()] == [1]
    assert not Event.objects.filter(kind="audit.log.restarted").exists()


def test_a_number_that_a_restore_forgot_is_not_given_again(
    restored: str, django_db_setup: TestDatabase
) -> None:
    forgotten = services.restart(reason="The disk was lost.", now=NOW)
    write(1)
    sequence()
    signing.tick(NOW + MINUTE)
    with django_db_setup.as_owner() as owner:
        for statement in (
            "ALTER TABLE audit_log DISABLE TRIGGER USER", "ALTER TABLE audit_checkpoint DISABLE TRIGGER USER",
            "DELETE FROM audit_log WHERE number = 2", "DELETE FROM audit_checkpoint",
            "ALTER TABLE audit_log ENABLE TRIGGER USER", "ALTER TABLE audit_checkpoint ENABLE TRIGGER USER",
        ):  # fmt: skip
            owner.execute(statement.encode())

    with pytest.raises(WillNotSign, match="another log"):
        signing.tick(NOW + 2 * MINUTE)
    log = services.restart(reason="And once more.", now=NOW)
    sequence()

    assert log.number == 3
    first = orjson.loads(selectors.entries(selectors.current(), 0, 1)[0])
    assert first["details"]["anchored"].startswith(forgotten.origin + "\n2\n")
    assert first["details"]["also_anchored"] == [restored]
    assert signing.tick(NOW + 3 * MINUTE) is not None
    assert list(Checkpoint.objects.values_list("log", flat=True)) == [3]
