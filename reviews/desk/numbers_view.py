"""A queue's numbers as its page shows them, and as the page asks for them again."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from reviews.desk import selectors, statements
from reviews.desk.chart import Bars, bar_chart
from reviews.desk.selectors import AGES, DUES, Hour, Numbers
from reviews.queue.models import Queue
from reviews.workbench.words import reason_labels

REFRESH_SECONDS = 15
MOST_ROWS = 8
"""Of a breakdown; the rest is summed up."""


def numbers_view(queue: Queue, *, paused: bool, table: bool, now: dt.datetime) -> dict[str, Any]:
    """The context of `reviews/desk/_numbers.html`."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    found = selectors.numbers(queue, midnight=midnight, now=now)
    parts = selectors.breakdown(queue, now=now)
    total = found.counts.waiting + found.counts.leased
    return {
        "tiles": tiles(found),
        "as_of": now,
        "refresh": 0 if paused else REFRESH_SECONDS,
        "paused": paused,
        "table": table,
        "urls": _urls(queue, paused=paused, table=table),
        "chart": bar_chart(_bars(selectors.hours(queue, now=now))),
        "parts": [
            _part("due", "When they are due", _bucketed(parts["due"], DUES), bad=DUES[0][1], soon=DUES[1][1]),
            _part("age", "How long they have waited", _bucketed(parts["age"], AGES)),
            _part("reason", "Why they came", _reasons(parts["reason"])),
            _part("model", "Of which model", _largest(parts["model"])),
            _part("class", "What the model said", _largest(parts["class"])),
        ],
        "is_cut": total > statements.EXACT,
        "classes_cut": total > statements.CLASSES_OF,
        "classes_of": count_words(statements.CLASSES_OF),
        "exact": count_words(statements.EXACT),
        "waits": total > 0,
    }


def tiles(found: Numbers) -> list[dict[str, str]]:
    """What a lead looks at first."""
    counts = found.counts
    soon = [("due within the hour", found.due_within_hour, "warn" if found.due_within_hour else "")]
    return [
        _tile("waiting", counts.waiting),
        _tile("overdue", found.overdue, "bad" if found.overdue else ""),
        *(_tile(*each) for each in soon),
        _tile("with people", counts.leased),
        _tile("decided in the last hour", found.decided_last_hour),
        _tile("decided today", found.decided_today),
        {"number": empty_words(found), "label": pace_words(found), "tone": ""},
    ]


def empty_words(found: Numbers) -> str:
    """When the queue is empty at this pace."""
    if not found.counts.waiting and not found.counts.leased:
        return "empty"
    hours = found.hours_until_empty()
    if hours is None:
        return "steady" if found.decided_last_hour == found.arrived_last_hour else "growing"
    if hours < 1:
        return f"{max(round(hours * 60), 1)} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def count_words(count: int) -> str:
    """A count, grouped; one that is cut off says so."""
    if count > statements.EXACT:
        return f"{statements.EXACT:,}+".replace(",", "\u2009")
    return f"{count:,}".replace(",", "\u2009") if count >= 10_000 else str(count)


def pace_words(found: Numbers) -> str:
    """What that means."""
    if not found.counts.waiting and not found.counts.leased:
        return "nothing is left to review"
    pace = f"in an hour {found.arrived_last_hour} arrived, {found.decided_last_hour} were decided"
    return pace if found.hours_until_empty() is None else f"until empty: {pace}"


def _tile(label: str, count: int, tone: str = "") -> dict[str, str]:
    return {"number": count_words(count), "label": label, "tone": tone}


def _bars(hours: Sequence[Hour]) -> list[Bars]:
    return [Bars(f"{timezone.localtime(hour.start):%H:%M}", hour.arrived, hour.decided) for hour in hours]


def _bucketed(counts: Mapping[str, int], buckets: Sequence[tuple[float, str]]) -> list[tuple[str, int]]:
    """`width_bucket` numbers the buckets from 0 on."""
    return [(words, counts.get(str(n), 0)) for n, (_, words) in enumerate(buckets)]


def _reasons(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    labelled = reason_labels(counts, policy=None, classes=())
    return _largest({label["text"]: counts[label["code"]] for label in labelled})


def _largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    rest = sum(count for _, count in ordered[MOST_ROWS:])
    return [*ordered[:MOST_ROWS], *([("others", rest)] if rest else [])]


def _part(
    id_: str, title: str, rows: Sequence[tuple[str, int]], *, bad: str = "", soon: str = ""
) -> dict[str, Any]:
    largest = max((count for _, count in rows), default=0) or 1
    return {
        "id": f"by-{id_}",
        "title": title,
        "rows": [
            {
                "label": label,
                "value": count_words(count),
                "share": round(count / largest * 100),
                "tone": "bad" if label == bad else "warn" if label == soon else "accent",
            }
            for label, count in rows
        ],
    }


def _urls(queue: Queue, *, paused: bool, table: bool) -> dict[str, str]:
    """This fragment again, and with one of its two switches turned; each also as a whole page."""

    def query(**changed: bool) -> str:
        chosen = {"paused": paused, "table": table} | changed
        return "?" + urlencode({name: "yes" for name, on in chosen.items() if on})

    fragment, page = reverse("desk-numbers", args=[queue.slug]), reverse("page-queue", args=[queue.slug])
    return {
        "again": fragment + query(),
        "pause": fragment + query(paused=not paused),
        "pause_page": page + query(paused=not paused),
        "table": fragment + query(table=not table),
        "table_page": page + query(table=not table),
    }
