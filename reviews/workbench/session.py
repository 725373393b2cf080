"""A person's session at the workbench: their queues, how far they are today, what they did last."""

import datetime as dt
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone

from governance.access.models import Person
from governance.access.roles import VIEW_QUEUE, WORK_QUEUE
from reviews.intake.models import Prediction
from reviews.queue import selectors
from reviews.queue.models import Judgement, Queue, ReviewItem, Slot
from reviews.queue.policies import why_not_work
from reviews.queue.states import OPEN, Verdict
from reviews.workbench.showing import value_text


def person_of(request: HttpRequest) -> Person:
    """Who is signed in; the views let nobody else in."""
    assert isinstance(request.user, Person)
    return request.user


def workbench_view(person: Person, stream: str, *, title: str) -> dict[str, Any]:
    """The context `workbench`."""
    page_url = reverse("page-workbench", args=[stream])
    return {
        "title": title,
        "keys_on": person.keys_enabled,
        "person_key": str(person.pk),
        "page_url": page_url,
        "sign_in_url": f"{resolve_url(settings.LOGIN_URL)}?next={page_url}",
        "urls": {"next": reverse("workbench-next", args=[stream]), "queues": reverse("page-review")},
    }


def progress(person: Person, queue: Queue | None) -> dict[str, int]:
    """Decided by the person today (in their own zone), and that plus what waits."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    judged = Judgement.objects.filter(reviewer=person, undone_at=None, at__gte=midnight)
    if queue is not None:
        done = judged.filter(item__queue=queue).count()
        counts = selectors.counts(queue.pk)
        return {"done": done, "total": done + counts.waiting + counts.leased}
    done = judged.count()
    waiting = sum(
        counts.waiting + counts.leased
        for counts in (selectors.counts(each.pk) for each in selectors.queues_with(person, WORK_QUEUE))
    )
    return {"done": done, "total": done + waiting}


def queue_rows(person: Person) -> list[dict[str, Any]]:
    """The rows of `my queues`: where the person may work, or at least look."""
    mine: dict[UUID, int] = {}
    leases = Slot.objects.filter(leased_by=person, leased_until__gt=timezone.now())
    for queue_id in leases.values_list("queue_id", flat=True):
        mine[queue_id] = mine.get(queue_id, 0) + 1
    return [_queue_row(queue, person, mine) for queue in selectors.queues_with(person, VIEW_QUEUE)]


def _queue_row(queue: Queue, person: Person, mine: dict[UUID, int]) -> dict[str, Any]:
    counts = selectors.counts(queue.pk)
    next_due = (
        ReviewItem.objects.filter(queue=queue, state__in=sorted(OPEN))
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    return {
        "name": queue.name,
        "slug": queue.slug,
        "system": queue.system.name,
        "url": reverse("page-workbench", args=[queue.slug]),
        "waiting": counts.waiting,
        "overdue": counts.overdue,
        "leased": counts.leased,
        "mine": mine.get(queue.pk, 0),
        "oldest_at": counts.oldest_at,
        "next_due_at": next_due,
        "why_not": why_not_work(person, queue),
    }


def saved_of_query(request: HttpRequest) -> dict[str, Any] | None:
    """The strip after a redirect: `?saved=<submission id>` names the person's own judgement."""
    try:
        submission_id = UUID(request.GET.get("saved", ""))
    except ValueError:
        return None
    judgement = (
        Judgement.objects.select_related("item__queue")
        .filter(submission_id=submission_id, reviewer=person_of(request), undone_at=None)
        .first()
    )
    return saved_judgement(judgement, now=timezone.now()) if judgement else None


def saved_judgement(judgement: Judgement, *, now: dt.datetime) -> dict[str, Any]:
    """The context `saved` of a judgement."""
    left = int((judgement.final_at - now).total_seconds())
    return saved_view(
        judgement.item,
        _said(judgement),
        submission_id=str(judgement.submission_id),
        undo_seconds=max(0, left),
    )


def saved_view(
    item: ReviewItem, what: str, *, submission_id: str = "", undo_seconds: int = 0
) -> dict[str, Any]:
    """The context `saved`: what was done with an item, and for how long it can be taken back."""
    external_id = Prediction.objects.values_list("external_id", flat=True).get(pk=item.prediction_id)
    return {
        "label": f"{external_id} {what}",
        "external_id": external_id,
        "review_id": str(item.pk),
        "prediction_url": prediction_url(item.prediction_id),
        "submission_id": submission_id,
        "undo_seconds": undo_seconds,
        "urls": {"undo": reverse("workbench-undo", args=[item.pk])},
    }


def prediction_url(prediction_id: UUID) -> str:
    """The page of a prediction."""
    return reverse("page-prediction", args=[prediction_id])


def _said(judgement: Judgement) -> str:
    if judgement.verdict == Verdict.CANNOT_TELL:
        return "passed on: you could not tell"
    answer = answer_text(judgement.output)
    return f"changed to {answer}" if judgement.changed else f"confirmed as {answer}"


def answer_text(output: str | None) -> str:
    """An answer in a few words: the one member's value, or as much JSON as fits."""
    value = orjson.loads(output) if output else None
    if isinstance(value, dict) and len(value) == 1:
        return value_text(next(iter(value.values())))[:80]
    return value_text(value).replace("\n", " ")[:80]
