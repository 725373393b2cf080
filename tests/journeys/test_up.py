"""`manage.py up`: one command starts everything, and nothing outlives it.

Each test is a person's day with it, because starting and stopping takes seconds.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.environment import BASE_DIR
from tests.servers import free_port

pytestmark = pytest.mark.journey

PATIENCE = 120
"""Seconds for a start on a busy machine; how long it should take is measured elsewhere."""


class Copy:
    """A folder and a port, and whatever `up` runs there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self.output = ""

    @property
    def environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "DATABASE_ADMIN_URL", "REDIS_URL")
            and not name.startswith(("COUNTERSIGN_", "DJANGO_", "PYTEST_"))
        }
        return {**inherited, "VAR_DIR": str(self.folder), "PORT": str(self.port)}

    def up(self, *arguments: str) -> str:
        """Start it and wait for the line that says it is ready; what was printed until then."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        printed = []
        watchdog = time.monotonic() + PATIENCE
        for line in self.process.stdout:
            printed.append(line)
            if line.startswith("Ready: "):
                return "".join(printed)
            assert time.monotonic() < watchdog, "".join(printed)
        raise AssertionError("it ended: " + "".join(printed))

    def stop(self, number: signal.Signals) -> int:
        assert self.process is not None
        with self.process:
            self.process.send_signal(number)
            return self.process.wait(60)

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR, env=self.environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def leftovers(self) -> list[str]:
        """Every process that this copy started and that still runs."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                told = process.environ() if process.pid != os.getpid() else {}
                in_data = process.name().startswith("postgres") and str(self.folder) in process.cwd()
                if in_data or (told.get("VAR_DIR") == str(self.folder) and "COUNTERSIGN_UP" in told):
                    found.append(" ".join(process.cmdline()) or process.name())
        return found

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as response:
            return int(response.status)


@pytest.fixture
def copy() -> Iterator[Copy]:
    with tempfile.TemporaryDirectory(prefix="cs-up-") as folder:
        made = Copy(Path(folder))
        yield made
        if made.process is not None and made.process.poll() is None:
            made.stop(signal.SIGTERM)


def eventually(check: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def test_starts_serves_stops_and_starts_again_with_everything_it_had(copy: Copy):
    printed = copy.up("--no-demo")
    assert "user create" in printed  # nobody could sign in yet, and it says how
    made = copy.manage("user", "create", "ada@example.org", "--role", "administrator")
    assert made.returncode == 0, made.stderr
    assert copy.get("/readyz") == 200
    assert (copy.folder / "secret_key").stat().st_mode & 0o077 == 0
    assert (copy.folder / "run" / "database.json").stat().st_mode & 0o077 == 0

    assert copy.stop(signal.SIGINT) == 0
    assert copy.leftovers() == []

    printed = copy.up("--no-demo")
    assert "user create" not in printed
    assert "migrations" not in printed
    again = copy.manage("user", "create", "ada@example.org", "--role", "administrator")
    assert "already" in (again.stdout + again.stderr)

    assert copy.stop(signal.SIGTERM) == 0
    assert copy.leftovers() == []


def test_after_being_killed_nothing_runs_on_and_nothing_is_lost(copy: Copy):
    copy.up("--no-demo")
    copy.manage("user", "create", "ada@example.org", "--role", "administrator")

    copy.stop(signal.SIGKILL)
    if sys.platform == "linux":
        eventually(lambda: copy.leftovers() == [])

    copy.up("--no-demo")
    again = copy.manage("user", "create", "ada@example.org", "--role", "administrator")
    assert "already" in (again.stdout + again.stderr)


def test_brings_the_database_back_when_it_is_killed(copy: Copy):
    copy.up("--no-demo")
    pid = int((copy.folder / "postgres" / "data" / "postmaster.pid").read_text().split("\n", 1)[0])

    os.kill(pid, signal.SIGKILL)

    def is_back() -> bool:
        with contextlib.suppress(OSError):
            return copy.get("/readyz") == 200 and psutil.pid_exists(pid) is False
        return False

    time.sleep(1.5)  # what /readyz found out is kept for a second
    eventually(is_back)


def test_refuses_a_folder_or_a_port_that_is_taken(copy: Copy):
    copy.up("--no-demo")

    second = copy.manage("up", "--no-demo")
    assert second.returncode != 0
    assert "already runs" in second.stderr

    with tempfile.TemporaryDirectory(prefix="cs-up-") as folder:
        other = Copy(Path(folder))
        other.port = copy.port
        refused = other.manage("up", "--no-demo")
    assert refused.returncode != 0
    assert f"Port {copy.port} is taken" in refused.stderr


@pytest.mark.parametrize("command", [["clearsessions"], ["user", "token", "ada@example.org"]])
def test_commands_say_how_to_start_it_and_exit_3_where_nothing_runs(copy: Copy, command: list[str]):
    done = copy.manage(*command)

    assert done.returncode == 3
    assert "make up" in done.stderr
    assert "Traceback" not in done.stderr
