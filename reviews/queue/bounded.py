"""Reading the head of an index, whatever the planner believes about the rest.

A count with a LIMIT is cheap only if the rows come out of the index one by one. With statistics that are a
little behind, or where nearly everything matches, PostgreSQL rather builds a bitmap of all matching rows, or
sorts them, and then takes the first ten thousand: seconds instead of milliseconds on a queue of millions.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

_ROW_BY_ROW = (
    "SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true), "
    "set_config('enable_sort', 'off', true)"
)
_AS_USUAL = (
    "SELECT set_config('enable_bitmapscan', 'on', true), set_config('enable_seqscan', 'on', true), "
    "set_config('enable_sort', 'on', true)"
)


@contextmanager
def row_by_row() -> Iterator[CursorWrapper]:
    """A cursor whose statements walk along indexes; where there is none for it, they still sort and scan.

    What the ORM asks on this connection meanwhile does, too.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ROW_BY_ROW)
        yield cursor
        cursor.execute(_AS_USUAL)
