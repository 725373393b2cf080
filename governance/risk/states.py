"""The life of an override, as data."""

from collections.abc import Mapping

from django.db import models


class OverrideState(models.TextChoices):
    PROPOSED = "proposed", "proposed"
    APPROVED = "approved", "in force"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"
    ENDED = "ended", "ended"


class OverrideKind(models.TextChoices):
    UPWARD = "upward", "upward"
    DOWNWARD = "downward", "downward"
    EXEMPTION = "exemption", "exemption"


TRANSITIONS: Mapping[OverrideState, frozenset[OverrideState]] = {
    OverrideState.PROPOSED: frozenset(
        {OverrideState.APPROVED, OverrideState.REFUSED, OverrideState.WITHDRAWN}
    ),
    OverrideState.APPROVED: frozenset({OverrideState.ENDED}),
    OverrideState.REFUSED: frozenset(),
    OverrideState.WITHDRAWN: frozenset(),
    OverrideState.ENDED: frozenset(),
}
FINAL = frozenset(state for state, onward in TRANSITIONS.items() if not onward)
