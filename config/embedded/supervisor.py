"""Keeps processes running: starts again what ends, and ends everything in order.

Ours, because the usual ones end everything as soon as one process ends. All children are started
from the main thread (see `children.spawn`), so everything happens in one loop.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.embedded.children import end_group, keep_short, spawn
from config.embedded.postgres import EmbeddedPostgres, Unavailable
from config.embedded.programs import Program, child_environment
from config.environment import BASE_DIR

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
LONG_LIFE = 60.0
"""Seconds after which a process counts as healthy again."""
PATIENCE = 5.0
"""Seconds that processes get to finish what they do."""


class StopRequested(Exception):
    """Ctrl-C or SIGTERM."""


@dataclass
class Child:
    """A program, its process, and when to start it again."""

    program: Program
    process: "subprocess.Popen[bytes] | None" = None
    began_at: float = 0.0
    start_at: float = 0.0
    pause: float = SHORTEST_PAUSE


@dataclass
class Supervisor:
    """All processes of one copy."""

    var_dir: Path
    port: int
    say: Callable[[str], None]
    database: EmbeddedPostgres | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    """Environment variables for the children beside those of every copy."""
    children: list[Child] = field(default_factory=list)
    _database_start_at: float = 0.0
    _look_at_logs_at: float = 0.0
    _database_pause: float = SHORTEST_PAUSE

    def listen_for_stop(self) -> None:
        """From now on Ctrl-C and SIGTERM raise `StopRequested` in the main thread."""

        def request(number: int, frame: FrameType | None) -> None:
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(each, signal.SIG_IGN)  # once is enough; what follows must not be interrupted
            raise StopRequested

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has it ignored, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, request)

    def start(self, programs: list[Program]) -> None:
        for program in programs:
            child = Child(program)
            self.children.append(child)
            self._launch(child)

    def run(self) -> None:
        """Watch until told to stop."""
        while True:
            self.look_after()
            if time.monotonic() >= self._look_at_logs_at:
                self._look_at_logs_at = time.monotonic() + 60
                for log in (self.var_dir / "log").glob("*.log"):
                    keep_short(log)
            time.sleep(0.2)

    def look_after(self) -> None:
        """Start again what has ended, each after its pause."""
        now = time.monotonic()
        self._look_after_database(now)
        for child in self.children:
            if child.process is None:
                if now >= child.start_at:
                    self._launch(child)
            elif child.process.poll() is not None:
                self._note_end(child, now)

    def stop(self) -> None:
        """End the processes, then the database they use."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for process in running:
            # What it has not finished then, its rows say, and the next start goes on with it.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            end_group(process)
            process.wait()
        self.children.clear()
        if self.database is not None:
            self.database.stop()

    def _launch(self, child: Child) -> None:
        program = child.program
        child.process = spawn(
            list(program.command),
            cwd=BASE_DIR,
            log=self.var_dir / "log" / f"{program.name}.log",
            env={
                **child_environment(var_dir=self.var_dir, port=self.port, process=program.process),
                **self.told,
            },
        )
        child.began_at = time.monotonic()

    def _note_end(self, child: Child, now: float) -> None:
        assert child.process is not None
        # Its own children would hold the port, or a lock.
        end_group(child.process)
        if now - child.began_at > LONG_LIFE:
            child.pause = SHORTEST_PAUSE
        self.say(
            f"{child.program.name} ended ({_how(child.process.returncode)}); starting it again in "
            f"{child.pause:g} s. "
            f"See {self.var_dir / 'log' / child.program.name}.log"
        )
        child.process = None
        child.start_at = now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _look_after_database(self, now: float) -> None:
        database = self.database
        if database is None or database.is_running or now < self._database_start_at:
            return
        self.say("the database ended; starting it again")
        try:
            database.start()
            self._database_pause = SHORTEST_PAUSE
        except Unavailable as error:
            self._database_start_at = time.monotonic() + self._database_pause
            self._database_pause = min(self._database_pause * 2, LONGEST_PAUSE)
            self.say(str(error))


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
