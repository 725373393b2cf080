"""What other rooms show on the registry's pages: lists that they fill at start-up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from audit.trail.actors import Actor
from registry.systems.models import AISystem


@dataclass(frozen=True, slots=True)
class Cell:
    """A line in a cell: words, perhaps a link."""

    text: str
    url: str = ""
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list of systems. `cells` is asked once for all rows, so that queries stay flat."""

    title: str
    cells: Callable[[Sequence[AISystem], Actor], Mapping[UUID, Sequence[Cell]]]
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page: its template, which finds `panel.context` as `panel`."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


columns: list[Column] = []
on_system: list[Callable[[AISystem, Actor], Panel | None]] = []


def panels_for(system: AISystem, actor: Actor) -> list[Panel]:
    """What to show on a system's page."""
    return [panel for make in on_system if (panel := make(system, actor)) is not None]
