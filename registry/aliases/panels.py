"""The aliases of a model, on its page."""

from audit.trail.actors import Actor
from registry.aliases import selectors
from registry.catalog import panels
from registry.catalog.models import Model
from registry.systems.panels import Panel

SHOWN = 10


def hang() -> None:
    """Put what this room shows onto the pages of models; harmless when done twice."""
    if alias_panel not in panels.on_model:
        panels.on_model.append(alias_panel)


def alias_panel(model: Model, actor: Actor) -> Panel:
    """What each alias points to."""
    context = {"model": model, "aliases": list(selectors.aliases_of(model)[:SHOWN])}
    return Panel("registry/aliases/_aliases.html", context)
