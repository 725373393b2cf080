"""The process that gives the feeds their order, and adds the events to the log."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.utils import timezone

from audit.fingerprint import services as fingerprint
from audit.log import growing
from audit.log.errors import LogBroken
from audit.roles import why_not_place
from audit.trail import sequencer

LEADERSHIP = 0x436F756E
"""Advisory lock: who holds it leads. Only an economy; the row lock keeps the order right."""

PAUSE = 0.1

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Give the feeds their order and add events to the log, until stopped."
    requires_system_checks: list[str] = []
    _said = ""

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
        if reason := why_not_place(connection):
            raise CommandError(reason)
        _look_at_the_schema()
        while not stopped.is_set() and not _take_leadership():
            stopped.wait(1)
        passes = sequencer.Passes()
        while not stopped.is_set():
            moved = passes.one()
            if not self._grow() and moved < sequencer.BATCH:
                stopped.wait(PAUSE)

    def _grow(self) -> bool:
        """Add to the log; whether more waits. A broken log stops growing, the feeds go on."""
        try:
            return growing.grow() == growing.BATCH
        except LogBroken as broken:
            if str(broken) != self._said:
                self._said = str(broken)
                log.error("sequencer.log_is_broken", reason=self._said)
            return False


def _look_at_the_schema() -> None:
    """Migrations come with a restart: what they changed stands in the log before what follows."""
    try:
        fingerprint.look(now=timezone.now())
    except Error as error:
        log.warning("sequencer.schema_not_seen", error=type(error).__name__)


def _take_leadership() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADERSHIP])
        row = cursor.fetchone()
    return bool(row and row[0])
