"""The process that gives the feeds their order."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import Error, connection

from audit.trail import sequencer

LEADERSHIP = 0x436F756E
"""Advisory lock: who holds it leads. Only an economy; the row lock keeps the order right."""

PAUSE = 0.1

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Give the feeds their order, until stopped."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.is_set():
            try:
                self._lead(stopped)
            except Error as error:
                # The database went away: come back when it does.
                log.warning("sequencer.database_lost", error=type(error).__name__)
                connection.close()
                stopped.wait(1)

    def _lead(self, stopped: threading.Event) -> None:
        while not stopped.is_set() and not _take_leadership():
            stopped.wait(1)
        while not stopped.is_set():
            if sequencer.integrate_all() < sequencer.BATCH:
                stopped.wait(PAUSE)


def _take_leadership() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADERSHIP])
        row = cursor.fetchone()
    return bool(row and row[0])
