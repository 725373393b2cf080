"""The page of the log: how large it is, who has seen it, what is late."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.log import policies
from audit.overview import selectors
from audit.overview.selectors import Hour
from audit.pages import render, signed_in
from audit.refusals import NotPermitted
from audit.rest import actor_of

BAR, GAP = 16, 6


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """How the log is doing."""
    if reason := policies.why_not_read_log(actor_of(request)):
        raise NotPermitted(reason)
    now = timezone.now()
    found = selectors.overview(now)
    context = {"found": found, "now": now, "chart": _chart(found.hours), "root": bytes(found.log.root).hex()}
    return render(request, "audit/overview/page.html", context)


def _chart(hours: Sequence[Hour]) -> dict[str, Any]:
    """Bars of a plot that is 100 high."""
    top = max([1, *(hour.leaves for hour in hours)])
    bars = [
        {
            "x": at * (BAR + GAP) + GAP / 2,
            "y": 100 - 100 * hour.leaves / top,
            "height": 100 * hour.leaves / top,
            "hour": timezone.localtime(hour.begins).strftime("%H:%M"),
            "leaves": hour.leaves,
        }
        for at, hour in enumerate(hours)
    ]
    return {"top": top, "width": len(bars) * (BAR + GAP), "bar": BAR, "bars": bars}
