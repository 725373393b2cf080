"""The queues and one queue, for whoever runs them: how full, how fast, who holds what, and handing it on."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.pages import render, signed_in
from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from governance.access.models import Person
from governance.access.roles import MANAGE_QUEUE, VIEW_QUEUE
from governance.access.selectors import require
from reviews.desk import selectors
from reviews.desk.desk_view import desk_view
from reviews.desk.forms import EVERYBODY, AssignForm, UnlockForm
from reviews.desk.numbers_view import count_words, numbers_view
from reviews.queue import services as queue_services
from reviews.queue.models import Queue, ReviewItem
from reviews.queue.people import people_working
from reviews.queue.policies import why_not_manage
from reviews.queue.selectors import queue_by_slug, queues_with
from reviews.workbench.session import person_of

CANNOT_VIEW = "You have no role that shows you this queue."
NO_QUEUES = "You have no role that shows you queues."


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """The queues a person manages or may see, and how full they are."""
    person = person_of(request)
    if not person.rights.allow_somewhere(VIEW_QUEUE):
        raise NotPermitted(NO_QUEUES)
    queues = list(queues_with(person, VIEW_QUEUE))
    loads = selectors.loads(queues)
    managed = set(queues_with(person, MANAGE_QUEUE).values_list("pk", flat=True))
    rows = [
        {
            "queue": queue,
            "load": load,
            "waiting": count_words(load.waiting),
            "overdue": count_words(load.overdue),
            "managed": queue.pk in managed,
        }
        for queue in queues
        if (load := loads.get(queue.pk))
    ]
    return render(request, "reviews/desk/queues.html", {"rows": rows})


@require_safe
@signed_in
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """One queue."""
    return _page(request, _queue(request, slug))


@require_safe
@signed_in
def numbers(request: HttpRequest, slug: str) -> HttpResponse:
    """The numbers alone: what the page asks for every fifteen seconds."""
    queue = _queue(request, slug)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("page-queue", args=[slug]))
    return render(request, "reviews/desk/_numbers.html", _numbers(request, queue))


@require_POST
@signed_in
def assign(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep some reviews for one person, or give them back to everybody: all of them or none."""
    queue, person, now = _managed(request, slug), person_of(request), timezone.now()
    form = _assign_form(request, queue)
    if not form.is_valid():
        return _page(request, queue, form=form, status=422)
    chosen = form.cleaned_data["person"]
    to = None if chosen == EVERYBODY else Person.objects.get(pk=chosen)
    ids = _items_of(queue, form.cleaned_data["items"])
    with transaction.atomic():
        for item_id in ids:
            queue_services.assign(
                item_id=item_id, person=to, reason=form.cleaned_data["reason"], actor=person, now=now
            )
    what = "One review is" if len(ids) == 1 else f"{len(ids)} reviews are"
    messages.success(request, f"{what} kept for {to.name}." if to else f"{what} there for everybody again.")
    return _back(queue)


@require_POST
@signed_in
def unlock(request: HttpRequest, slug: str, item_id: UUID) -> HttpResponse:
    """Take a review from whoever holds it; what they typed stays their draft."""
    queue = _managed(request, slug)
    form = UnlockForm(request.POST)
    if not form.is_valid():
        raise BadInput([FieldError("/reason", "REQUIRED", "Say why you take the review from its holder.")])
    _items_of(queue, [str(item_id)])
    queue_services.unlock(
        item_id=item_id, actor=person_of(request), reason=form.cleaned_data["reason"], now=timezone.now()
    )
    messages.success(request, "The review is free again. What was typed is kept as its holder's draft.")
    return _back(queue)


def _queue(request: HttpRequest, slug: str) -> Queue:
    queue = queue_by_slug(slug)
    require(request.user, VIEW_QUEUE, queue, CANNOT_VIEW)
    return queue


def _managed(request: HttpRequest, slug: str) -> Queue:
    queue = _queue(request, slug)
    if reason := why_not_manage(person_of(request), queue):
        raise NotPermitted(reason)
    return queue


def _items_of(queue: Queue, ids: list[str]) -> list[UUID]:
    """Ids of reviews of this queue, in one order for everybody who locks several.

    Raises:
        NotFound: one of them is not of this queue.
    """
    try:
        wanted = {UUID(text) for text in ids}
    except ValueError:
        raise NotFound from None
    found = set(ReviewItem.objects.filter(queue=queue, pk__in=wanted).values_list("pk", flat=True))
    if found != wanted:
        raise NotFound("One of these reviews is not in this queue any more.")
    return sorted(found)


def _assign_form(request: HttpRequest, queue: Queue) -> AssignForm:
    people = [(str(each.pk), each.name) for each in people_working([queue])]
    return AssignForm(request.POST if request.method == "POST" else None, people=people)


def _numbers(request: HttpRequest, queue: Queue) -> dict[str, Any]:
    asked = request.GET
    return numbers_view(
        queue, paused=asked.get("paused") == "yes", table=asked.get("table") == "yes", now=timezone.now()
    )


def _page(
    request: HttpRequest, queue: Queue, *, form: AssignForm | None = None, status: int = 200
) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    place = request.GET.get("place", "")
    context = desk_view(queue, person, place=place, now=now) | _numbers(request, queue)
    if context["why_not_manage"] is None:
        context["form"] = form or _assign_form(request, queue)
        context["chosen"] = set(form.data.getlist("items")) if form else set()  # type: ignore[attr-defined]
    return render(request, "reviews/desk/queue.html", context, status=status)


def _back(queue: Queue) -> HttpResponse:
    return HttpResponseRedirect(reverse("page-queue", args=[queue.slug]))
