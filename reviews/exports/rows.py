"""Which labels an export holds, in the order of their feed, a few at a time.

Everything asked here stands still once it was written, so the same request finds the same rows for ever:
labels up to a position, their own copies of queue, time and verdict, never the review item as it is now.
Only erasure takes rows away later.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from audit.trail.models import Feed
from reviews.labels import rows as labels
from reviews.labels.rows import Row

WINDOW = 2_000
"""Positions whose heads are read together."""
COUNTED_AT_ONCE = 50_000

_WANTED = f"""
AND l.model_id = %(model)s
AND NOT l.withdrawn
AND b.body IS NOT NULL
AND NOT EXISTS (
    SELECT FROM reviews_label later
    JOIN audit_position q ON q.feed = {Feed.LABELS.value} AND q.ref = later.seq
    WHERE later.prediction_id = l.prediction_id AND later.version > l.version AND q.n <= %(through)s)
AND (%(decided_after)s::timestamptz IS NULL OR l.decided_at >= %(decided_after)s::timestamptz)
AND (%(decided_before)s::timestamptz IS NULL OR l.decided_at < %(decided_before)s::timestamptz)
AND (%(versions)s::text[] IS NULL OR r.version_name = ANY(%(versions)s))
AND (%(environments)s::text[] IS NULL OR r.environment = ANY(%(environments)s))
AND (%(changed)s::boolean IS NULL OR l.changed = %(changed)s)
AND (%(queues)s::uuid[] IS NULL OR l.queue_id = ANY(%(queues)s::uuid[]))
"""


class Selection:
    """The labels of a model up to a position of the feed, under a filter.

    The latest version of each prediction's label counts, and only if it is not withdrawn.
    """

    def __init__(self, *, model_id: UUID, through: int, request: Mapping[str, Any]) -> None:
        self._through = through
        filter_ = request["filter"]
        self._values = {
            "model": model_id,
            "through": through,
            "queues": request["queue_ids"],
            "environments": request["environments"],
            **{name: filter_[name] for name in ("decided_after", "decided_before", "versions", "changed")},
        }

    def count(self, beat: Callable[[int], None]) -> int:
        """How many rows there are to look at. In pieces, so that the sign of life does not wait for all."""
        total = 0
        for after in range(0, self._through, COUNTED_AT_ONCE):
            upto = min(after + COUNTED_AT_ONCE, self._through)
            total += labels.count(after=after, upto=upto, where=_WANTED, **self._values)
            beat(total)
        return total

    def __iter__(self) -> Iterator[Row]:
        for after in range(0, self._through, WINDOW):
            upto = min(after + WINDOW, self._through)
            heads = labels.heads(after=after, upto=upto, where=_WANTED, **self._values)
            for chunk in labels.chunks(heads):
                # Erased between the two steps: left out as if it had been before.
                yield from (row for row in labels.complete(chunk) if not row.label["withdrawn"])


def classes_of(answer: object, class_field: str) -> list[str]:
    """The classes of an answer: one, several, or none where it has no such member."""
    value = answer.get(class_field) if isinstance(answer, dict) else None
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    return []
