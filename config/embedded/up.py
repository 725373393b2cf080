"""Everything in one go: what `manage.py up` does, step by step, saying so."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from audit.roles import roles_of
from config import roles, services
from config.embedded import facts, folders, static_files
from config.embedded.account import NoAccount
from config.embedded.children import end_group, spawn
from config.embedded.postgres import EmbeddedPostgres, Unavailable
from config.embedded.programs import Program, child_environment, port_is_free, programs
from config.embedded.redis import redis_program
from config.embedded.supervisor import StopRequested, Supervisor
from config.environment import BASE_DIR
from config.models import Landmark
from governance.gate import keys

DATABASE = "countersign"
LONGEST_START = 120.0
_names = roles_of(DATABASE)
LOGINS = {
    "database": _names.app,
    "admin": _names.migrator,
    "sequencer": _names.sequencer,
    "auditor": _names.auditor,
}
"""The members of `Services` that are logins, and the role of each."""


class CannotStart(Exception):
    """The message says why, and what to do."""


@dataclass
class Copy:
    """One copy of Countersign: a folder and a port."""

    var_dir: Path
    port: int
    with_demo: bool
    began: float = field(default_factory=time.monotonic)
    helpers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, text: str) -> None:
        _print(f"{time.monotonic() - self.began:6.1f} s  {text}")

    def run(self) -> None:
        """Start everything, watch it until told to stop, end it in order.

        Raises:
            CannotStart: something is in the way; whatever was started has ended.
        """
        supervisor = Supervisor(self.var_dir, self.port, self.say)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(folders.hold(self.var_dir, self.url))
                supervisor.listen_for_stop()
                stack.callback(self._end, supervisor)
                later = self._start(supervisor)
                _print(f"\nReady: {self.url}\n\nCtrl-C stops it. Data and logs are in {self.var_dir}.")
                supervisor.start(later)
                supervisor.run()
            except StopRequested:
                self.say("stopping")
            except (Unavailable, NoAccount, folders.Occupied, facts.Unusable) as error:
                raise CannotStart(str(error)) from error
        self.say("stopped")

    def _end(self, supervisor: Supervisor) -> None:
        services.run_file(self.var_dir).unlink(missing_ok=True)
        for helper in self.helpers:
            end_group(helper)
        supervisor.stop()

    def _start(self, supervisor: Supervisor) -> list[Program]:
        """Everything that somebody waits for; answers the programs that are left to start."""
        if not port_is_free(self.port):
            raise CannotStart(f"Port {self.port} is taken. Choose another one: PORT={self.port + 1} make up")
        if count := folders.end_leftovers(self.var_dir):
            self.say(f"ended {count} processes of a run that was killed")
        is_fresh = not (self.var_dir / "postgres").exists() and not services.named().database
        folders.prepare(self.var_dir)
        keys.signer()  # before anybody asks the gate
        # The longest step of a first start, and it needs nothing that the others make.
        training = self._train_demo() if self.with_demo and is_fresh else None
        collecting = self._collect_static_files()
        found = self._provide_services(supervisor)
        self._migrate(found)
        if collecting is not None:
            self._await_helper(collecting, "static files")
            static_files.remember(self.var_dir)
        self.say("starting web, sequencer, workers and clock")
        first, later = programs(port=self.port)
        supervisor.start(first)
        loading = self._begin_demo(found.database, training)
        self._await_web(supervisor)
        self._settle_in(found.database, loading)
        return later

    def _provide_services(self, supervisor: Supervisor) -> services.Services:
        """What the environment does not name is started; its addresses go where children look for them."""
        given = services.named()
        broker = cache = ""
        logins: dict[str, str] = {}
        if given.broker:
            self.say("broker: the one that is named")
        elif found := redis_program(self.var_dir / "redis"):
            program, url = found
            self.say(f"broker: {Path(program.command[0]).name}")
            supervisor.start([program])
            broker, cache = services.of_redis(url)
        else:
            self.say("broker: files")
        if given.database:
            self.say("database: the one that is named")
        else:
            self.say("database: PostgreSQL of this copy")
            server = EmbeddedPostgres(self.var_dir / "postgres", log=self.var_dir / "log" / "postgres.log")
            supervisor.database = server
            server.start()
            roles.set_up(server.login, DATABASE)
            logins = {login: server.url(role, DATABASE) for login, role in LOGINS.items()}
        own = services.Services(broker=broker, cache=cache, **logins)
        folders.write_private(services.run_file(self.var_dir), json.dumps(asdict(own)))
        return services.find()

    def _collect_static_files(self) -> "subprocess.Popen[bytes] | None":
        if static_files.are_current(self.var_dir):
            return None
        self.say("static files: collecting")
        return self._help("collectstatic", "--noinput", "--clear", "--verbosity", "0", "--skip-checks")

    def _migrate(self, found: services.Services) -> None:
        count = facts.missing_migrations(found.admin or found.database)
        if not count:
            return
        self.say(f"database: {count} migrations")
        alias = "admin" if found.admin else "default"
        migrating = self._help(
            "migrate", "--database", alias, "--noinput", "--verbosity", "0", "--skip-checks", log="migrate"
        )
        self._await_helper(migrating, "migrate")

    def _begin_demo(
        self, database: str, training: "subprocess.Popen[bytes] | None"
    ) -> "subprocess.Popen[bytes] | None":
        """Load the demo where it belongs. It makes its people while web starts, then waits for web."""
        if not self.with_demo or facts.demo(database) is not facts.Demo.WANTED:
            return None
        self.say("demo: loading")
        facts.mark(database, Landmark.DEMO_BEGUN)
        if training is not None:
            self._await_helper(training, "training the demo's models")
        trained = ["--trained"] if training is not None else []
        return self._help("demo", "--url", self.url, *trained, log=None)

    def _settle_in(self, database: str, loading: "subprocess.Popen[bytes] | None") -> None:
        """Wait for the demo, or say how to sign in."""
        if loading is not None:
            self._await_helper(loading, "demo")
            facts.mark(database, Landmark.DEMO_DONE)
        elif facts.is_empty(database):
            _print(
                "\nNobody can sign in yet: .venv/bin/python manage.py user create EMAIL --role administrator"
            )
        elif facts.demo(database) is facts.Demo.DONE:
            self.say(
                "sign-ins were printed at the first start; a new password: manage.py user password EMAIL"
            )

    def _await_web(self, supervisor: Supervisor) -> None:
        """Until pages are served and the database behind them is ready."""
        sign_in = reverse(settings.LOGIN_URL)
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline:
            supervisor.look_after()
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as response:  # noqa: S310 - ours
                    found = json.load(response)
                with urllib.request.urlopen(self.url + sign_in, timeout=10) as response:  # noqa: S310 - ours
                    response.read()
            except (OSError, ValueError):
                time.sleep(0.1)
                continue
            for warning in found["warnings"]:
                if warning.startswith("guards"):
                    self.say(f"warning: {warning}")
            return
        log = self.var_dir / "log" / "web.log"
        raise CannotStart(
            f"The pages are not served after {LONGEST_START:.0f} s. {log} ends with:\n{_tail(log)}"
        )

    def _train_demo(self) -> "subprocess.Popen[bytes]":
        self.say("demo: training two classifiers")
        return self._spawn(["-m", "config.demo.train", str(self.var_dir / "demo")], log="demo")

    def _help(self, *arguments: str, log: str | None = "prepare") -> "subprocess.Popen[bytes]":
        """Start a command of `manage.py` that ends by itself."""
        return self._spawn(["manage.py", *arguments], log=log)

    def _spawn(self, arguments: list[str], *, log: str | None) -> "subprocess.Popen[bytes]":
        helper = spawn(
            [sys.executable, *arguments],
            log=None if log is None else self.var_dir / "log" / f"{log}.log",
            env=child_environment(var_dir=self.var_dir, port=self.port, process="command"),
            cwd=BASE_DIR,
        )
        self.helpers.append(helper)
        return helper

    def _await_helper(self, helper: "subprocess.Popen[bytes]", subject: str) -> None:
        if helper.wait() != 0:
            raise CannotStart(
                f"{subject} failed; the reason is above or at the end of the logs in {self.var_dir}/log."
            )


def _print(text: str) -> None:
    # Whoever read this may have heard enough; the copy goes on.
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:]) if log.exists() else "(nothing)"
