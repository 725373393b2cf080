"""The portfolio: every system in reach, with its class, people, models, what is live and what is overdue."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from audit.trail.actors import Actor
from registry.catalog.panels import MODELS
from registry.deployments.panels import LIVE
from registry.portfolio import hooks, selectors
from registry.systems.models import AISystem
from registry.systems.owners import owners_of

PAGE = 50
FILTERS = ("owner", "gap", "class")
LONGEST = 200


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """One page of systems, by slug, with the filters that were chosen."""
    actor = actor_of(request)
    wanted = {name: _text(request, name) for name in FILTERS}
    found = selectors.portfolio_of(actor, wanted)
    if after := _text(request, "after"):
        found = found.filter(slug__gt=after)
    systems = list(found[: PAGE + 1])
    columns = [*hooks.columns, MODELS, LIVE]
    context = {
        "titles": [(column.title, column.numeric) for column in columns],
        "rows": _rows(systems[:PAGE], columns, actor),
        "wanted": wanted,
        "gaps": selectors.GAPS,
        "classes": hooks.classes,
        "is_filtered": any(wanted.values()),
        "following": _following(request, systems[PAGE - 1].slug) if len(systems) > PAGE else None,
        "beginning": request.path if after else None,
    }
    return render(request, "registry/portfolio/page.html", context)


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
