"""The process that signs the log. It needs the key and the anchor file; nobody else does."""

import signal
import threading
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.utils import timezone

from audit.log import noting, services, signing, witnesses
from audit.log.errors import CannotSign, LogBroken, WillNotSign
from audit.roles import why_not_place

LEADERSHIP = 0x5369676E
"""Advisory lock: who holds it signs, so that the lines of the anchor file stay in order."""

PAUSE = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds between two rounds of the witnesses."""

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Sign the audit log and anchor what was signed, until stopped."
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
                log.warning("signer.database_lost", error=type(error).__name__)
                connection.close()
                stopped.wait(1)

    def _lead(self, stopped: threading.Event) -> None:
        if reason := why_not_place(connection):
            raise CommandError(reason)
        while not stopped.is_set() and not _take_leadership():
            stopped.wait(1)
        over = threading.Event()
        if settings.AUDIT_WITNESSES:
            threading.Thread(target=_show_witnesses, args=[over], daemon=True).start()
        try:
            while not stopped.is_set():
                self._look()
                stopped.wait(PAUSE)
        finally:
            over.set()

    def _look(self) -> None:
        """Sign if it is time; what stands against it is said once in the log and kept for the health page."""
        now, refusal = timezone.now(), ""
        try:
            signing.tick(now)
            services.beat(now)
        except (CannotSign, WillNotSign, LogBroken) as error:
            refusal = str(error)
        if refusal != self._said:
            self._said = refusal
            if refusal:
                log.error("signer.refuses", reason=refusal)
            else:
                log.info("signer.signs_again")
        noting.note_signer(refusal=refusal, now=now)


def _show_witnesses(over: threading.Event) -> None:
    """Beside the signing, because a witness may take its time."""
    pause = SHORTEST_PAUSE
    while not over.is_set():
        try:
            witnesses.show_newest(timezone.now())
            names = [witness.verifier.name for witness in witnesses.configured()]
            # One that is away, or will not, is not asked all the time.
            pause = min(2 * pause, LONGEST_PAUSE) if noting.has_witness_trouble(names) else SHORTEST_PAUSE
        except Error as error:
            log.warning("signer.database_lost", error=type(error).__name__)
            connection.close()
        except (CannotSign, LogBroken) as error:
            pause = LONGEST_PAUSE
            log.error("signer.witnesses", reason=str(error))
        over.wait(pause)
    connection.close()


def _take_leadership() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADERSHIP])
        row = cursor.fetchone()
    return bool(row and row[0])
