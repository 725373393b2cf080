"""Named reads about queues for those who run them."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.access.models import Person
from reviews.desk import statements
from reviews.intake.models import Prediction
from reviews.queue import selectors as queue_selectors
from reviews.queue.bounded import row_by_row
from reviews.queue.models import Queue, ReviewItem, Slot
from reviews.queue.selectors import Counts
from reviews.queue.states import State

MOST_HELD: Final = 200
AGES: Final = ((3600.0, "under an hour"), (4 * 3600.0, "1 to 4 hours"), (24 * 3600.0, "4 to 24 hours"),
    (3 * 86400.0, "1 to 3 days"), (float("inf"), "over 3 days"))  # fmt: skip
"""How long reviews have waited: upper end in seconds, and its words."""
DUES: Final = ((0.0, "overdue"), (3600.0, "within the hour"), (4 * 3600.0, "1 to 4 hours"),
    (24 * 3600.0, "4 to 24 hours"), (float("inf"), "later"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """How full one queue is, for the list of queues. Numbers above `statements.EXACT` mean "more"."""

    waiting: int
    oldest_at: dt.datetime | None
    leased: int
    overdue: int
    next_due_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """How a queue stands at this moment."""

    counts: Counts
    overdue: int
    due_within_hour: int
    decided_last_hour: int
    decided_today: int
    arrived_last_hour: int
    next_due_at: dt.datetime | None

    def hours_until_empty(self) -> float | None:
        """At the pace of the last hour; None if it does not get shorter."""
        net = self.decided_last_hour - self.arrived_last_hour
        left = self.counts.waiting + self.counts.leased
        return left / net if net > 0 else None


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the clock: what came into the queue, and what was decided."""

    start: dt.datetime
    arrived: int
    decided: int


def loads(queues: Collection[Queue]) -> dict[UUID, Load]:
    """How full these queues are, in one query."""
    with row_by_row() as cursor:
        cursor.execute(statements.QUEUES, {"queues": [queue.pk for queue in queues]})
        return {
            id_: Load(max(waiting - leased, 0), oldest, leased, overdue, due)
            for id_, waiting, oldest, leased, overdue, due in cursor.fetchall()
        }


def numbers(queue: Queue, *, midnight: dt.datetime, now: dt.datetime) -> Numbers:
    """The numbers of one queue; `midnight` is where the person's day begins."""
    with row_by_row() as cursor:
        cursor.execute(statements.NUMBERS, {"queue": queue.pk, "now": now, "midnight": midnight})
        overdue, soon, last_hour, today, arrived, due = cursor.fetchone()
    return Numbers(queue_selectors.counts(queue.pk), overdue, soon, last_hour, today, arrived, due)


def hours(queue: Queue, *, now: dt.datetime, count: int = 24) -> list[Hour]:
    """The last hours of the clock, the one that runs included, oldest first."""
    last = now.replace(minute=0, second=0, microsecond=0)
    parameters: dict[str, Any] = {
        "queue": queue.pk,
        "first": last - dt.timedelta(hours=count - 1),
        "last": last,
    }
    with row_by_row() as cursor:
        cursor.execute(statements.HOURS, parameters)
        return [Hour(*row) for row in cursor.fetchall()]


def breakdown(queue: Queue, *, now: dt.datetime) -> dict[str, dict[str, int]]:
    """The most urgent that wait, counted by `age`, `due`, `reason`, `model` and `class`."""
    parameters: dict[str, Any] = {
        "queue": queue.pk,
        "now": now,
        "ages": [upper for upper, _ in AGES[:-1]],
        "dues": [upper for upper, _ in DUES[:-1]],
    }
    found: dict[str, dict[str, int]] = {name: {} for name in ("age", "due", "reason", "model", "class")}
    with row_by_row() as cursor:
        cursor.execute(statements.URGENT, parameters)
        for what, name, count in cursor.fetchall():
            found[what][name] = count
    return found


def held(queue: Queue, *, now: dt.datetime) -> list[Slot]:
    """Live leases, the one that ends first at the top."""
    leases = Slot.objects.filter(queue_id=queue.pk, leased_by__isnull=False, leased_until__gt=now)
    return list(leases.select_related("item", "leased_by").order_by("leased_until")[:MOST_HELD])


def waiting(queue: Queue, *, beyond: tuple[dt.datetime, UUID] | None, limit: int) -> list[ReviewItem]:
    """What waits, most urgent first, from a place on."""
    items: QuerySet[ReviewItem] = ReviewItem.objects.filter(queue=queue, state=State.WAITING)
    if beyond is not None:
        at, id_ = beyond
        items = items.filter(Q(sort_at__gt=at) | Q(sort_at=at, pk__gt=id_)).filter(sort_at__gte=at)
    with row_by_row():
        return list(items.order_by("sort_at", "id")[:limit])


def predictions_of(items: Collection[ReviewItem]) -> dict[UUID, Prediction]:
    """The predictions behind items, by their own id."""
    found = Prediction.objects.select_related("model").filter(pk__in=[each.prediction_id for each in items])
    return {each.pk: each for each in found}


def slots_of(items: Collection[ReviewItem]) -> dict[UUID, list[Slot]]:
    """The slots of items, by item."""
    by_item: dict[UUID, list[Slot]] = {item.pk: [] for item in items}
    for slot in Slot.objects.filter(item_id__in=list(by_item)).order_by("n"):
        by_item[slot.item_id].append(slot)
    return by_item


def people_named(ids: Collection[UUID]) -> dict[UUID, Person]:
    """People by id."""
    return Person.objects.in_bulk(list(ids)) if ids else {}
