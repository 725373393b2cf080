"""The portfolio: every system in reach, with its class, people, models, what is live and what is overdue."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from audit.downloads import AT_ONCE, csv_of, wants_csv
from audit.pages import render, signed_in
from audit.rest import actor_of
from audit.trail.actors import Actor
from registry.catalog.panels import MODELS
from registry.deployments.panels import LIVE
from registry.portfolio import hooks, selectors
from registry.systems.models import AISystem
from registry.systems.owners import owners_of
from registry.systems.selectors import OWNERS

PAGE = 50
FILTERS = ("owner", "gap", "class")
LONGEST = 200


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponseBase:
    """One page of systems, by slug, with the filters that were chosen; by `format=csv` all of them."""
    actor = actor_of(request)
    wanted = {name: _text(request, name) for name in FILTERS}
    found = selectors.portfolio_of(actor, wanted)
    columns = [*hooks.columns, MODELS, LIVE]
    if wants_csv(request.GET.dict()):
        titles = ("system", "name", *OWNERS, *(column.title for column in columns))
        return csv_of(_whole(found, columns, actor), titles, name="portfolio", actor=actor, asked=wanted)
    if after := _text(request, "after"):
        found = found.filter(slug__gt=after)
    systems = list(found[: PAGE + 1])
    context = {
        "titles": [(column.title, column.numeric) for column in columns],
        "rows": _rows(systems[:PAGE], columns, actor),
        "wanted": wanted,
        "gaps": selectors.GAPS,
        "classes": hooks.classes,
        "is_filtered": any(wanted.values()),
        "following": _following(request, systems[PAGE - 1].slug) if len(systems) > PAGE else None,
        "beginning": request.path if after else None,
        "csv_url": "?" + urlencode({**wanted, "format": "csv"}) if systems else "",
    }
    return render(request, "registry/portfolio/page.html", context)


def _whole(found: QuerySet[AISystem], columns: list[Any], actor: Actor) -> Iterator[dict[str, str]]:
    """Every row as the file holds it, read page by page."""
    last = ""
    while systems := list(found.filter(slug__gt=last)[:AT_ONCE]):
        last = systems[-1].slug
        for row in _rows(systems, columns, actor):
            system = row["system"]
            owners = {title: getattr(system, title) for title in OWNERS}
            yield {
                "system": system.slug,
                "name": system.name,
                **{title: person.email if person else "" for title, person in owners.items()},
                **{column.title: "; ".join(cell.text for cell in cells) for column, cells in row["cells"]},
            }


def _rows(systems: list[AISystem], columns: list[Any], actor: Actor) -> list[dict[str, Any]]:
    """Each system with its cells; every column is asked once."""
    filled = [(column, column.cells(systems, actor)) for column in columns]
    return [
        {
            "system": system,
            "owners": owners_of(system),
            "cells": [(column, cells.get(system.pk, ())) for column, cells in filled],
        }
        for system in systems
    ]


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST]


def _following(request: HttpRequest, slug: str) -> str:
    query = request.GET.copy()
    query["after"] = slug
    return f"?{query.urlencode()}"
