"""What the rooms above fill in at start-up: what a suspension is, and what is measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from registry.catalog.models import ModelVersion


@dataclass(frozen=True, slots=True)
class Suspended:
    """A suspension, as far as an approval of its lifting has to know it."""

    id: UUID
    system_id: UUID
    title: str
    version: ModelVersion | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Strings and small integers that say what is suspended and why; a change makes the approval stale."""


suspension: Callable[[UUID], Suspended | None] | None = None
"""The suspension with that id while it lasts. None as long as nothing can be suspended."""

live: Callable[[ModelVersion], Mapping[str, Any]] | None = None
"""Live evidence about a version by name: numbers, strings, booleans. Filled by the wing that measures."""


predictions_per_day: Callable[[ModelVersion, str], float | None] | None = None
"""How many predictions a day of a version in an environment would go to people without an approval."""


def suspended(suspension_id: UUID) -> Suspended | None:
    """The suspension with that id, if there is one to lift."""
    return suspension(suspension_id) if suspension else None


def measured(version: ModelVersion) -> Mapping[str, Any]:
    """Live evidence about a version; nothing, while nobody measures."""
    return live(version) if live else {}
