"""Gives every feed its order.

Polling a sequence loses facts (its order is not commit order), and a snapshot horizon stalls behind
any idle transaction. So facts wait in `audit_pending`, visible once committed, and one process
moves them into `audit_position`. Two processes are harmless: the row lock decides.
"""

import time
from collections.abc import Callable
from typing import Final

from django.db import connection, transaction

from audit.trail.models import Feed

BATCH = 10_000

SHARE: Final = 10
"""A pass that begins at the front may take one part in so many of the time."""

# By their addresses, so that the rows are not looked up twice: nobody else takes rows away under the lock.
INTEGRATE = """
WITH taken AS (
    DELETE FROM audit_pending WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM audit_pending WHERE feed = %(feed)s AND ref > %(after)s
        ORDER BY ref LIMIT %(batch)s))
    RETURNING ref
), placed AS (
    INSERT INTO audit_position (feed, n, ref)
    SELECT %(feed)s, state.size + row_number() OVER (ORDER BY ref), ref
    FROM taken, (SELECT size FROM audit_feedstate WHERE feed = %(feed)s) AS state
    RETURNING n, ref
), reached AS (
    SELECT count(*) AS moved, max(n) AS size, max(ref) AS ref FROM placed
)
UPDATE audit_feedstate SET size = reached.size FROM reached
WHERE feed = %(feed)s AND reached.moved > 0
RETURNING reached.moved, reached.ref
"""


WAITING = """
SELECT feed FROM unnest(%s::smallint[], %s::bigint[]) AS feed (feed, after) WHERE EXISTS (
    SELECT FROM audit_pending WHERE audit_pending.feed = feed.feed AND ref > feed.after)
"""


class Passes:
    """One process's passes over the feeds.

    Rows that were taken stay in the queue's index until no snapshot can see them any more: as long as
    anybody's transaction is open, a long backup for instance. So most passes begin behind the last row that
    was taken. The facts of a transaction that committed late lie before it: they wait for a pass that begins
    at the front, which is every one while that is quick.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = dict.fromkeys(Feed, 0)
        self._front_again_at = clock()

    def one(self) -> int:
        """Serve every feed in which something waits; answer the largest number moved in one of them."""
        began = self._clock()
        at_front = began >= self._front_again_at
        after = dict.fromkeys(Feed, 0) if at_front else self._last
        largest = 0
        for feed in _waiting(after):
            moved, last = _integrate(feed, after[feed])
            largest = max(largest, moved)
            self._last[feed] = max(self._last[feed], last)
        if at_front:
            ended = self._clock()
            self._front_again_at = ended + (SHARE - 1) * (ended - began)
        return largest


def integrate(feed: Feed) -> int:
    """Give the oldest waiting facts their places; answer how many that was (at most `BATCH`)."""
    return _integrate(feed, 0)[0]


def integrate_all() -> int:
    """One pass from the front over the feeds in which something waits; answers as `Passes.one` does."""
    return Passes().one()


def _integrate(feed: Feed, after: int) -> tuple[int, int]:
    """The number of facts moved, and the last one."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Its own statement: the next one must see what the last holder of the lock committed.
        cursor.execute("SELECT FROM audit_feedstate WHERE feed = %s FOR UPDATE", [feed.value])
        cursor.execute(INTEGRATE, {"feed": feed.value, "after": after, "batch": BATCH})
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _waiting(after: dict[Feed, int]) -> list[Feed]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [[feed.value for feed in after], list(after.values())])
        return [Feed(number) for (number,) in cursor.fetchall()]


def place(feed: Feed) -> None:
    """Give waiting facts their places now, as whoever cannot wait for the sequencer's next pass.

    The application's login may, by a function of the database that lets it choose nothing. Not for events.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_place(%s::smallint)", [feed.value])
