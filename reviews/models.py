from reviews.erasure.models import Erasure
from reviews.exports.models import Export
from reviews.holds.models import Hold
from reviews.intake.models import Erased, ExternalId, Outcome, Payload, Prediction
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
from reviews.retention.models import RetentionRule
from reviews.routing.models import RoutingPolicy

__all__ = [
    "ClaimCursor",
    "Draft",
    "Erased",
    "Erasure",
    "Exclusion",
    "Export",
    "ExternalId",
    "Hold",
    "Judgement",
    "Label",
    "Outcome",
    "Payload",
    "Prediction",
    "Queue",
    "QueuePermission",
    "RetentionRule",
    "ReviewItem",
    "RoutingPolicy",
    "Skip",
    "Slot",
]
