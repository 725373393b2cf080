"""Who holds what, what waits, and who passed over how much: the rows of a queue's page."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from audit.refusals import BadInput, FieldError
from governance.access.models import Person
from governance.access.roles import VIEW_PREDICTION, VIEW_REVIEWERS
from reviews.cases import decided, decided_view
from reviews.desk import selectors
from reviews.intake.models import Prediction
from reviews.queue.models import Queue, ReviewItem, Slot
from reviews.queue.policies import why_not_manage, why_not_work
from reviews.queue.selectors import passed_over
from reviews.workbench.words import reason_labels

PAGE = 25
LATELY = 5


def desk_view(queue: Queue, person: Person, *, place: str, now: dt.datetime) -> dict[str, Any]:
    """The context of `reviews/desk/queue.html`, but for the numbers and the form."""
    why_not = why_not_manage(person, queue)
    shows_predictions = person.has_perm(VIEW_PREDICTION, queue)
    return {
        "queue": queue,
        "why_not_manage": why_not,
        "why_not_work": why_not_work(person, queue),
        "shows_predictions": shows_predictions,
        "held": held_rows(queue, person, now=now),
        "waiting": waiting_page(queue, person, place=place, now=now) if shows_predictions else None,
        "skips": None if why_not else skips(queue, now=now),
        "lately": None if why_not else lately(queue, person, now=now),
        "decided_url": f"{reverse('page-decided')}?{urlencode({'whose': 'queues', 'queue': queue.slug})}",
        "back": urlencode({"whose": "queues", "queue": queue.slug}),
    }


def held_rows(queue: Queue, person: Person, *, now: dt.datetime) -> list[dict[str, Any]]:
    """Reviews that somebody works on at the moment."""
    leases = selectors.held(queue, now=now)
    predictions = selectors.predictions_of([lease.item for lease in leases])
    return [
        {
            "item_id": lease.item_id,
            "prediction": _prediction(predictions.get(lease.item.prediction_id), person, queue),
            "who": called(lease.leased_by, person, queue),
            "since": lease.leased_at,
            "until": lease.leased_until,
            "due_at": lease.item.due_at,
            "overdue": lease.item.due_at < now,
        }
        for lease in leases
    ]


def waiting_page(queue: Queue, person: Person, *, place: str, now: dt.datetime) -> dict[str, Any]:
    """What waits, most urgent first."""
    items = selectors.waiting(queue, beyond=beyond(place), limit=PAGE + 1)
    shown = items[:PAGE]
    predictions, slots = selectors.predictions_of(shown), selectors.slots_of(shown)
    assigned = {slot.assigned_to_id for each in slots.values() for slot in each if slot.assigned_to_id}
    people = selectors.people_named(assigned)
    rows = [
        _waiting_row(
            item, predictions.get(item.prediction_id), slots[item.pk], people, person, queue, now=now
        )
        for item in shown
    ]
    more = len(items) > PAGE
    return {
        "rows": rows,
        "place": place,
        "first": f"{reverse('page-queue', args=[queue.slug])}#waiting" if place else None,
        "next": f"?{urlencode({'place': place_after(shown[-1])})}#waiting" if more else None,
    }


def skips(queue: Queue, *, now: dt.datetime) -> list[dict[str, Any]]:
    """How many reviews each person passed over within a day: by name, so that it is no race."""
    counts = passed_over(queue.pk, since=now - dt.timedelta(days=1))
    people = selectors.people_named(counts)
    rows = [{"who": people[id_].name, "count": count} for id_, count in counts.items() if id_ in people]
    return sorted(rows, key=lambda row: str(row["who"]).casefold())


def lately(queue: Queue, person: Person, *, now: dt.datetime) -> list[dict[str, Any]]:
    """The last decisions, to look at and to reopen."""
    found = decided.page(decided.Wanted(queues=(queue.pk,)), None, size=LATELY)
    return [decided_view.row(each, person, now=now) for each in decided_view.load(found.ids)]


def called(who: Person | None, viewer: Person, queue: Queue) -> str:
    """A reviewer's name for those who may know it, else the pseudonym."""
    if who is None:
        return ""
    if who.pk == viewer.pk:
        return f"{who.name} (you)"
    return who.name if viewer.has_perm(VIEW_REVIEWERS, queue) else who.pseudonym


def beyond(place: str) -> tuple[dt.datetime, UUID] | None:
    """The place in the waiting list behind `?place=`.

    Raises:
        BadInput: it is none.
    """
    if not place:
        return None
    at, _, id_ = place.partition("_")
    try:
        moment = dt.datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(at)
        return moment, UUID(id_)
    except ValueError:
        detail = "This place in the list is not known; begin at its top."
        raise BadInput([FieldError("/place", "BAD_CURSOR", detail)]) from None


def place_after(item: ReviewItem) -> str:
    return f"{item.sort_at.astimezone(dt.UTC).isoformat()}_{item.pk}"


def _waiting_row(
    item: ReviewItem,
    prediction: Prediction | None,
    slots: list[Slot],
    people: dict[UUID, Person],
    viewer: Person,
    queue: Queue,
    *,
    now: dt.datetime,
) -> dict[str, Any]:
    leased = any(slot.leased_until and slot.leased_until > now for slot in slots)
    assigned = next((people.get(slot.assigned_to_id) for slot in slots if slot.assigned_to_id), None)
    return {
        "item_id": item.pk,
        "prediction": _prediction(prediction, viewer, queue),
        "reasons": reason_labels(item.reasons, policy=None, classes=()),
        "classes": ", ".join(prediction.classes) if prediction else "",
        "priority": item.priority,
        "since": item.routed_at,
        "due_at": item.due_at,
        "overdue": item.due_at < now,
        "leased": leased,
        "assigned": called(assigned, viewer, queue),
        "round": item.round,
    }


def _prediction(prediction: Prediction | None, viewer: Person, queue: Queue) -> dict[str, str] | None:
    """What a row says about its prediction, to those who may know predictions."""
    if prediction is None or not viewer.has_perm(VIEW_PREDICTION, queue):
        return None
    return {
        "external_id": prediction.external_id,
        "model": prediction.model.slug,
        "url": reverse("page-prediction", args=[prediction.pk]),
    }
