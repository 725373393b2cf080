"""What the page of an AI system shows about retention."""

from audit.trail.actors import Actor
from registry.systems import panels
from registry.systems.models import AISystem
from registry.systems.panels import Panel
from reviews.retention import selectors


def of_system(system: AISystem, actor: Actor) -> Panel:
    """How long the content of its predictions is kept."""
    return Panel("reviews/retention/_retention.html", {"system": system, "rule": selectors.rule_of(system)})


def hang() -> None:
    """Show it on the system's page; once is enough."""
    if of_system not in panels.on_system:
        panels.on_system.append(of_system)
