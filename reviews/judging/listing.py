"""Lists of reviews: filters by allow-list, keyset pages, and how a review looks from outside."""

import base64
import binascii
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from audit.refusals import BadInput, FieldError, NotFound
from audit.rest import boolean_of, limit_of
from audit.trail.actors import Actor
from governance.access.models import Person
from governance.access.roles import VIEW_PAYLOAD, VIEW_QUEUE, VIEW_REVIEWERS
from governance.access.selectors import require
from registry.catalog.models import Model
from reviews.intake.models import ExternalId, Prediction
from reviews.queue import moves, policies, selectors
from reviews.queue.models import Judgement, ReviewItem, Slot
from reviews.queue.states import LEASED, OPEN, State

FILTERS: Final = (
    "queue", "state", "model", "external_id", "reviewer", "decided_after", "changed", "cursor", "limit"
)  # fmt: skip
CANNOT_VIEW: Final = "You have no role that shows you the reviews of this queue."
_BY_DECISION: Final = ("decided_after", "reviewer", "changed")
"""Filters that speak of decisions: then the latest decision comes first, else the latest review."""


def page(actor: Actor, parameters: Mapping[str, str]) -> dict[str, Any]:
    """One page of the reviews that match, newest first."""
    items = _filtered(actor, parameters)
    by_decision = parameters.get("state") == State.DECIDED or any(name in parameters for name in _BY_DECISION)
    if by_decision:
        items = items.filter(decided_at__isnull=False)
    limit = limit_of(parameters)
    if cursor := parameters.get("cursor"):
        items = items.filter(_behind(cursor, by_decision=by_decision))
    order = ("-decided_at", "-id") if by_decision else ("-id",)
    found = list(items.order_by(*order)[: limit + 1])
    following = _cursor(found[limit - 1], by_decision=by_decision) if len(found) > limit else None
    return {"results": as_json(found[:limit], actor), "next": following}


def review_for(actor: Actor, item_id: UUID) -> ReviewItem:
    """A review that the actor may see.

    Raises:
        NotFound, NotPermitted: not theirs.
    """
    item = _shown().filter(pk=item_id).first()
    if item is None:
        raise NotFound
    require(actor, VIEW_QUEUE, item, CANNOT_VIEW)
    return item


def workable(actor: Actor, item_id: UUID) -> ReviewItem:
    """A review that the actor might work on, before anything they sent is looked at.

    Raises:
        NotFound, NotPermitted: not theirs.
    """
    item = _existing(item_id)
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    return item


def manageable(actor: Actor, item_id: UUID) -> ReviewItem:
    """A review whose queue the actor manages, before anything they sent is looked at.

    Raises:
        NotFound, NotPermitted: not theirs.
    """
    item = _existing(item_id)
    moves.refuse(policies.why_not_manage(actor, item), actor, item)
    return item


def as_json(items: Sequence[ReviewItem], actor: Actor) -> list[dict[str, Any]]:
    """Reviews as the API gives them. Names of reviewers only for those who may see them."""
    predictions = dict(
        Prediction.objects.filter(pk__in=[item.prediction_id for item in items]).values_list(
            "id", "external_id"
        )
    )
    models = dict(Model.objects.filter(pk__in={item.model_id for item in items}).values_list("id", "slug"))
    leases = {
        slot.item_id: slot
        for slot in Slot.objects.filter(item__in=items, leased_until__gt=Now()).select_related("leased_by")
    }
    return [
        {
            "id": str(item.pk),
            "queue": item.queue.slug,
            "prediction": str(item.prediction_id),
            "external_id": predictions.get(item.prediction_id),
            "model": models.get(item.model_id),
            "state": LEASED if item.state == State.WAITING and item.pk in leases else item.state,
            "round": item.round,
            "routing_reasons": item.reasons,
            "priority": item.priority,
            "blocks": item.blocks,
            "routed_at": item.routed_at,
            "due_at": item.due_at,
            "snoozed_until": item.snoozed_until,
            "held_until": item.held_until,
            "escalated_at": item.escalated_at,
            "holder": _holder(leases.get(item.pk), item, actor),
            "decided_at": item.decided_at,
            "decided_by": person_json(item.decided_by, item, actor),
            "changed": item.changed,
        }
        for item in items
    ]


def in_full(item: ReviewItem, actor: Actor) -> dict[str, Any]:
    """A review with its judgements: all for those who see the payload, else one's own.

    Others' answers to an open round stay hidden from whoever may still be asked.
    """
    judgements = Judgement.objects.filter(item=item, undone_at=None).select_related("reviewer")
    if not actor.has_perm(VIEW_PAYLOAD, item):
        judgements = judgements.filter(reviewer_id=getattr(actor, "pk", None))
    elif item.state in OPEN:
        judgements = judgements.filter(~Q(round=item.round) | Q(reviewer_id=getattr(actor, "pk", None)))
    return as_json([item], actor)[0] | {
        "judgements": [_judgement_json(row, item, actor) for row in judgements.order_by("at", "id")]
    }


def person_json(person: Any, item: ReviewItem, actor: Actor) -> dict[str, Any] | None:
    """A reviewer: pseudonym for everybody, name for those who may see names, and for themselves."""
    if person is None:
        return None
    told: dict[str, Any] = {"pseudonym": person.pseudonym}
    if person.pk == getattr(actor, "pk", None) or actor.has_perm(VIEW_REVIEWERS, item):
        told |= {"id": str(person.pk), "name": person.name}
    return told


def _filtered(actor: Actor, parameters: Mapping[str, str]) -> QuerySet[ReviewItem]:
    queues = selectors.queues_with(actor, VIEW_QUEUE)
    if "queue" in parameters:
        queues = queues.filter(slug=parameters["queue"])
    ids = list(queues.values_list("pk", flat=True))
    items = _shown().filter(queue_id__in=ids)
    if "state" in parameters:
        items = _in_state(items, parameters["state"])
    if "model" in parameters:
        items = items.filter(model_id__in=Model.objects.filter(slug=parameters["model"]).values("pk"))
    if "external_id" in parameters:
        items = items.filter(prediction_id__in=_named(parameters))
    if "reviewer" in parameters:
        items = items.filter(_decided_by(actor, parameters["reviewer"]))
    if "decided_after" in parameters:
        items = items.filter(decided_at__gt=_time(parameters["decided_after"], "decided_after"))
    changed = boolean_of(parameters, "changed")
    return items if changed is None else items.filter(changed=changed)


def _shown() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.select_related("queue", "decided_by")


def _existing(item_id: UUID) -> ReviewItem:
    item = ReviewItem.objects.select_related("queue").filter(pk=item_id).first()
    if item is None:
        raise NotFound
    return item


def _in_state(items: QuerySet[ReviewItem], state: str) -> QuerySet[ReviewItem]:
    if state not in {*State.values, LEASED}:
        known = ", ".join([*State.values, LEASED])
        raise BadInput([FieldError("/state", "BAD_VALUE", f"The states are: {known}.")])
    if state not in {State.WAITING, LEASED}:
        return items.filter(state=state)
    live = Exists(Slot.objects.filter(item=OuterRef("pk"), leased_until__gt=Now()))
    return items.filter(live if state == LEASED else ~live, state=State.WAITING)


def _named(parameters: Mapping[str, str]) -> list[UUID]:
    """The predictions of that external id; of all models unless one is named."""
    models = Model.objects.all()
    if "model" in parameters:
        models = models.filter(slug=parameters["model"])
    named = ExternalId.objects.filter(
        model_id__in=list(models.values_list("pk", flat=True)), external_id=parameters["external_id"]
    )
    return list(named.values_list("prediction_id", flat=True))


def _decided_by(actor: Actor, text: str) -> Q:
    """`me`, a pseudonym, or an id. Ids of others only count where the actor may see who reviewers are."""
    if text == "me":
        return Q(decided_by_id=getattr(actor, "pk", None))
    try:
        person_id = UUID(text)
    except ValueError:
        return Q(decided_by__in=Person.objects.filter(pseudonym=text))
    if person_id == getattr(actor, "pk", None):
        return Q(decided_by_id=person_id)
    where = selectors.queues_with(actor, VIEW_REVIEWERS).values("pk")
    return Q(decided_by_id=person_id, queue_id__in=where)


def _holder(slot: Slot | None, item: ReviewItem, actor: Actor) -> dict[str, Any] | None:
    if slot is None:
        return None
    person = person_json(slot.leased_by, item, actor)
    return (person or {}) | {"leased_at": slot.leased_at, "expires_at": slot.leased_until}


def _judgement_json(row: Judgement, item: ReviewItem, actor: Actor) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "round": row.round,
        "reviewer": person_json(row.reviewer, item, actor),
        "verdict": row.verdict,
        "output": orjson.Fragment(row.output) if row.output is not None else None,
        "changed": row.changed,
        "diff": row.diff,
        "reasons": row.reasons,
        "comment": row.comment,
        "seconds": row.seconds,
        "via": row.via,
        "at": row.at,
        "final_at": row.final_at,
    }


def _time(text: str, name: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text.upper())
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        raise BadInput(
            [FieldError(f"/{name}", "BAD_VALUE", f"{name} is a time like 2026-11-20T10:00:00Z.")]
        ) from None


def _cursor(item: ReviewItem, *, by_decision: bool) -> str:
    text = f"{item.decided_at.isoformat()}|{item.pk}" if by_decision and item.decided_at else str(item.pk)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _behind(cursor: str, *, by_decision: bool) -> Q:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if not by_decision:
            return Q(pk__lt=UUID(text))
        at_text, id_text = text.split("|")
        at, last = dt.datetime.fromisoformat(at_text), UUID(id_text)
        return Q(decided_at__lt=at) | Q(decided_at=at, pk__lt=last)
    except (ValueError, binascii.Error):
        raise BadInput(
            [FieldError("/cursor", "BAD_CURSOR", "This cursor is not of this list; begin without one.")]
        ) from None
