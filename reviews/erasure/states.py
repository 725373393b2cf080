"""The life of an erasure, as data."""

from collections.abc import Mapping

from django.db import models


class ErasureState(models.TextChoices):
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    HELD = "held", "held"
    DONE = "done", "done"


TRANSITIONS: Mapping[ErasureState, frozenset[ErasureState]] = {
    ErasureState.QUEUED: frozenset({ErasureState.RUNNING}),
    ErasureState.RUNNING: frozenset({ErasureState.DONE, ErasureState.HELD}),
    ErasureState.HELD: frozenset({ErasureState.QUEUED}),
    ErasureState.DONE: frozenset(),
}
OPEN = frozenset(state for state, onward in TRANSITIONS.items() if onward)


class Ground(models.TextChoices):
    """Why content goes."""

    REQUEST = "request", "request"
    RETENTION = "retention", "retention"
