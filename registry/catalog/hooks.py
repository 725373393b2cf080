"""What wings above tell the registry, and show beside its own facts; lists that they fill at start-up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from audit.trail.actors import Actor
from registry.catalog.models import ModelVersion
from registry.systems.hooks import high_risk

__all__ = ["Compared", "Section", "compared", "high_risk"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of a comparison: a JSON value for each version, None where there is none."""

    name: str
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a comparison."""

    title: str
    rows: Sequence[Compared]


compared: list[Callable[[Sequence[ModelVersion], Actor], Section | None]] = []
"""Sections below the registry's own when versions are compared, such as risk and approvals."""
