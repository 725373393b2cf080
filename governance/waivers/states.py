"""The life of a waiver, as data."""

from collections.abc import Mapping

from django.db import models


class WaiverState(models.TextChoices):
    PROPOSED = "proposed", "proposed"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"
    ENDED = "ended", "ended"


TRANSITIONS: Mapping[WaiverState, frozenset[WaiverState]] = {
    WaiverState.PROPOSED: frozenset({WaiverState.APPROVED, WaiverState.REFUSED, WaiverState.ENDED}),
    WaiverState.APPROVED: frozenset({WaiverState.ENDED}),
    WaiverState.REFUSED: frozenset(),
    WaiverState.ENDED: frozenset(),
}
