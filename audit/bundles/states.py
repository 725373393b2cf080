"""The life of a bundle, as data."""

from collections.abc import Mapping

from django.db import models


class BundleState(models.TextChoices):
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    PURGED = "purged", "purged"


TRANSITIONS: Mapping[BundleState, frozenset[BundleState]] = {
    BundleState.QUEUED: frozenset({BundleState.RUNNING, BundleState.CANCELLED, BundleState.FAILED}),
    BundleState.RUNNING: frozenset({BundleState.DONE, BundleState.FAILED, BundleState.CANCELLED}),
    BundleState.DONE: frozenset({BundleState.PURGED}),
    BundleState.FAILED: frozenset(),
    BundleState.CANCELLED: frozenset(),
    BundleState.PURGED: frozenset(),
}
ENDED = frozenset({BundleState.DONE, BundleState.FAILED, BundleState.CANCELLED})
"""What a run comes to; that the file of one is deleted later is no end of a run."""
EVENTS: Mapping[BundleState, str] = {
    BundleState.RUNNING: "audit.bundle.begun",
    BundleState.DONE: "audit.bundle.made",
    BundleState.FAILED: "audit.bundle.failed",
    BundleState.CANCELLED: "audit.bundle.cancelled",
    BundleState.PURGED: "audit.bundle.purged",
}
"""The kind of the event by the state that is come to."""
