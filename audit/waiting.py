"""`?wait=`: requests that wait for something to become true, without a database connection each.

One thread per process asks the database for everybody at once, ten times a second; it exists while somebody
waits. NOTIFY would need a global lock at every commit of the hot paths, and a connection per listener.
"""

import threading
import time
from collections.abc import Callable, Collection, Hashable
from enum import Enum
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import connection

from audit.trail.models import Feed, FeedState

log = structlog.get_logger(__name__)

EVERY: Final = 0.1
"""Seconds between two questions to the database."""

Question = Callable[[Collection[Any]], Collection[Any]]
"""Which of these keys are answered by now. A function of a module: waiters are grouped by it."""


class Waited(Enum):
    """How a wait ended."""

    ANSWERED = "answered"
    TIMED_OUT = "timed out"
    NO_PLACE = "no place"


class WaitingRoom:
    """The places of one process, and the thread that looks for all who sit there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Question, Hashable, threading.Event]] = []
        self._poller: threading.Thread | None = None

    def wait(self, question: Question, key: Hashable, *, seconds: float) -> Waited:
        """Wait until `question` answers `key`. Not inside a transaction: its connection is given back."""
        seat = (question, key, threading.Event())
        with self._lock:
            if len(self._waiting) >= settings.WAITING_PLACES:
                return Waited.NO_PLACE
            self._waiting.append(seat)
            if self._poller is None:
                self._poller = threading.Thread(target=self._poll, name="waiting-room", daemon=True)
                self._poller.start()
        if not connection.in_atomic_block:
            connection.close()
        try:
            return Waited.ANSWERED if seat[2].wait(seconds) else Waited.TIMED_OUT
        finally:
            with self._lock:
                self._waiting.remove(seat)

    def _poll(self) -> None:
        try:
            while True:
                with self._lock:
                    seats = list(self._waiting)
                    if not seats:
                        self._poller = None
                        return
                self._look(seats)
                time.sleep(EVERY)
        finally:
            connection.close()

    def _look(self, seats: list[tuple[Question, Hashable, threading.Event]]) -> None:
        keys: dict[Question, set[Hashable]] = {}
        for question, key, _event in seats:
            keys.setdefault(question, set()).add(key)
        for question, asked in keys.items():
            try:
                answered = set(question(asked))
            except Exception:  # the waiters' time runs out as if nothing had happened; the next look may work
                log.warning("waiting.failed", exc_info=True)
                answered = set()
            finally:
                connection.close()
            for asker, key, event in seats:
                if asker is question and key in answered:
                    event.set()


room = WaitingRoom()
"""This process's."""


def longer_feeds(asked: Collection[tuple[Feed, int]]) -> Collection[tuple[Feed, int]]:
    """The (feed, position) pairs behind which something stands by now."""
    sizes = dict(FeedState.objects.values_list("feed", "size"))
    return [(feed, after) for feed, after in asked if sizes.get(feed, 0) > after]


def read_feed(
    feed: Feed, read: Callable[[int], tuple[list[Any], int]], *, after: int, seconds: float
) -> tuple[list[Any], int, Waited]:
    """A page of a feed, read anew until it holds something or the time is over.

    `read` answers the facts behind a position and the position to go on from. With a filter a page may be
    empty although the feed has grown; then the wait goes on from where it got to.
    """
    until = time.monotonic() + seconds
    facts, reached = read(after)
    waited = Waited.ANSWERED
    while not facts and (left := until - time.monotonic()) > 0:
        waited = room.wait(longer_feeds, (feed, reached), seconds=left)
        if waited is not Waited.ANSWERED:
            break
        facts, reached = read(reached)
    return facts, reached, waited
