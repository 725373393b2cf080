"""What follows from a suspension, as the wing above counts it; filled in at start-up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """One queue that predictions would go to."""

    slug: str
    waiting: str
    """How many reviews wait there now."""
    reviewers: int
    """People who may work there."""


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a suspension means in numbers, from what was posted lately."""

    per_day: int
    """Predictions."""
    alone_per_day: int
    """Of these, those that people do not look at today."""
    span: str
    """What the numbers are taken from, in words."""
    open_items: str
    """Reviews of its predictions that are open now."""
    queues: Sequence[Load] = ()
    callers: Sequence[str] = ()
    """Who posted them, by name."""


consequences: Callable[..., Consequences] | None = None
"""Called as `consequences(system_id=, model_id=, version_id=, now=)`."""


def consequences_of(**about: object) -> Consequences | None:
    """What would follow; None where nobody counts."""
    return consequences(**about) if consequences else None
