"""The page that shows versions side by side."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from audit.trail.actors import Actor
from registry.catalog.models import ModelVersion
from registry.catalog.selectors import model_for, versions_of
from registry.comparison import selectors
from registry.comparison.comparing import Row

OFFERED: Final = 20
MOST_ROWS: Final = 200
"""Lines of one part that are shown; the API gives all of them."""
LONGEST: Final = 120
_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")
TITLES: Final = {
    "metrics": "Metrics",
    "slices": "Metrics by slice",
    "parameters": "Parameters",
    "card": "Card",
    "training_data": "Training data",
    "code": "Code and origin",
}


@require_safe
@signed_in
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Two to four versions side by side; without any, the form to choose them."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    names = list(dict.fromkeys(request.GET.getlist("version")))
    versions = selectors.versions_named(model, names) if len(names) > 1 else []
    newest = list(versions_of(model).order_by("-pk").values_list("version", flat=True)[:OFFERED])
    context = {
        "model": model,
        "offered": [(name, name in names) for name in dict.fromkeys([*names, *newest])],
        "versions": versions,
        "parts": _parts(versions, actor) if versions else [],
        "most_rows": MOST_ROWS,
    }
    return render(request, "registry/comparison/page.html", context)


def _parts(versions: Sequence[ModelVersion], actor: Actor) -> list[dict[str, Any]]:
    own = selectors.compared(versions)
    parts = [(TITLES[part], own[part]) for part in selectors.OWN]
    parts += [
        (section.title, [Row(row.name, row.values) for row in section.rows])
        for section in selectors.sections(versions, actor)
    ]
    return [
        {"title": title, "rows": [_shown(row) for row in rows[:MOST_ROWS]], "more": len(rows) > MOST_ROWS}
        for title, rows in parts
        if rows
    ]


def _shown(row: Row) -> dict[str, Any]:
    cells = [
        {"text": _text(value), "difference": _difference(difference)}
        for value, difference in zip(row.values, row.differences, strict=True)
    ]
    return {"slice": row.slice, "name": row.name, "differs": row.differs, "cells": cells}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _DIGEST.sub(lambda found: f"{found[0][:4]}…{found[0][-4:]}", text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _difference(number: float | None) -> str:
    """With its sign; nothing where there is none."""
    return f"{number:+.4g}".replace("-", "\u2212") if number else ""
