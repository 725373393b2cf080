"""The process that signs the log. It needs the key and the anchor file; nobody else does."""

import signal
import threading
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.utils import timezone

from audit.log import authority, noting, services, signing, stamping, witnesses
from audit.log.errors import CannotSign, LogBroken, WillNotSign
from audit.roles import why_not_place

LEADERSHIP = 0x5369676E
"""Advisory lock: who holds it signs, so that the lines of the anchor file stay in order."""

PAUSE = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds between two rounds of the witnesses."""
SHORTEST_WAIT, LONGEST_WAIT = 5.0, 600.0
"""Seconds between two looks whether it is time for a time stamp; the longer while there is none to be had."""

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
        if settings.AUDIT_TSA_URL:
            threading.Thread(target=_stamp, args=[over], daemon=True).start()
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

    def one_round() -> list[str]:
        witnesses.show_newest(timezone.now())
        return [witness.verifier.name for witness in witnesses.configured()]

    _repeat(one_round, over, event="signer.witnesses", shortest=SHORTEST_PAUSE, longest=LONGEST_PAUSE)


def _stamp(over: threading.Event) -> None:
    """Beside the signing and the witnesses, because an authority may take its time, too."""

    def one_round() -> list[str]:
        stamping.stamp_newest(timezone.now())
        named = authority.configured()
        return [named.name] if named else []

    _repeat(one_round, over, event="signer.time_stamps", shortest=SHORTEST_WAIT, longest=LONGEST_WAIT)


def _repeat(
    one_round: Callable[[], list[str]],
    over: threading.Event,
    *,
    event: str,
    shortest: float,
    longest: float,
) -> None:
    """Round after round until it is over. A round answers whom it asked: those in trouble are asked less."""
    pause = shortest
    while not over.is_set():
        try:
            pause = min(2 * pause, longest) if noting.has_trouble(one_round()) else shortest
        except Error as error:
            log.warning("signer.database_lost", error=type(error).__name__)
            connection.close()
        except (CannotSign, LogBroken) as error:
            pause = longest
            log.error(event, reason=str(error))
        over.wait(pause)
    connection.close()


def _take_leadership() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADERSHIP])
        row = cursor.fetchone()
    return bool(row and row[0])
