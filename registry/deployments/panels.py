"""What is live, on the pages of systems and models."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.urls import reverse

from audit.trail.actors import Actor
from registry.catalog import panels as model_panels
from registry.catalog.models import Model
from registry.deployments import policies
from registry.deployments.models import Deployment
from registry.systems import panels as system_panels
from registry.systems.models import AISystem
from registry.systems.panels import Cell, Column, Panel

SHOWN: Final = 3


def hang() -> None:
    """Put what this room shows onto the registry's pages; harmless when done twice."""
    if LIVE not in system_panels.columns:
        system_panels.columns.append(LIVE)
    if live_panel not in model_panels.on_model:
        model_panels.on_model.append(live_panel)


def live_panel(model: Model, actor: Actor) -> Panel:
    """Where which version of a model is live."""
    rows = Deployment.objects.live().filter(model=model).select_related("version").order_by("environment")
    context = {"model": model, "rows": list(rows), "why_not_deploy": policies.why_not_deploy(actor, model)}
    return Panel("registry/deployments/_live.html", context)


def _live_cells(systems: Sequence[AISystem], actor: Actor) -> Mapping[UUID, Sequence[Cell]]:
    """What is live of all models of these systems, in one query."""
    found: dict[UUID, list[Cell]] = {}
    rows = (
        Deployment.objects.live()
        .filter(model__system__in=systems)
        .order_by("model__slug", "environment")
        .values_list("model__system_id", "model__slug", "version__version", "environment_id")
    )
    for system_id, model, version, environment in rows:
        url = reverse("page-deployments", args=[model])
        found.setdefault(system_id, []).append(Cell(f"{model} {version} in {environment}", url))
    for cells in found.values():
        if len(cells) > SHOWN:
            cells[SHOWN:] = [Cell(f"and {len(cells) - SHOWN} more", soft=True)]
    return found


LIVE: Final = Column("Live", _live_cells)
