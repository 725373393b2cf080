"""Two bars an hour, as plain numbers for a small SVG. Pure.

The drawing is 24 columns of 10 by 100 units and is stretched to whatever width there is: words and numbers
stand beside it in HTML, where they keep their size.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

COLUMN = 10.0
BAR = 3.6
HEIGHT = 100.0


class Bars(NamedTuple):
    """One hour: its label, the exact start, and the two counts."""

    label: str
    arrived: int
    decided: int


def top_of(largest: int) -> int:
    """The upper end of the axis: the next 1, 2 or 5 with zeros, at least 4."""
    step = 1
    while True:
        for leading in (1, 2, 5):
            if leading * step >= max(largest, 4):
                return leading * step if leading * step != 5 or largest > 4 else 5
        step *= 10


def bar_chart(hours: Sequence[Bars]) -> dict[str, Any]:
    """The context `chart` of `reviews/desk/_chart_hours.html`."""
    top = top_of(max((max(hour.arrived, hour.decided) for hour in hours), default=0))
    return {
        "top": top,
        "middle": f"{top / 2:g}",
        "width": f"{len(hours) * COLUMN:g}",
        "bars": [
            bar
            for n, hour in enumerate(hours)
            for bar in (
                _bar(n * COLUMN + 1.2, hour.arrived, top, "arrived"),
                _bar(n * COLUMN + 1.4 + BAR, hour.decided, top, "decided"),
            )
            if bar is not None
        ],
        "labels": [hour.label if n % 3 == 2 else "" for n, hour in enumerate(hours)],
        "hours": [hour._asdict() for hour in hours],
    }


def _bar(x: float, count: int, top: int, kind: str) -> dict[str, str] | None:
    if not count:
        return None
    height = max(count / top * HEIGHT, 1.0)
    return {
        "x": f"{x:.1f}",
        "y": f"{HEIGHT - height:.1f}",
        "width": f"{BAR:g}",
        "height": f"{height:.1f}",
        "kind": kind,
    }
