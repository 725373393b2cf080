"""Decided work, page by page: newest first, or on towards the newest.

An index gives the decisions of a person, or of queues, in the order of time. What else is asked for (class,
reason, changed) is looked for among `WINDOW` of them at most, so that a rare thing costs no scan of years:
the page is then shorter, and says how far it has looked.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from audit.refusals import BadInput, FieldError
from reviews.queue.bounded import row_by_row
from reviews.queue.states import State, Verdict

PAGE: Final = 50
WINDOW: Final = 2_000
"""Decisions that one page looks through at most."""
CSV_PAGE: Final = 1_000

_BOUNDS = """
decided_at IS NOT NULL AND (%(begin)s::timestamptz IS NULL OR decided_at >= %(begin)s)
AND (%(end)s::timestamptz IS NULL OR decided_at < %(end)s)
AND (%(at)s::timestamptz IS NULL OR (decided_at, id) {beyond} (%(at)s, %(id)s::uuid))
ORDER BY decided_at {way}, id {way} LIMIT %(window)s
"""
_OF_PERSON = f"SELECT id, decided_at FROM reviews_reviewitem WHERE decided_by_id = %(person)s AND {_BOUNDS}"
# A walk along the index for each queue: one condition over many queues would sort all they ever decided.
_OF_QUEUES = f"""
SELECT item.id, item.decided_at FROM unnest(%(queues)s::uuid[]) AS queue (id), LATERAL (
    SELECT id, decided_at FROM reviews_reviewitem WHERE queue_id = queue.id AND {_BOUNDS}) item
ORDER BY item.decided_at {{way}}, item.id {{way}} LIMIT %(window)s
"""
# A class is what the model said, or what the answer put in its place.
_NARROW = f"""
SELECT i.id FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS head (id, n)
JOIN reviews_reviewitem i ON i.id = head.id
JOIN reviews_judgement j ON j.item_id = i.id AND j.round = i.round AND j.undone_at IS NULL
    AND j.verdict = '{Verdict.ANSWER.value}' AND j.reviewer_id = i.decided_by_id
JOIN reviews_prediction p ON p.id = i.prediction_id
WHERE i.state = '{State.DECIDED.value}'
AND (%(in_queues)s::uuid[] IS NULL OR i.queue_id = ANY(%(in_queues)s::uuid[]))
AND (%(changed)s::boolean IS NULL OR i.changed = %(changed)s)
AND (%(reason)s::text IS NULL OR %(reason)s = ANY(j.reasons))
AND (%(class)s::text IS NULL OR %(class)s = ANY(p.classes)
    OR EXISTS (SELECT FROM jsonb_array_elements(j.diff) change WHERE change ->> 'to' = %(class)s))
ORDER BY head.n LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What decided work is asked for: of a person, wherever or in `queues` only; or of whole queues."""

    person: UUID | None = None
    queues: tuple[UUID, ...] | None = None
    """None is any, and needs a person; no queue at all finds nothing."""
    class_: str | None = None
    changed: bool | None = None
    reason: str | None = None
    begin: dt.datetime | None = None
    end: dt.datetime | None = None

    @property
    def narrows(self) -> bool:
        """Whether something is asked that no index answers."""
        asked = (self.class_, self.changed, self.reason)
        return any(each is not None for each in asked) or (
            self.person is not None and self.queues is not None
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: beyond this decision, towards older ones or newer ones."""

    at: dt.datetime
    id: UUID
    newer: bool = False

    def as_text(self) -> str:
        text = f"{'n' if self.newer else 'o'}{self.at.isoformat()} {self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of decided items, newest first, and where the neighbouring pages begin."""

    ids: list[UUID]
    older: Place | None
    newer: Place | None
    looked_back_to: dt.datetime | None = None
    """Set where the window ended before the page was full."""


def place_of(text: str) -> Place | None:
    """The place behind a cursor; None for none.

    Raises:
        BadInput: it is not one of ours.
    """
    if not text:
        return None
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        at, _, id_ = plain[1:].rpartition(" ")
        return Place(dt.datetime.fromisoformat(at), UUID(id_), newer=plain[0] == "n")
    except (ValueError, IndexError, binascii.Error):
        detail = "This place in the list is not known; begin at its newest end."
        raise BadInput([FieldError("/place", "BAD_CURSOR", detail)]) from None


def page(wanted: Wanted, place: Place | None, *, size: int = PAGE) -> Page:
    """One page of decided items."""
    newer = place is not None and place.newer
    window = WINDOW if wanted.narrows else size + 1
    heads = _heads(wanted, place, window)
    ids = _narrow(wanted, [id_ for id_, _ in heads], size + 1)
    is_more, ids = len(ids) > size, ids[:size]
    if not heads:
        return Page([], older=None, newer=None)
    at = dict(heads)
    exhausted = not is_more and len(heads) == window  # the window ended, the decisions did not
    first = ids[0] if ids else heads[0][0]
    last = ids[-1] if is_more else heads[-1][0]
    ahead = Place(at[last], last, newer=newer) if is_more or exhausted else None
    behind = Place(at[first], first, newer=not newer) if place is not None else None
    looked = at[last] if exhausted and wanted.narrows else None
    if newer:
        return Page(ids[::-1], older=behind, newer=ahead, looked_back_to=looked)
    return Page(ids, older=ahead, newer=behind, looked_back_to=looked)


def pages(wanted: Wanted) -> Iterator[list[UUID]]:
    """All of it, newest first, some at a time: memory stays flat."""
    place: Place | None = None
    while True:
        found = page(wanted, place, size=CSV_PAGE)
        if found.ids:
            yield found.ids
        if found.older is None:
            return
        place = found.older


def _heads(wanted: Wanted, place: Place | None, window: int) -> list[tuple[UUID, dt.datetime]]:
    newer = place is not None and place.newer
    statement = _OF_PERSON if wanted.person else _OF_QUEUES
    parameters: dict[str, Any] = {
        "person": wanted.person,
        "queues": list(wanted.queues or ()),
        "begin": wanted.begin,
        "end": wanted.end,
        "at": place.at if place else None,
        "id": place.id if place else None,
        "window": window,
    }
    way, beyond = ("ASC", ">") if newer else ("DESC", "<")
    with row_by_row() as cursor:
        cursor.execute(statement.format(way=way, beyond=beyond), parameters)
        return list(cursor.fetchall())


def _narrow(wanted: Wanted, ids: list[UUID], limit: int) -> list[UUID]:
    if not ids:
        return []
    parameters = {
        "ids": ids,
        "in_queues": list(wanted.queues) if wanted.person and wanted.queues is not None else None,
        "changed": wanted.changed,
        "reason": wanted.reason,
        "class": wanted.class_,
        "limit": limit,
    }
    with row_by_row() as cursor:
        cursor.execute(_NARROW, parameters)
        return [row[0] for row in cursor.fetchall()]
