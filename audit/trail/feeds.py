"""Reading feeds: what becomes visible later stands later; nothing is skipped or moved."""

import base64
import binascii

from django.db import connection

from audit.refusals import BadInput, FieldError
from audit.trail.models import Feed

SCAN = 5000
"""The most positions one call looks at: with a filter a page may be short or empty, its cursor moves on."""


def cursor_of(feed: Feed, n: int) -> str:
    """The opaque cursor behind the n-th fact of a feed."""
    return base64.urlsafe_b64encode(f"{feed.value}:{n}".encode()).decode().rstrip("=")


def position_of(feed: Feed, cursor: str | None) -> int:
    """How many facts of the feed lie before the cursor.

    Raises:
        BadInput: the cursor was not given by this feed.
    """
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        of_feed, n = text.split(":")
        if int(of_feed) != feed.value or not 0 <= int(n) < 2**62:
            raise ValueError(text)
    except (ValueError, binascii.Error):
        raise BadInput(
            [FieldError("/after", "BAD_CURSOR", "This cursor is not of this feed; begin without one.")]
        ) from None
    return int(n)


def size(feed: Feed) -> int:
    """How many facts have their place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size FROM audit_feedstate WHERE feed = %s", [feed.value])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def read(feed: Feed, *, after: int, limit: int) -> list[tuple[int, int]]:
    """The next facts behind `after`, as (n, ref), in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n, ref FROM audit_position WHERE feed = %s AND n > %s ORDER BY n LIMIT %s",
            [feed.value, after, limit],
        )
        return list(cursor.fetchall())
