"""What models show on the page of their system, and what other rooms show on the page of a model."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse

from audit.trail.actors import Actor
from registry.catalog.models import Model, ModelVersion
from registry.systems import panels
from registry.systems.models import AISystem
from registry.systems.panels import Cell, Column, Panel
from registry.systems.policies import why_not_change

SHOWN = 3
"""Models of one system in the list of systems; the rest is a number."""

on_model: list[Callable[[Model, Actor], Panel | None]] = []
"""Filled at start-up by rooms that have something to show about a model."""
on_version: list[Callable[[ModelVersion, Actor], Panel | None]] = []
"""The same about a version."""


def hang() -> None:
    """Put what this room shows onto the pages about systems; harmless when done twice."""
    if MODELS not in panels.columns:
        panels.columns.append(MODELS)
    if models_of not in panels.on_system:
        panels.on_system.append(models_of)


def panels_for(model: Model, actor: Actor) -> list[Panel]:
    """What to show on a model's page."""
    return [panel for make in on_model if (panel := make(model, actor)) is not None]


def panels_for_version(version: ModelVersion, actor: Actor) -> list[Panel]:
    """What to show on a version's page."""
    return [panel for make in on_version if (panel := make(version, actor)) is not None]


def models_of(system: AISystem, actor: Actor) -> Panel:
    """The models of a system, each with its newest version."""
    newest = ModelVersion.objects.order_by("model_id", "-pk").distinct("model_id")
    models = list(
        Model.objects.filter(system=system)
        .order_by("slug")
        .prefetch_related(Prefetch("versions", queryset=newest, to_attr="newest"))
    )
    context = {"system": system, "models": models, "why_not_register": why_not_change(actor, system)}
    return Panel("registry/catalog/_models.html", context)


def _model_cells(systems: Sequence[AISystem], actor: Actor) -> Mapping[UUID, Sequence[Cell]]:
    """All models of these systems, in one query."""
    found: dict[UUID, list[Cell]] = {}
    slugs = Model.objects.filter(system__in=systems).order_by("slug").values_list("system_id", "slug")
    for system_id, slug in slugs:
        found.setdefault(system_id, []).append(Cell(slug, reverse("page-model", args=[slug])))
    for cells in found.values():
        if len(cells) > SHOWN:
            cells[SHOWN:] = [Cell(f"and {len(cells) - SHOWN} more", soft=True)]
    return found


MODELS = Column("Models", _model_cells)
