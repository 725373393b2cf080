"""What is about a data subject: for bundles of the log that somebody asks for by subject."""

from collections.abc import Iterator
from uuid import UUID

from reviews.intake.models import Payload
from reviews.intake.subjects import subject_hashes
from reviews.queue.models import ReviewItem


def things_about(subject: str) -> Iterator[tuple[str, UUID]]:
    """The subject's predictions and their reviews, as (entity type, id)."""
    of_subject = Payload.objects.filter(subject_hash__in=subject_hashes(subject))
    predictions = list(of_subject.values_list("prediction_id", flat=True))
    yield from (("prediction", id_) for id_ in predictions)
    items = ReviewItem.objects.filter(prediction_id__in=predictions).values_list("pk", flat=True)
    yield from (("review", id_) for id_ in items)
