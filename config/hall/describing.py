"""Names and addresses of what the reviews wing and the registry hold, for the pages about events."""

from uuid import UUID

from audit.trail.describing import Described, describers
from config.hall.addresses import address
from governance.approvals.deciding_view import title_of
from governance.approvals.models import ApprovalRequest
from registry.aliases.models import Alias
from registry.catalog.models import CardRevision, Environment, Model, ModelVersion
from registry.deployments.models import Deployment
from reviews.erasure.models import Erasure
from reviews.exports.models import Export
from reviews.intake.models import Prediction
from reviews.queue.models import Queue, ReviewItem
from reviews.routing.models import RoutingPolicy


def fill() -> None:
    """Called once, when every address is known."""
    describers["model"] = _models
    describers["version"] = _versions
    describers["alias"] = _aliases
    describers["card"] = _cards
    describers["environment"] = _environments
    describers["deployment"] = _deployments
    describers["queue"] = _queues
    describers["policy"] = _policies
    describers["prediction"] = _predictions
    describers["review"] = _reviews
    describers["export"] = _exports
    describers["erasure"] = _erasures
    describers["approval"] = _approvals


def _models(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Model.objects.filter(pk__in=ids).values_list("pk", "slug")
    return {pk: Described(slug, address("page-model", slug)) for pk, slug in rows}


def _versions(ids: set[UUID]) -> dict[UUID, Described]:
    rows = ModelVersion.objects.filter(pk__in=ids).values_list("pk", "model__slug", "version")
    return {pk: Described(f"{slug} {name}", address("page-version", slug, name)) for pk, slug, name in rows}


def _aliases(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Alias.objects.filter(pk__in=ids).values_list("pk", "model__slug", "name")
    return {pk: Described(f"{name} of {slug}", address("page-aliases", slug)) for pk, slug, name in rows}


def _cards(ids: set[UUID]) -> dict[UUID, Described]:
    rows = CardRevision.objects.filter(pk__in=ids).values_list(
        "pk", "version__model__slug", "version__version", "number"
    )
    return {
        pk: Described(f"{number} of {slug} {name}", address("page-version", slug, name))
        for pk, slug, name, number in rows
    }


def _environments(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Environment.objects.filter(id__in=ids).values_list("id", "slug")
    return {id_: Described(slug, address("page-environment", slug)) for id_, slug in rows}


def _deployments(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Deployment.objects.filter(pk__in=ids).values_list(
        "pk", "model__slug", "version__version", "environment_id"
    )
    return {
        pk: Described(f"{slug} {name} in {environment}", address("page-deployments", slug))
        for pk, slug, name, environment in rows
    }


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


def _erasures(ids: set[UUID]) -> dict[UUID, Described]:
    rows = Erasure.objects.filter(pk__in=ids).values_list("pk", "asked_at")
    return {pk: Described(f"of {at:%d %b %Y}", address("page-erasure", pk)) for pk, at in rows}


def _approvals(ids: set[UUID]) -> dict[UUID, Described]:
    rows = ApprovalRequest.objects.filter(pk__in=ids).select_related("system", "version__model")
    return {row.pk: Described(title_of(row), address("page-approval", row.pk)) for row in rows}
