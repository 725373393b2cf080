"""Names and addresses of what the reviews wing and the registry hold, for the pages about events."""

from uuid import UUID

from audit.trail.describing import Described, describers
from config.hall.addresses import address
from registry.catalog.models import Model, ModelVersion
from reviews.exports.models import Export
from reviews.intake.models import Prediction
from reviews.queue.models import Queue, ReviewItem
from reviews.routing.models import RoutingPolicy


def fill() -> None:
    """Called once, when every address is known."""
    describers["model"] = _models
    describers["version"] = _versions
    describers["queue"] = _queues
    describers["policy"] = _policies
    describers["prediction"] = _predictions
    describers["review"] = _reviews
    describers["export"] = _exports


def _models(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Model.objects.filter(pk__in=ids).values_list("pk", "slug")
    return {pk: Described(slug, address("page-model", slug)) for pk, slug in rows}


def _versions(ids: set[UUID]) -> dict[UUID, Described]:
    rows = ModelVersion.objects.filter(pk__in=ids).values_list("pk", "model__slug", "version")
    return {pk: Described(f"{slug} {name}", address("page-version", slug, name)) for pk, slug, name in rows}


def _queues(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Queue.objects.filter(pk__in=ids).values_list("pk", "slug", "name")
    return {pk: Described(name, address("page-queue", slug)) for pk, slug, name in rows}


def _policies(ids: set[UUID]) -> dict[UUID, Described]:
    rows = RoutingPolicy.objects.filter(pk__in=ids).values_list("pk", "number", "model__slug")
    return {
        pk: Described(f"{number} of {slug}", address("page-policy", slug, number))
        for pk, number, slug in rows
    }


def _predictions(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Prediction.objects.filter(pk__in=ids).values_list("pk", "external_id", "model__slug")
    return {
        pk: Described(f"{slug} {external_id}", address("page-prediction", pk))
        for pk, external_id, slug in rows
    }


def _reviews(ids: set[UUID]) -> dict[UUID, Described]:
    """A review is called like its prediction, and its page is the prediction's."""
    predictions = dict(ReviewItem.objects.filter(pk__in=ids).values_list("pk", "prediction_id"))
    described = _predictions(set(predictions.values()))
    return {pk: described[of] for pk, of in predictions.items() if of in described}


def _exports(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Export.objects.filter(pk__in=ids).values_list("pk", "model__slug")
    return {pk: Described(f"of {slug}", address("page-export", pk)) for pk, slug in rows}
