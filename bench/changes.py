"""One state change as the services make them, by several clients at once: with audit and without.

Without: the same service on a database whose table has no guards, saving its row and writing no event.
"""

import contextlib
import datetime as dt
import multiprocessing
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import dj_database_url
import psutil
import psycopg

from bench import stage

SET_UP = """
import django; django.setup()
from django.utils import timezone
from audit.trail.actors import OPERATOR
from registry.systems import services
for n in range({count}):
    print(services.register(actor=OPERATOR, slug=f"changed-{{n}}", name="0", now=timezone.now()).pk)
"""


def name_of(environment: Mapping[str, str]) -> str:
    """The database that an environment leads to."""
    return environment["DATABASE_URL"].rsplit("/", 1)[1]


def take_guards_off(login: dict[str, Any], name: str) -> None:
    with psycopg.connect(**login, dbname=name, autocommit=True) as connection:
        connection.execute("SELECT audit_detach('registry_aisystem')")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the clients of one side saw together."""

    per_second: float
    processor: float
    """Seconds per change, of the client and its server process: what does not depend on who else is busy."""


@dataclass
class Side:
    """One of the two that are compared."""

    environment: Mapping[str, str]
    audited: bool
    rows: tuple[UUID, ...] = ()

    @property
    def name(self) -> str:
        return name_of(self.environment)

    def prepare(self, clients: int) -> None:
        """A row for each client: what is measured is not waiting for each other's lock."""
        made = stage.run(["-c", SET_UP.format(count=clients)], self.environment)
        self.rows = tuple(UUID(line) for line in made.split())

    def run(self, clients: int, seconds: float) -> Seen:
        """So many clients, each a process with a connection, as fast as they are answered."""
        context = multiprocessing.get_context("fork")
        answers: Any = context.Queue()
        begin = context.Barrier(clients)
        processes = [
            context.Process(target=self._work, args=(self.rows[n], seconds, begin, answers))
            for n in range(clients)
        ]
        for process in processes:
            process.start()
        seen = [answers.get(timeout=seconds + 60) for _ in processes]
        for process in processes:
            process.join()
        done = sum(count for count, _, _ in seen)
        return Seen(sum(count / took for count, took, _ in seen), sum(used for _, _, used in seen) / done)

    def _work(self, system_id: UUID, seconds: float, begin: Any, answers: Any) -> None:
        from django.db import connection

        from audit.trail import services as trail
        from audit.trail.actors import OPERATOR
        from registry.systems import services

        # What was opened before the fork is the parent's.
        connection.connection = None
        connection.settings_dict.update(dj_database_url.parse(self.environment["DATABASE_URL"]))
        if not self.audited:
            trail.record = _save_only  # type: ignore[assignment]

        def change() -> None:
            now = dt.datetime.now(dt.UTC)
            services.change(system_id=system_id, actor=OPERATOR, changes={"name": now.isoformat()}, now=now)

        change()  # connects and plans
        begin.wait()
        done, used, began = 0, processor_seconds(), time.perf_counter()
        while time.perf_counter() - began < seconds:
            change()
            done += 1
        answers.put((done, time.perf_counter() - began, processor_seconds() - used))
        connection.close()


def processor_seconds() -> float:
    """Used so far by this process and the server's process behind its connection, where that is here."""
    from django.db import connection

    used = time.process_time()
    assert connection.connection is not None
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(connection.connection.info.backend_pid).cpu_times()
        used += times.user + times.system
    return used


def _save_only(*, entity: Any, **_: Any) -> None:
    entity.save(force_update=True)
