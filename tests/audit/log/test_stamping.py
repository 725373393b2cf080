"""audit.log.stamping: an authority stamps checkpoints with the time; no stamp is kept that does not hold."""

import base64
import datetime as dt
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.utils import timezone

from audit import verifier
from audit.log import authority, noting, signing, stamping
from audit.log.errors import CannotSign
from audit.log.models import Anchor, Checkpoint, SignerState
from audit.log.standing import standing
from audit.management.commands import signer
from config.checks import check_time_stamps
from config.environment import BASE_DIR
from tests import tsa as authorities
from tests.servers import TestDatabase
from tests.tsa import Tsa, needs_openssl, openssl_verifies, serving

pytestmark = [pytest.mark.usefixtures("committed_db", "outside"), needs_openssl]

NOW = timezone.now()
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
Grow = Callable[[int], None]


@pytest.fixture
def tsa(outside: Path, settings: Any) -> Iterator[Tsa]:
    """An authority that the settings name."""
    found = Tsa(outside / "tsa")
    with serving(found) as address:
        settings.AUDIT_TSA_URL, settings.AUDIT_TSA_CERTIFICATES = address, str(found.roots)
        settings.AUDIT_TSA_MINUTES = 60
        yield found


@pytest.fixture
def signed(grow: Grow) -> Checkpoint:
    """A checkpoint that nobody stamped yet."""
    grow(3)
    checkpoint = signing.tick(NOW)
    assert checkpoint is not None
    return checkpoint


def trouble() -> str:
    (said,) = SignerState.objects.get().witnesses.values()
    return str(said)


def test_a_stamp_is_about_the_signed_note_and_openssl_says_so(
    tsa: Tsa, signed: Checkpoint, tmp_path: Path
) -> None:
    assert stamping.stamp_newest(NOW)

    anchor = Anchor.objects.get(kind=Anchor.TIMESTAMP)
    token = base64.b64decode(anchor.evidence)
    stamp = verifier.read_stamp(token)
    assert anchor.size == signed.size == 3
    assert anchor.place.endswith("/tsr")
    assert stamp.imprint == hashlib.sha256(signed.note.encode()).digest()
    assert stamp.authority == authorities.NAME
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "note").write_text(signed.note)
    assert openssl_verifies(tmp_path / "token", tmp_path / "note", tsa.roots)
    assert not noting.has_trouble([anchor.place])


def test_the_next_is_due_when_the_time_has_passed_and_the_log_grew(
    tsa: Tsa, signed: Checkpoint, grow: Grow
) -> None:
    assert stamping.stamp_newest(NOW)
    assert not stamping.stamp_newest(NOW + 2 * HOUR), "nothing new is there"
    grow(1)
    signing.tick(NOW + MINUTE)

    found = [stamping.stamp_newest(NOW + after) for after in (59 * MINUTE, 60 * MINUTE, 61 * MINUTE)]

    assert found == [False, True, False]
    assert len(tsa.asked) == 2


def of_somebody_else(tsa: Tsa) -> None:
    tsa.answer = Tsa(tsa.folder / "other").reply


def about_something_else(tsa: Tsa) -> None:
    """Nonce and all are right, and the bytes are others."""

    meant = hashlib.sha256(Checkpoint.objects.get().note.encode()).digest()
    tsa.answer = lambda question: tsa.reply(question.replace(meant, bytes(32)))


def refusing(tsa: Tsa) -> None:
    tsa.digests = "sha512"
    tsa.configure()


def broken(tsa: Tsa) -> None:
    tsa.status = 500


def talkative(tsa: Tsa) -> None:
    tsa.answer = lambda question: bytes(authority.LONGEST_ANSWER + 1)


def nonsense(tsa: Tsa) -> None:
    tsa.answer = lambda question: b"<html>Sign in to the guest network</html>"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of_somebody_else, "does not hold"),
        (about_something_else, "does not hold"),
        (refusing, r"it refused \(rejection\)"),
        (broken, "it answered 500"),
        (talkative, "more than"),
        (nonsense, "no time stamp"),
    ],
)
def test_a_bad_answer_is_not_kept_and_said(
    change: Callable[[Tsa], None], said: str, tsa: Tsa, signed: Checkpoint
) -> None:
    change(tsa)

    assert not stamping.stamp_newest(NOW)

    assert not Anchor.objects.filter(kind=Anchor.TIMESTAMP).exists()
    assert re.search(said, trouble())
    assert noting.has_trouble([place.name for place in standing(NOW).places])


def test_an_answer_of_before_is_no_answer(tsa: Tsa, signed: Checkpoint) -> None:
    named = authority.configured()
    assert named is not None
    note = signed.note.encode()
    authority.ask(named, note)
    before = tsa.reply(tsa.asked[0])
    tsa.answer = lambda question: before

    with pytest.raises(authority.NotStamped, match="Nonce"):
        authority.ask(named, note)


def test_one_that_answers_drop_by_drop_is_cut_off(
    tsa: Tsa, signed: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority, "LONGEST_CALL", 0.3)
    tsa.answer = lambda question: time.sleep(1) or b""
    began = time.monotonic()

    assert not stamping.stamp_newest(NOW)

    assert time.monotonic() - began < 0.9
    assert "it took longer than" in trouble()


def test_one_that_is_away_is_said(tsa: Tsa, signed: Checkpoint, settings: Any) -> None:
    settings.AUDIT_TSA_URL = "http://127.0.0.1:9/tsr"

    assert not stamping.stamp_newest(NOW)

    assert trouble() == "it cannot be reached: URLError"


def test_without_an_authority_nothing_is_asked(signed: Checkpoint) -> None:
    assert not stamping.stamp_newest(NOW)
    assert [place.kind for place in standing(NOW).places] == [Anchor.FILE]


def test_what_is_late_is_said_in_words(tsa: Tsa, signed: Checkpoint, grow: Grow) -> None:
    stamping.stamp_newest(NOW)
    name = Anchor.objects.get(kind=Anchor.TIMESTAMP).place
    late = f"{name} has not stamped the audit log for long: it answered 503"
    noting.note_place(name, trouble="it answered 503", now=NOW)
    assert late not in standing(NOW + 3 * HOUR).warnings, "there is nothing new to be stamped"
    grow(1)
    signing.tick(NOW + MINUTE)

    assert late not in standing(NOW + 85 * MINUTE).warnings
    assert late in standing(NOW + 91 * MINUTE).warnings
    place = standing(NOW + 91 * MINUTE).places[-1]
    assert (place.kind, place.name, place.size, place.is_late) == (Anchor.TIMESTAMP, name, 3, True)


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("an http", "AUDIT_TSA_URL", "ftp://tsa.example.org"),
        ("without a user", "AUDIT_TSA_URL", "https://me:secret@tsa.example.org"),
        ("has to name its root", "AUDIT_TSA_CERTIFICATES", ""),
        ("cannot be read", "AUDIT_TSA_CERTIFICATES", "nothing.pem"),
    ],
)
def test_a_set_up_that_cannot_work_is_refused_by_name(
    said: str, name: str, value: str, tsa: Tsa, settings: Any
) -> None:
    assert check_time_stamps(None) == []

    setattr(settings, name, value)

    (found,) = check_time_stamps(None)
    assert found.is_serious()
    assert said in found.msg
    assert name in found.msg


def test_without_the_optional_package_an_authority_is_refused(
    tsa: Tsa, signed: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority, "is_installed", lambda: False)

    (found,) = (each for each in checks.run_checks() if each.id == "audit.E001")

    assert "rfc3161-client" in found.msg
    assert any("rfc3161-client" in warning for warning in standing(NOW).warnings)
    with pytest.raises(CannotSign, match="rfc3161-client"):
        stamping.stamp_newest(NOW)


def test_the_signer_does_not_wait_for_the_authority(
    grow: Grow, tsa: Tsa, outside: Path, django_db_setup: TestDatabase, settings: Any
) -> None:
    released = threading.Event()
    tsa.answer = lambda question: tsa.reply(question) if released.wait(25) else b""
    grow(2)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COUNTERSIGN_PROCESS": "signer",
        "DATABASE_URL": django_db_setup.url("app"),
        "DATABASE_SEQUENCER_URL": django_db_setup.url("sequencer"),
        "VAR_DIR": str(outside),
        "SECRET_KEY": "x" * 60,
        "AUDIT_TSA_URL": settings.AUDIT_TSA_URL,
        "AUDIT_TSA_CERTIFICATES": settings.AUDIT_TSA_CERTIFICATES,
    }
    process = subprocess.Popen([sys.executable, "manage.py", "signer"], cwd=BASE_DIR, env=environment)
    stamps = Anchor.objects.filter(kind=Anchor.TIMESTAMP)
    try:
        until(lambda: bool(tsa.asked))
        grow(signing.MOST_LEAVES)
        until(lambda: Anchor.objects.filter(kind=Anchor.FILE, size__gt=signing.MOST_LEAVES).exists())
        assert not stamps.exists()
        released.set()
        until(stamps.exists)
    finally:
        released.set()
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)

    assert status == 0
    assert stamps.first().size == 2


def until(check: Callable[[], bool]) -> None:
    for _ in range(300):
        if check():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 s")


class Turns:
    """Ends after ten rounds, and remembers how long each waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def is_set(self) -> bool:
        return len(self.waits) == 10

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def test_one_in_trouble_is_asked_ever_more_rarely() -> None:
    noting.note_place("away", trouble="it answered 503", now=NOW)
    patient, eager = Turns(), Turns()

    for names, turns in ((["away"], patient), (["well"], eager)):
        signer._repeat(lambda names=names: names, turns, event="x", shortest=5.0, longest=600.0)

    assert patient.waits[:4] == [10, 20, 40, 80]
    assert max(patient.waits) == patient.waits[-1] == 600
    assert set(eager.waits) == {5}
