"""audit.log.signing: signs only what continues the newest anchor, and mends what a crash left."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from audit.log import anchors, keyfiles, keys, selectors, services, signing
from audit.log.errors import CannotSign, LogBroken, WillNotSign
from audit.log.models import Anchor, Checkpoint, LogKey
from audit.note import Checkpoint as Head
from audit.note import Signer, open_note, sign_note
from audit.trail.models import Event
from tests.audit.log.conftest import sequence, write
from tests.sequencing import as_sequencer
from tests.servers import TestDatabase

pytestmark = pytest.mark.usefixtures("committed_db", "outside")

NOW = timezone.now()
MINUTE = dt.timedelta(minutes=1)
Grow = Callable[[int], None]


class Crash(Exception):
    """The process ends here."""


def crash(*_args: Any, **_kwargs: Any) -> None:
    raise Crash


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in anchors.place().read_text().splitlines()]


def anchored_sizes() -> list[int]:
    return [int(line["note"].split("\n")[1]) for line in lines() if "note" in line]


def test_signs_what_is_new_and_anchors_it(grow: Grow) -> None:
    grow(3)

    checkpoint = signing.tick(NOW)

    log = selectors.current()
    assert checkpoint is not None
    note = open_note(checkpoint.note, keys.verifiers(log.origin))
    assert Head.parse(note.text) == Head(log.origin, 3, bytes(log.root))
    assert [line.get("note") for line in lines()] == [None, checkpoint.note]
    assert Anchor.objects.values_list("log", "size", "kind").get() == (1, 3, "file")
    assert [key["state"] for key in keys.published()] == ["active"]


def test_waits_for_a_minute_or_a_thousand_leaves(grow: Grow) -> None:
    assert signing.tick(NOW) is None
    grow(1)
    assert signing.tick(NOW) is not None
    assert signing.tick(NOW + 2 * MINUTE) is None
    grow(1)

    assert signing.tick(NOW + dt.timedelta(seconds=59)) is None
    assert signing.tick(NOW + MINUTE) is not None
    grow(999)
    assert signing.tick(NOW + MINUTE) is None
    grow(1)
    assert signing.tick(NOW + MINUTE) is not None
    assert anchored_sizes() == [1, 2, 1002]


@pytest.mark.parametrize("checkpoints_before", [0, 1])
@pytest.mark.parametrize("at", ["_insert", "add_checkpoint", "_record_anchor", "after"])
def test_a_crash_between_any_two_steps_is_mended(
    grow: Grow, monkeypatch: pytest.MonkeyPatch, at: str, checkpoints_before: int
) -> None:
    for n in range(checkpoints_before):
        grow(5)
        signing.tick(NOW - (9 - n) * MINUTE)
    grow(3)
    with monkeypatch.context() as patch:
        if at == "add_checkpoint":
            patch.setattr(anchors, at, crash)
        elif at != "after":
            patch.setattr(signing, at, crash)
        if at == "after":
            signing.tick(NOW)
        else:
            with pytest.raises(Crash):
                signing.tick(NOW)
    grow(2)

    signing.tick(NOW + MINUTE)
    signing.tick(NOW + 3 * MINUTE)

    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    assert sizes[-1] == selectors.current().size
    assert anchored_sizes() == sizes
    assert list(Anchor.objects.order_by("size").values_list("size", flat=True)) == sizes


def test_a_checkpoint_that_is_only_anchored_is_inserted_again_to_the_byte(
    grow: Grow, django_db_setup: TestDatabase
) -> None:
    grow(3)
    signed = signing.tick(NOW)
    assert signed is not None
    tamper(django_db_setup, "audit_checkpoint", "DELETE FROM audit_checkpoint")

    signing.tick(NOW + MINUTE)

    assert Checkpoint.objects.get().note == signed.note


def test_an_anchor_that_was_cut_off_is_written_again(grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)
    whole = anchors.place().read_bytes()
    anchors.place().write_bytes(whole[:-40])

    signing.tick(NOW + MINUTE)

    *_, torn, again = anchors.place().read_bytes().splitlines()
    assert whole.splitlines()[-1].startswith(torn)
    assert json.loads(again)["note"] == json.loads(whole.splitlines()[-1])["note"]


def test_refuses_a_log_that_was_rewritten(grow: Grow, django_db_setup: TestDatabase) -> None:
    grow(3)
    signing.tick(NOW)
    rewrite(django_db_setup, 5)

    with pytest.raises(WillNotSign, match="does not continue the tree of 3"):
        signing.tick(NOW + MINUTE)
    assert anchored_sizes() == [3]


def test_refuses_a_log_that_was_rewritten_and_signed_in_the_database(
    grow: Grow, django_db_setup: TestDatabase
) -> None:
    grow(3)
    signing.tick(NOW)
    rewrite(django_db_setup, 5)
    log = selectors.current()
    forged = sign_note(signing.head_of(log).text, keys.signer(log.origin))
    tamper(django_db_setup, "audit_checkpoint", "DELETE FROM audit_checkpoint")
    with as_sequencer():
        Checkpoint.objects.create(log=1, size=5, root=log.root, note=forged, signed_at=NOW)

    with pytest.raises(WillNotSign, match="does not continue the tree of 3"):
        signing.tick(NOW + MINUTE)


def test_refuses_a_log_that_was_cut(grow: Grow, django_db_setup: TestDatabase) -> None:
    grow(3)
    signing.tick(NOW)
    rewrite(django_db_setup, 2)

    with pytest.raises(WillNotSign, match="3 leaves, the log has 2"):
        signing.tick(NOW + MINUTE)


def test_refuses_a_row_that_says_another_root_than_the_tiles(grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)
    grow(1)
    log = selectors.current()
    log.root = bytes(32)
    with as_sequencer():
        log.save(update_fields=["root"])

    with pytest.raises(LogBroken, match="another root"):
        signing.tick(NOW + MINUTE)


def test_refuses_checkpoints_that_another_key_signed(grow: Grow, django_db_setup: TestDatabase) -> None:
    grow(3)
    signing.tick(NOW)
    grow(2)
    log = selectors.current()
    forged = sign_note(signing.head_of(log).text, Signer.parse(
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    ))  # fmt: skip
    with as_sequencer():
        Checkpoint.objects.create(log=1, size=5, root=log.root, note=forged, signed_at=NOW)

    with pytest.raises(WillNotSign, match="not signed by this place"):
        signing.tick(NOW + MINUTE)


def test_a_lost_anchor_file_stops_it_until_somebody_adopts_the_log(grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)
    anchors.place().unlink()
    grow(1)

    with pytest.raises(WillNotSign, match="adopt"):
        signing.tick(NOW + MINUTE)
    services.adopt(reason="The disk is gone.", now=NOW)
    sequence()
    signing.tick(NOW + MINUTE)

    assert anchored_sizes() == [3, 5]
    assert Event.objects.filter(kind="audit.log.adopted").count() == 1


def test_a_lost_anchor_file_is_no_first_start_even_after_one_checkpoint(grow: Grow) -> None:
    grow(1)
    signing.tick(NOW)
    anchors.place().write_text("")

    with pytest.raises(WillNotSign, match="adopt"):
        signing.tick(NOW + MINUTE)


@pytest.mark.parametrize(
    "content", ["[]\n", '{"log": 1}\n', '{"note": "x"}\n', '{"log": "x", "note": "y"}\n']
)
def test_an_anchor_file_that_says_something_else_stops_it(grow: Grow, content: str) -> None:
    grow(1)
    anchors.place().parent.mkdir()
    anchors.place().write_text(content)

    with pytest.raises(CannotSign, match="anchor file"):
        signing.tick(NOW)


def test_goes_on_after_the_key_was_changed_and_lists_both(grow: Grow) -> None:
    grow(1)
    signing.tick(NOW)

    former, present = services.rotate_key(now=NOW)
    sequence()
    checkpoint = signing.tick(NOW + MINUTE)

    assert checkpoint is not None
    assert open_note(checkpoint.note, [present]).signatures
    assert [(key["vkey"], key["state"]) for key in keys.published()] == [
        (present, "active"),
        (former, "retired"),
    ]
    assert LogKey.objects.count() == 2
    assert [each.vkey for each in keys.verifiers(selectors.current().origin)] == [present, former]


@pytest.mark.parametrize("moment", ["before the file", "behind the file"])
def test_a_crash_while_the_key_is_changed_leaves_one_that_signs_and_is_told(
    grow: Grow, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The file is no part of the transaction: whoever dies between the two has changed one of them only."""
    grow(1)
    signing.tick(NOW)
    before = keys.signer(selectors.current().origin).verifier
    rotate = keyfiles.rotate

    def crash(*arguments: Any) -> None:
        if moment == "behind the file":
            rotate(*arguments)
        else:
            monkeypatch.setattr(keyfiles, "_draft", fail)
            rotate(*arguments)
        fail()

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(keyfiles, "rotate", crash)
        with pytest.raises(KeyboardInterrupt):
            services.rotate_key(now=NOW)
    assert told_of_keys() == []
    grow(1)
    checkpoint = signing.tick(NOW + MINUTE)

    present = keys.signer(selectors.current().origin).verifier
    assert checkpoint is not None
    assert open_note(checkpoint.note, [present]).signatures
    assert (present == before) is (moment == "before the file")
    assert [each.vkey for each in keys.verifiers(before.name)] == list(
        dict.fromkeys([present.vkey, before.vkey])
    )
    assert told_of_keys() == ([] if present == before else [("clock", before.vkey, present.vkey)])
    grow(1)
    assert signing.tick(NOW + 2 * MINUTE) is not None
    assert len(told_of_keys()) == (0 if present == before else 1)


def told_of_keys() -> list[tuple[str, str, str]]:
    """Who, the former key and the present one, of every event about a change."""
    found = Event.objects.filter(kind=signing.ROTATED).order_by("seq")
    said = [(event.actor, orjson.loads(bytes(event.body))["details"]) for event in found]
    return [(actor, details["former"], details["present"]) for actor, details in said]


def test_a_key_that_was_changed_by_command_is_told_once(grow: Grow) -> None:
    grow(1)
    signing.tick(NOW)

    former, present = services.rotate_key(now=NOW)
    sequence()
    signing.tick(NOW + MINUTE)

    assert told_of_keys() == [("operator", former, present)]


def test_a_key_that_is_named_has_to_be_there(grow: Grow, settings: Any, outside: Path) -> None:
    settings.AUDIT_LOG_KEY_FILE = str(outside / "named.pem")
    grow(1)

    with pytest.raises(CannotSign, match="signing key"):
        signing.tick(NOW)
    keyfiles.make(outside / "named.pem")
    assert signing.tick(NOW) is not None
    assert (outside / "named.pem").stat().st_mode & 0o777 == 0o600


def test_a_silent_log_shows_every_ten_minutes_that_it_lives(grow: Grow) -> None:
    grow(1)
    signing.tick(NOW)

    assert not services.beat(NOW + 8 * MINUTE)
    assert services.beat(NOW + 9 * MINUTE)
    assert not services.beat(NOW + 9 * MINUTE)
    sequence()
    assert not services.beat(NOW + 9 * MINUTE)

    assert signing.tick(NOW + 9 * MINUTE) is not None
    assert Event.objects.filter(kind="audit.log.heartbeat").count() == 1


def tamper(database: TestDatabase, table: str, statement: str) -> None:
    """What an owner of the tables can do: lift the guards, and put them back."""
    with database.as_owner() as owner:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        owner.execute(statement.encode())
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
        owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_no_change".encode())


def rewrite(database: TestDatabase, size: int) -> None:
    """Other events in the place of those there, as many as `size`, with a tree that fits them."""
    with database.as_owner() as owner:
        for table in ("audit_event", "audit_position", "audit_tile", "audit_edge", "audit_log"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        for statement in (
            "DELETE FROM audit_position",
            "DELETE FROM audit_event",
            "DELETE FROM audit_tile",
            "DELETE FROM audit_edge",
            "UPDATE audit_log SET size = 0, root = sha256('')",
            "UPDATE audit_feedstate SET size = 0 WHERE feed = 1",
        ):
            owner.execute(statement.encode())
        for table in ("audit_event", "audit_position", "audit_tile", "audit_edge", "audit_log"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    connection.close()
    write(size, kind="test.forged")
    sequence()


@pytest.mark.usefixtures("forging")
def test_signs_at_once_where_somebody_waits_for_it(grow: Grow) -> None:
    grow(3)
    signing.tick(NOW)
    grow(1)
    assert signing.tick(NOW + dt.timedelta(seconds=2)) is None
    write(1, kind=signing.WAITS)
    sequence()

    signed = signing.tick(NOW + dt.timedelta(seconds=3))

    assert signed is not None
    assert signed.size == 5
    grow(1)
    assert signing.tick(NOW + dt.timedelta(seconds=4)) is None
