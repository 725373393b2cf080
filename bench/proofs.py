"""Reads of a large log, each timed: from the id of an event to its proof, and what outsiders fetch."""

import random
import time
from uuid import UUID

from django.db import connection

from audit import merkle
from audit.log import selectors
from audit.log.inclusions import inclusion_of
from audit.log.tiles import WIDTH
from audit.trail.actors import OPERATOR
from audit.trail.selectors import event_for


def size() -> int:
    """The leaves of the current log."""
    return selectors.current().size


def inclusions(count: int) -> list[float]:
    """Seconds of each proof for a random event, starting from its id."""
    took = []
    for id_ in _events(count):
        began = time.perf_counter()
        found = inclusion_of(event_for(OPERATOR, id_))
        took.append(time.perf_counter() - began)
        assert found is not None
        assert found.holds
    return took


def consistencies(count: int) -> list[float]:
    """Seconds of each proof that a random earlier tree is the beginning of this one."""
    took = []
    for _ in range(count):
        earlier = random.randint(1, size())
        began = time.perf_counter()
        log = selectors.current()
        proof = selectors.consistency(log, earlier, log.size)
        took.append(time.perf_counter() - began)
        root = selectors.root_at(log, earlier)
        assert merkle.verify_consistency(earlier, root, log.size, bytes(log.root), proof)
    return took


def tiles(count: int) -> list[float]:
    """Seconds of each random tile of hashes."""
    return [_timed(selectors.tile, random.randrange(size() // WIDTH)) for _ in range(count)]


def entries(count: int) -> list[float]:
    """Seconds of each random bundle of 256 leaves."""
    return [_timed(selectors.entries, random.randrange(size() // WIDTH)) for _ in range(count)]


def _timed(read: object, n: int) -> float:
    began = time.perf_counter()
    log = selectors.current()
    if read is selectors.tile:
        selectors.tile(log, 0, n)
    else:
        selectors.entries(log, n)
    return time.perf_counter() - began


def _events(count: int) -> list[UUID]:
    places = [random.randint(1, size()) for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM audit_position JOIN audit_event ON seq = ref WHERE feed = 1 AND n = ANY(%s)",
            [places],
        )
        return [id_ for (id_,) in cursor.fetchall()]
