"""Named reads of one prediction: everything that happened to it, in a fixed number of queries."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from django.db.models import Q

from audit.trail.models import Event, Opening
from governance.access.models import Person, ServiceKey
from governance.access.roles import VIEW_PREDICTION
from registry.catalog.models import Model
from reviews.intake import selectors as intake
from reviews.intake.models import ExternalId, Outcome, Prediction
from reviews.intake.standing import Standing, standings
from reviews.labels.models import Label
from reviews.queue.models import Judgement, ReviewItem
from reviews.queue.states import State

MOST_EVENTS: Final = 200
"""Of one prediction and its review; what is older is in the audit explorer."""
TOLD: Final = (
    "reviews.prediction.flagged",
    "reviews.prediction.cancelled",
    "reviews.review.reopened",
    "reviews.review.escalated",
    "reviews.review.assigned",
    "reviews.review.unlocked",
    "reviews.review.snoozed",
    "reviews.review.skipped",
    "reviews.review.undone",
)
"""Events that the plain history tells, too: what has no row of its own."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One audit event as far as a page needs it."""

    id: UUID
    kind: str
    actor: str
    entity_type: str
    entity_version: int
    at: dt.datetime
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One prediction with everything that was said and done about it."""

    standing: Standing
    prediction: Prediction
    item: ReviewItem | None
    judgements: list[Judgement]
    labels: list[Label]
    outcomes: list[Outcome]
    happenings: list[Happening]
    notes: Mapping[tuple[str, int], str]
    """What people wrote when they disputed, reopened or passed on, by entity type and version."""
    names: Mapping[str, "Name"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Name:
    """How an actor is called: by those who may know, and by everybody else."""

    full: str
    pseudonym: str


def case_for(actor: Person, prediction_id: UUID) -> Case:
    """A prediction with its whole history, for somebody who may know of it.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but predictions are not.
    """
    standing = intake.prediction_for(actor, prediction_id)
    prediction = Prediction.objects.select_related("model__system", "policy").get(pk=prediction_id)
    item = None
    if standing.item_id is not None:
        item = ReviewItem.objects.select_related("queue").get(pk=standing.item_id)
    judgements = _judgements(item)
    happenings = _happenings(standing)
    refs = {each.actor for each in happenings} | {standing.posted_by}
    refs |= {f"person:{each.reviewer_id}" for each in judgements}
    refs |= {str(ref) for each in happenings for ref in _mentioned(each.details)}
    return Case(
        standing=standing,
        prediction=prediction,
        item=item,
        judgements=judgements,
        labels=list(Label.objects.filter(prediction_id=prediction_id).order_by("version")),
        outcomes=list(Outcome.objects.filter(prediction_id=prediction_id).order_by("version")),
        happenings=happenings,
        notes=_notes(standing),
        names=names_of(refs),
    )


def predictions_named(actor: Person, *, model: str, external_id: str) -> list[tuple[UUID, str]]:
    """Id and model of the predictions with that external id which the actor may know of.

    Without a model: of every model in their reach. An id of ours is taken, too.
    """
    models = Model.objects.filter(slug=model) if model else _models_of(actor)
    slugs = dict(models.values_list("id", "slug"))
    found = ExternalId.objects.filter(model_id__in=list(slugs), external_id=external_id)
    named = [(id_, slugs[model_id]) for id_, model_id in found.values_list("prediction_id", "model_id")]
    if not named and not model and (id_ := _as_uuid(external_id)):
        named = [(id_, "")]
    return [(id_, slug) for id_, slug in named if _knows(actor, id_)]


def names_of(refs: Iterable[str]) -> dict[str, Name]:
    """Names behind `person:` and `key:` references, in one query each."""
    ids: dict[str, set[UUID]] = {"person": set(), "key": set()}
    for ref in refs:
        kind, _, text = ref.partition(":")
        if kind in ids and (id_ := _as_uuid(text)):
            ids[kind].add(id_)
    named = {}
    if ids["person"]:
        for id_, name, pseudonym in Person.objects.filter(pk__in=ids["person"]).values_list(
            "id", "name", "pseudonym"
        ):
            named[f"person:{id_}"] = Name(name, pseudonym)
    if ids["key"]:
        for id_, name in ServiceKey.objects.filter(pk__in=ids["key"]).values_list("id", "name"):
            named[f"key:{id_}"] = Name(f"the service {name}", f"the service {name}")
    return named


def _judgements(item: ReviewItem | None) -> list[Judgement]:
    """What stands, also what its author may still take back: the page shows that to them alone."""
    if item is None:
        return []
    found = Judgement.objects.filter(item=item, undone_at=None).select_related("reviewer")
    return list(found.order_by("at", "id"))


def is_provisional(judgement: Judgement, item: ReviewItem) -> bool:
    """Whether it may still be taken back, and so is nobody else's to know."""
    return item.state == State.HELD and judgement.round == item.round


def _happenings(standing: Standing) -> list[Happening]:
    about = Q(entity_type="prediction", entity_id=standing.id)
    if standing.item_id is not None:
        about |= Q(entity_type="review", entity_id=standing.item_id)
    found = Event.objects.filter(about).order_by("-seq")[:MOST_EVENTS]
    return [
        Happening(
            event.id,
            event.kind,
            event.actor,
            event.entity_type,
            event.entity_version,
            event.at,
            _details(bytes(event.body)),
        )
        for event in reversed(found)
    ]


def _notes(standing: Standing) -> dict[tuple[str, int], str]:
    if standing.item_id is None:
        return {}
    found = Opening.objects.filter(
        entity_id=standing.item_id, entity_type="review", name__in=["note", "reason"]
    ).values_list("entity_type", "entity_version", "value")
    return {(kind, version): value for kind, version, value in found[:MOST_EVENTS]}


def _details(body: bytes) -> Mapping[str, Any]:
    details = orjson.loads(body).get("details") if body else None
    return details if isinstance(details, dict) else {}


def _mentioned(details: Mapping[str, Any]) -> list[str]:
    holders = details.get("holders")
    mentioned = list(holders) if isinstance(holders, list) else []
    return [*mentioned, details.get("to") or ""]


def _models_of(actor: Person) -> Any:
    systems = actor.rights.systems_with(VIEW_PREDICTION)
    if systems is None:
        return Model.objects.all()
    queues = actor.rights.queues_with(VIEW_PREDICTION)
    return Model.objects.filter(Q(system_id__in=systems) | Q(system__queues__in=queues)).distinct()


def _knows(actor: Person, prediction_id: UUID) -> bool:
    standing = standings([prediction_id]).get(prediction_id)
    return standing is not None and actor.has_perm(VIEW_PREDICTION, standing)


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
