from reviews.exports.models import Export
from reviews.intake.models import ExternalId, Outcome, Payload, Prediction
from reviews.labels.models import Label
from reviews.queue.models import (
    ClaimCursor,
    Draft,
    Exclusion,
    Judgement,
    Queue,
    QueuePermission,
    ReviewItem,
    Skip,
    Slot,
)
from reviews.routing.models import RoutingPolicy

__all__ = [
    "ClaimCursor",
    "Draft",
    "Exclusion",
    "Export",
    "ExternalId",
    "Judgement",
    "Label",
    "Outcome",
    "Payload",
    "Prediction",
    "Queue",
    "QueuePermission",
    "ReviewItem",
    "RoutingPolicy",
    "Skip",
    "Slot",
]
