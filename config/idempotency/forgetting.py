"""Deletes kept answers that hold the content of erased predictions."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

# Answers about one thing name it in their address, or first of all in their body. Batches are answered with
# ids, decisions and reasons: nothing of that goes.
_FORGET = r"""
DELETE FROM config_keptanswer
WHERE split_part(path, '/', 5) = ANY (%(ids)s::text[])
    OR (path = '/api/v1/predictions' AND substring(
        encode(substring(body FROM 1 FOR 60), 'escape') FROM '^{"id":"([0-9a-f-]{36})"')
        = ANY (%(ids)s::text[]))
"""


def forget_answers(prediction_ids: Sequence[UUID], review_ids: Sequence[UUID]) -> int:
    """Delete the kept answers about these predictions and reviews; answer how many that was. Safe to repeat.

    The same request sent again is answered afresh: what stands behind it refuses a second time by itself.
    """
    ids = [str(id_) for id_ in (*prediction_ids, *review_ids)]
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"ids": ids})
        return int(cursor.rowcount)
