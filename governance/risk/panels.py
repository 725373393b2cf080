"""What this room shows on the registry's pages: how a system is classified."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.urls import reverse

from audit.trail.actors import Actor
from governance.risk import policies, selectors, showing
from governance.risk.packs import newest, pack_at
from registry.systems import hooks, panels
from registry.systems.models import AISystem
from registry.systems.panels import Cell, Column, Panel

SHOWN: Final = 3


def hang() -> None:
    """Put what this room shows onto the registry's pages; harmless when done twice."""
    if RISK not in panels.columns:
        panels.columns.append(RISK)
    if risk_panel not in panels.on_system:
        panels.on_system.append(risk_panel)
    _tell_the_registry()


def _tell_the_registry() -> None:
    """Say which systems need three different owners."""
    if selectors.is_high_risk not in hooks.high_risk:
        hooks.high_risk.append(selectors.is_high_risk)


def risk_panel(system: AISystem, actor: Actor) -> Panel:
    """How the system stands by each pack, and its last assessments."""
    lines = [
        {"pack": newest(name), "standing": showing.standing_line(selectors.newest_of(system.pk, name))}
        for name in selectors.pack_names()
    ]
    history = selectors.assessments_of(system).order_by("-number")[:SHOWN]
    context = {
        "system": system,
        "lines": [line for line in lines if line["standing"]],
        "history": [showing.assessment_row(each) for each in history],
        "why_not_assess": policies.why_not_assess(actor, system),
    }
    return Panel("governance/risk/_panel.html", context)


def _risk_cells(systems: Sequence[AISystem], actor: Actor) -> Mapping[UUID, Sequence[Cell]]:
    """The class that counts under the law, for all these systems in two queries."""
    found: dict[UUID, Sequence[Cell]] = {}
    for assessment, standing in selectors.standings_of(systems).values():
        pack = pack_at(assessment.pack, assessment.pack_version)
        url = reverse("page-risk-assessment", args=[assessment.system.slug, assessment.number])
        found[assessment.system_id] = [Cell(showing.class_title(pack, standing.class_), url)]
    return {system.pk: found.get(system.pk, [Cell("not classified", soft=True)]) for system in systems}


RISK: Final = Column("Risk", _risk_cells)
