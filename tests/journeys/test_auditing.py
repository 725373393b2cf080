"""An auditor takes the log away, checks it without us, comes back, and finds out what was changed."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from config.environment import BASE_DIR
from tests.journeys.workplace import eventually
from tests.live import LiveCopy
from tests.servers import TestDatabase

pytestmark = pytest.mark.journey


@pytest.fixture
def auditor(desk_of: Callable[[str], Page], staff: dict[str, str]) -> Page:
    return desk_of(staff["auditor"])


def test_takes_the_log_away_and_comes_back(auditor: Page, live: LiveCopy, tmp_path: Path) -> None:
    key = live.manage("audit_key", "show").stdout.split()[-1]
    first = take_bundle(auditor, tmp_path / "first.zip")
    kept = tmp_path / "kept"
    kept.write_bytes(eventually(lambda: checkpoint(auditor)))

    assert "are, byte for byte, among the" in verify(first, key)
    live.manage("user", "create", "later@example.org", "--role", "reviewer")
    second = take_bundle(auditor, tmp_path / "second.zip")
    assert "is a state of its tree" in verify(second, key, "--against", str(kept))

    spoiled = tmp_path / "spoiled.zip"
    spoiled.write_bytes(second.read_bytes().replace(b"later@", b"latex@", 1)[:-1])
    assert verify(spoiled, key, status=1).startswith("ARCHIVE")


def test_sees_on_the_page_that_the_bytes_of_an_event_were_changed(auditor: Page, live: LiveCopy) -> None:
    live.manage("user", "create", "another@example.org", "--role", "reviewer")
    auditor.goto("/audit/events?kind=access.person.created")
    auditor.locator("tbody a").first.click()
    eventually(lambda: proof_of(auditor).startswith("Worked out just now"))
    event = auditor.url.rpartition("/")[2]

    with changed(live.database, event):
        auditor.reload()
        expect(auditor.locator("#proof [role=alert]")).to_contain_text("does not lead to the root")
        found = live.manage("audit_verify", check=False)

    assert found.returncode == 1
    assert "LEAF" in found.stdout
    assert live.manage("audit_verify", check=False).returncode == 0


def take_bundle(page: Page, path: Path) -> Path:
    """Ask for the whole log on the page, wait, and save the file."""
    page.goto("/audit/bundles")
    page.get_by_role("link", name="New bundle").first.click()
    page.get_by_role("button", name="Make the bundle").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=120_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(path)
    return path


def checkpoint(page: Page) -> bytes:
    answer = page.request.get("/audit/log/checkpoint")
    return answer.body() if answer.ok else b""


def proof_of(page: Page) -> str:
    page.reload()
    return page.locator("#proof .message").inner_text() if page.locator("#proof .message").count() else ""


def verify(bundle: Path, key: str, *more: str, status: int = 0) -> str:
    """Run the verifier where there is nothing but it and the file; what it says."""
    empty = bundle.with_suffix(".d")
    empty.mkdir(exist_ok=True)
    verifier = empty / "verifier.py"
    verifier.write_bytes((BASE_DIR / "audit" / "verifier.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(verifier), "bundle", str(bundle), "--key", key, *more],
        cwd=empty, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextlib.contextmanager
def changed(database: TestDatabase, event: str) -> Iterator[None]:
    """A superuser's work: the event says something else inside, and what it said afterwards."""
    with psycopg.connect(**database.login, dbname=database.name, autocommit=True) as superuser:
        row = superuser.execute("SELECT body FROM audit_event WHERE id = %s", [event]).fetchone()
        assert row is not None
        _write(superuser, event, bytes(row[0]).replace(b'"reviewer"', b'"auditor"').replace(b"0", b"1", 1))
        try:
            yield
        finally:
            _write(superuser, event, row[0])


def _write(superuser: "psycopg.Connection[tuple[bytes]]", event: str, body: bytes) -> None:
    superuser.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_no_change")
    superuser.execute("UPDATE audit_event SET body = %s WHERE id = %s", [body, event])
    superuser.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_no_change")
