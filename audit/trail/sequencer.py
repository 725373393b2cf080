"""Gives every feed its order.

Polling a sequence loses facts (its order is not commit order), and a snapshot horizon stalls behind
any idle transaction. So facts wait in `audit_pending`, visible once committed, and one process
moves them into `audit_position`. Two processes are harmless: the row lock decides.
"""

from django.db import connection, transaction

from audit.trail.models import Feed

BATCH = 10_000

INTEGRATE = """
WITH state AS MATERIALIZED (
    SELECT size FROM audit_feedstate WHERE feed = %(feed)s
), taken AS (
    DELETE FROM audit_pending
    WHERE feed = %(feed)s AND ref IN (
        SELECT ref FROM audit_pending WHERE feed = %(feed)s ORDER BY ref LIMIT %(batch)s)
    RETURNING ref
), placed AS (
    INSERT INTO audit_position (feed, n, ref)
    SELECT %(feed)s, state.size + row_number() OVER (ORDER BY ref), ref FROM taken, state
    RETURNING n
)
UPDATE audit_feedstate SET size = (SELECT max(n) FROM placed)
WHERE feed = %(feed)s AND EXISTS (SELECT FROM placed)
RETURNING (SELECT count(*) FROM placed)
"""


WAITING = """
SELECT feed FROM unnest(%s::smallint[]) feed
WHERE EXISTS (SELECT FROM audit_pending WHERE audit_pending.feed = feed.feed)
"""


def integrate(feed: Feed) -> int:
    """Give the oldest waiting facts their places; answer how many that was (at most `BATCH`)."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Its own statement: the next one must see what the last holder of the lock committed.
        cursor.execute("SELECT FROM audit_feedstate WHERE feed = %s FOR UPDATE", [feed.value])
        cursor.execute(INTEGRATE, {"feed": feed.value, "batch": BATCH})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def integrate_all() -> int:
    """One pass over the feeds in which something waits; answers the largest number moved in one of them."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [Feed.values])
        waiting = [Feed(number) for (number,) in cursor.fetchall()]
    return max((integrate(feed) for feed in waiting), default=0)
