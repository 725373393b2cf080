"""`manage.py audit_key`, `audit_log`, `signer` and `witness`, as an operator uses them."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.log import keyfiles, keys, selectors, signing
from audit.log.models import Checkpoint, SignerState
from audit.note import Verifier
from config.environment import BASE_DIR
from tests.servers import TestDatabase, free_port

pytestmark = pytest.mark.usefixtures("committed_db", "outside")

Grow = Callable[[int], None]


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def until(check: Callable[[], bool]) -> None:
    for _ in range(200):
        if check():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 20 s")


def test_the_key_is_shown_and_changed() -> None:
    keys.signer(selectors.current().origin)  # as the signer does at its first start

    shown = run("audit_key").split()

    changed = run("audit_key", "rotate").split()

    assert len(shown) == len(changed) == 1
    assert run("audit_key", "show").split() == changed + shown
    assert Verifier.parse(changed[0]).name == selectors.current().origin


def test_a_log_in_order_is_shown_and_not_restarted(grow: Grow) -> None:
    grow(2)
    signing.tick(timezone.now())

    assert "2 leaves" in run("audit_log", "show")
    with pytest.raises(CommandError, match="--anyway"):
        run("audit_log", "restart", "--reason", "For fun.")
    with pytest.raises(CommandError, match="anchor"):
        run("audit_log", "adopt", "--reason", "For fun.")
    with pytest.raises(CommandError, match="reason"):
        run("audit_log", "restart", "--reason", " ", "--anyway")


def test_a_restart_prints_the_key_under_the_new_origin(grow: Grow) -> None:
    grow(2)
    signing.tick(timezone.now())

    printed = run("audit_log", "restart", "--reason", "The key was stolen.", "--anyway").strip()

    assert printed == keys.signer(selectors.current().origin).verifier.vkey


def test_an_account_without_the_signing_key_shows_none_and_makes_none(
    grow: Grow, outside: Path, settings: Any
) -> None:
    settings.VAR_DIR = outside / "web"

    with pytest.raises(CommandError, match="account of the signer"):
        run("audit_key", "show")

    assert not keys.key_file().exists()


def test_an_account_with_another_key_neither_shows_nor_changes_it(
    grow: Grow, outside: Path, settings: Any
) -> None:
    grow(1)
    signing.tick(timezone.now())
    settings.VAR_DIR = outside / "web"
    keyfiles.make(keys.key_file())

    for act in ("show", "rotate"):
        with pytest.raises(CommandError, match="never signed this log"):
            run("audit_key", act)


def test_a_login_that_may_not_place_facts_is_told_which_may(
    monkeypatch: pytest.MonkeyPatch, outside: Path
) -> None:
    monkeypatch.undo()  # as itself, not as the sequencer

    with pytest.raises(CommandError, match="DATABASE_SEQUENCER_URL"):
        run("audit_log", "restart", "--reason", "The disk failed.")


def test_the_signer_signs_until_it_is_stopped(
    grow: Grow, outside: Path, django_db_setup: TestDatabase
) -> None:
    grow(2)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COUNTERSIGN_PROCESS": "signer",
        "DATABASE_URL": django_db_setup.url("app"),
        "DATABASE_SEQUENCER_URL": django_db_setup.url("sequencer"),
        "VAR_DIR": str(outside),
        "SECRET_KEY": "x" * 60,
    }
    process = subprocess.Popen([sys.executable, "manage.py", "signer"], cwd=BASE_DIR, env=environment)
    try:
        until(lambda: Checkpoint.objects.filter(size=2).exists() and SignerState.objects.exists())
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)

    assert status == 0
    assert SignerState.objects.get().refusal == ""
    assert len((outside / "anchors" / "log.jsonl").read_text().splitlines()) == 2


def test_the_witness_prints_its_key_and_listens_until_it_is_stopped(outside: Path) -> None:
    log = keys.signer(selectors.current().origin).verifier.vkey
    words = ["witness", "--dir", str(outside / "w"), "--port", str(free_port()), "--log", log]
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    printed = process.stdout.readline().strip()
    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
    process.stdout.close()
    assert Verifier.parse(printed).algorithm == 4
    with pytest.raises(CommandError):
        run("witness", "--dir", str(outside / "w"), "--log", "nonsense")
