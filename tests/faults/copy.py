"""A whole copy as `manage.py up` runs it, to be killed in parts and as a whole."""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from config.environment import BASE_DIR
from tests.servers import free_port

LONGEST_START = 120

PARTS = {
    "web": re.compile(r"granian"),
    "worker": re.compile(r"celery .*worker"),
    "sequencer": re.compile(r"manage\.py sequencer"),
    "signer": re.compile(r"manage\.py signer"),
    "clock": re.compile(r"celery .*beat"),
    "postgres": re.compile(r"postgres(.*) -D "),
}
"""The processes of a copy, by their command lines."""


@dataclass
class Copy:
    """One copy in a folder of its own, without the demo, with the embedded database."""

    var_dir: Path
    port: int = field(default_factory=free_port)
    up: "subprocess.Popen[bytes] | None" = None
    log: IO[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        told = {name: text for name, text in os.environ.items() if name not in NOT_TOLD}
        return {**told, "VAR_DIR": str(self.var_dir), "PORT": str(self.port), "CALLS_PER_SECOND": "0"}

    def start(self) -> None:
        """Start it and wait for `Ready:`."""
        output = self.var_dir.parent / f"{self.var_dir.name}.up.log"
        self.log = output.open("ab")
        seen = output.stat().st_size
        self.up = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-demo", "--port", str(self.port)],
            cwd=BASE_DIR,
            env=self.environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline:
            if b"Ready:" in output.read_bytes()[seen:]:
                return
            assert self.up.poll() is None, output.read_text()
            time.sleep(0.1)
        raise AssertionError(output.read_text())

    def stop(self) -> None:
        """SIGTERM, as a service manager would; then nothing is left."""
        if self.up is None:
            return
        family = self.family()
        self.up.send_signal(signal.SIGTERM)
        self.up.wait(60)
        _, left = psutil.wait_procs(family, timeout=10)
        self._forget()
        assert not left, [process.cmdline() for process in left]

    def kill_everything(self) -> None:
        """SIGKILL for the supervisor and every process below it, at once."""
        assert self.up is not None
        family = [*self.family(), psutil.Process(self.up.pid)]
        random.shuffle(family)
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.up.wait(30)
        psutil.wait_procs(family, timeout=30)
        self._forget()

    def kill(self, part: str) -> int:
        """SIGKILL for the processes of one part; answers how many there were."""
        killed = 0
        for process in self.family():
            try:
                if PARTS[part].search(" ".join(process.cmdline())):
                    process.kill()
                    killed += 1
            except psutil.NoSuchProcess:
                continue
        return killed

    def _forget(self) -> None:
        self.up = None
        if self.log:
            self.log.close()

    def family(self) -> list[psutil.Process]:
        assert self.up is not None
        return psutil.Process(self.up.pid).children(recursive=True)

    def manage(self, *arguments: str, **more: str) -> str:
        """Run a command of `manage.py` against this copy; answer what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


NOT_TOLD = {
    "COUNTERSIGN_PROCESS", "COUNTERSIGN_UP", "DATABASE_ADMIN_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE",
    "REDIS_URL", "SECRET_KEY", "TEST_VAR_DIR",
}  # fmt: skip
"""What the suite tells itself and this copy must find out."""


def temporary_folder() -> "tempfile.TemporaryDirectory[str]":
    """A short path, for the sockets in it."""
    return tempfile.TemporaryDirectory(prefix="cs-faults-")
