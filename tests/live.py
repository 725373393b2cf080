"""The real thing for journeys and fault tests: granian, workers, clock and sequencer as processes of their
own, on a database of their own, run as `manage.py up` runs them.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.embedded import folders
from config.embedded.programs import child_environment, programs
from config.embedded.redis import redis_program
from config.embedded.supervisor import Child, Supervisor
from config.environment import BASE_DIR
from tests.servers import Server, TestDatabase, free_port

LONGEST_START = 90


@dataclass
class LiveCopy:
    """A running copy, and what a test may do to it."""

    url: str
    var_dir: Path
    database: TestDatabase
    environment: dict[str, str]
    supervisor: Supervisor

    def manage(self, *arguments: str, check: bool = True, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of `manage.py` against this copy; `more` are environment variables."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def process(self, name: str) -> Child:
        """One of its programs: web, worker, exporter, clock, sequencer."""
        return next(child for child in self.supervisor.children if child.program.name == name)

    def await_ready(self) -> None:
        """Until `/readyz` says so; starts again what has ended meanwhile."""
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline:
            self.supervisor.look_after()
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        log = (self.var_dir / "log" / "web.log").read_text()[-3000:]
        raise AssertionError(f"the live copy does not become ready:\n{log}")


@pytest.fixture(scope="session")
def live(database_server: Server) -> Iterator[LiveCopy]:
    """One copy for the whole run. Tests make the people and things they need; nothing is cleaned away."""
    # A short path, for the sockets in it.
    with (
        tempfile.TemporaryDirectory(prefix="cs-live-") as folder,
        database_server.fresh_database() as database,
    ):
        copy = _prepare(Path(folder), database)
        try:
            _run(copy, "migrate", "--database", "admin", "--noinput", "--verbosity", "0", "--skip-checks")
            _run(copy, "collectstatic", "--noinput", "--verbosity", "0", "--skip-checks")
            for batch in programs(port=copy.supervisor.port, environ=copy.environment):
                copy.supervisor.start(batch)
            copy.await_ready()
            yield copy
        finally:
            copy.supervisor.stop()


def _prepare(var_dir: Path, database: TestDatabase) -> LiveCopy:
    port = free_port()
    folders.prepare(var_dir)
    told = {
        "DATABASE_URL": database.url("app"),
        "DATABASE_ADMIN_URL": database.url("migrator"),
        "DATABASE_SEQUENCER_URL": database.url("sequencer"),
        "DATABASE_AUDITOR_URL": database.url("auditor"),
        "CALLS_PER_SECOND": "0",
        "LOG_LEVEL": "info",
    }
    supervisor = Supervisor(var_dir, port, say=lambda text: print(f"live: {text}"), told=told)
    if not os.environ.get("REDIS_URL") and (found := redis_program(var_dir / "redis")):
        program, told["REDIS_URL"] = found
        supervisor.start([program])
    environment = {**child_environment(var_dir=var_dir, port=port, process="command"), **told}
    return LiveCopy(f"http://127.0.0.1:{port}", var_dir, database, environment, supervisor)


def _run(copy: LiveCopy, *arguments: str) -> Any:
    done = copy.manage(*arguments, check=False)
    assert done.returncode == 0, done.stderr
