"""What stands at the top of the pages of systems, models and versions: a stop, and how to stop."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from audit.trail.actors import Actor
from governance.suspensions import policies
from governance.suspensions.models import Suspension
from governance.suspensions.selectors import whole
from registry.catalog import panels as model_panels
from registry.catalog.models import Model, ModelVersion
from registry.systems import panels as system_panels
from registry.systems.models import AISystem
from registry.systems.panels import Cell, Column, Panel

SHOWN: Final = 3
TEMPLATE: Final = "governance/suspensions/_panel.html"


def hang() -> None:
    """Put it first on each of the pages, and into the portfolio; harmless when done twice."""
    if STOPPED not in system_panels.columns:
        system_panels.columns.append(STOPPED)
    if on_system not in system_panels.on_system:
        system_panels.on_system.insert(0, on_system)
    if on_model not in model_panels.on_model:
        model_panels.on_model.insert(0, on_model)
    if on_version not in model_panels.on_version:
        model_panels.on_version.insert(0, on_version)


def on_system(system: AISystem, actor: Actor) -> Panel:
    """Everything of it that is suspended."""
    live = whole().live().filter(system=system).order_by("pk")
    return _panel(list(live), system, actor, what="system", system=system.slug)


def on_model(model: Model, actor: Actor) -> Panel:
    """Its own suspension, its system's and those of its versions."""
    live = whole().live().filter(system=model.system_id).order_by("pk")
    rows = [row for row in live if row.model_id in (None, model.pk)]
    return _panel(rows, model.system, actor, what="model", model=model.slug)


def on_version(version: ModelVersion, actor: Actor) -> Panel:
    """Whatever holds it back."""
    model = version.model
    live = whole().live().covering(model.system_id, model.pk, version.pk).order_by("pk")
    names = {"model": model.slug, "version": version.version}
    return _panel(list(live), model.system, actor, what="version", **names)


def _stopped_cells(systems: Sequence[AISystem], actor: Actor) -> Mapping[UUID, Sequence[Cell]]:
    """What is suspended of these systems, in one query."""
    found: dict[UUID, list[Cell]] = {}
    for row in whole().live().filter(system__in=systems).order_by("pk"):
        url = reverse("page-suspension", args=[row.pk])
        found.setdefault(row.system_id, []).append(Cell(f"{row.target} is suspended", url))
    for cells in found.values():
        if len(cells) > SHOWN:
            cells[SHOWN:] = [Cell(f"and {len(cells) - SHOWN} more", soft=True)]
    return found


def _panel(rows: list[Suspension], of: AISystem, actor: Actor, *, what: str, **named: str) -> Panel:
    context = {
        "rows": rows,
        "what": what,
        "model": named.get("model", ""),
        "url": f"{reverse('page-suspend')}?{urlencode(named)}",
        "stopped": any(_reaches(row) == what for row in rows),
        "why_not_suspend": policies.why_not_suspend(actor, of),
    }
    return Panel(TEMPLATE, context)


def _reaches(row: Suspension) -> str:
    """How much a suspension is about."""
    if row.version_id is not None:
        return "version"
    return "system" if row.model_id is None else "model"


STOPPED: Final = Column("Stopped", _stopped_cells)
