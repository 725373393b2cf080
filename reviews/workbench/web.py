"""The workbench: claims an item, shows it, takes the decision and shows the next.

The protocol with the page is the table at the head of `static/workbench.js`. Every address works as a
plain form, too: then a decision answers with a redirect to the next item.
"""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from audit.pages import render, signed_in
from audit.refusals import BadInput, FieldError
from governance.access.roles import WORK_QUEUE
from reviews.intake.selectors import refuse_if_erased
from reviews.queue import selectors as queues
from reviews.queue import services as queue
from reviews.queue.claims import Taken
from reviews.queue.errors import TooManyLeases
from reviews.queue.models import Queue
from reviews.workbench import acts, session
from reviews.workbench.item_view import case_of, item_view, typed_of_post, wrong_of

ALL = "all"
"""The stream of whatever is most urgent over all of a person's queues."""


@require_GET
@signed_in
def my_queues(request: HttpRequest) -> HttpResponse:
    """The queues a person works on, with what waits in them."""
    person = session.person_of(request)
    context = {
        "queues": session.queue_rows(person),
        "all_url": reverse("page-workbench", args=[ALL]),
        "session": session.progress(person, None),
    }
    return render(request, "reviews/workbench/queues.html", context)


@require_GET
@signed_in
def workbench(request: HttpRequest, stream: str) -> HttpResponse:
    """The next item of a queue, or of all (`all`): resumed, else claimed."""
    context = _next_context(request, stream, hold=())
    context["saved"] = session.saved_of_query(request)
    template = "reviews/workbench/item.html" if "item" in context else "reviews/workbench/empty.html"
    return render(request, template, context)


@require_GET
@signed_in
def named(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """This very item, if it can be had."""
    person, now = session.person_of(request), timezone.now()
    refuse_if_erased(person, item_id)
    taken = queue.claim_named(item_id=item_id, actor=person, now=now)
    context = _context(request, taken.item.queue.slug)
    context["item"] = item_view(taken, person, stream=taken.item.queue.slug, now=now)
    context["saved"] = session.saved_of_query(request)
    return render(request, "reviews/workbench/item.html", context)


@require_POST
@signed_in
def following(request: HttpRequest, stream: str) -> HttpResponse:
    """One more item beside those the page holds."""
    if not _is_htmx(request):
        return redirect("page-workbench", stream)
    context = _next_context(request, stream, hold=_held(request))
    context["saved"] = None
    return render(request, _fragment(context), context)


@require_POST
@signed_in
def decide(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take what was decided about an item; answer the next one."""
    stream = request.GET.get("from", ALL)
    try:
        done = acts.act(request, item_id)
    except BadInput as refusal:
        return _asked_again(request, item_id, stream, refusal.errors)
    if not _is_htmx(request):
        return _go_on(request, stream, done)
    context = _next_context(request, stream, hold=_held(request))
    context["saved"] = done.strip
    return render(request, "reviews/workbench/_after.html", context)


@require_POST
@signed_in
def heartbeat(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Prolong the lease."""
    until = queue.heartbeat(item_id=item_id, token=acts.token_of(request), actor=session.person_of(request))
    return JsonResponse({"seconds": max(0, int((until - timezone.now()).total_seconds()))})


@require_POST
@signed_in
def draft(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Keep what is typed."""
    acts.keep_draft(request, item_id)
    return HttpResponse(status=204)


@require_POST
@signed_in
def release(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Give the item back: the page closes, or its person pauses."""
    if request.POST.get("action") == "pause":
        acts.pause(request, item_id)
        return redirect("page-review")
    queue.release(
        item_id=item_id,
        token=acts.token_of(request),
        actor=session.person_of(request),
        now=timezone.now(),
    )
    return HttpResponse(status=204)


@require_POST
@signed_in
def undo(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take the last decision back while it is held."""
    person, now = session.person_of(request), timezone.now()
    taken = acts.undo(request, item_id, now=now)
    if not _is_htmx(request):
        return redirect("page-workbench-item", item_id)
    stream = request.GET.get("from", taken.item.queue.slug)
    context = _context(request, stream)
    context["item"] = item_view(taken, person, stream=stream, now=now)
    context["saved"] = None
    return render(request, "reviews/workbench/_item.html", context)


def _go_on(request: HttpRequest, stream: str, done: acts.Done) -> HttpResponse:
    """To the next item. What cannot be undone there is said in a message."""
    where = reverse("page-workbench", args=[stream])
    if done.submission:
        return HttpResponseRedirect(f"{where}?saved={done.submission}")
    messages.success(request, f"{done.strip['label']}.")
    return HttpResponseRedirect(where)


def _next_context(request: HttpRequest, stream: str, *, hold: tuple[UUID, ...]) -> dict[str, Any]:
    """Claim, and describe what came of it: `item`, or `none` with the reason."""
    person, now = session.person_of(request), timezone.now()
    context = _context(request, stream)
    try:
        found = queue.claim(queue_ids=_queue_ids(request, stream), actor=person, hold=hold, now=now)
    except TooManyLeases:
        found = queue.Nothing("all_leased")
    if isinstance(found, Taken):
        context["item"] = item_view(found, person, stream=stream, now=now)
        # What a page already shows is no news to it.
        context["item"]["resumed"] &= not _is_htmx(request)
    else:
        context["none"] = {"why": found.why, "next_free_at": found.next_free_at}
    return context


def _asked_again(request: HttpRequest, item_id: UUID, stream: str, errors: list[FieldError]) -> HttpResponse:
    """The form as it was sent, with what has to be corrected; kept as draft, too.

    Raises:
        LeaseLost: the lease has ended meanwhile; it is kept all the same.
    """
    acts.keep_draft(request, item_id)
    person, now = session.person_of(request), timezone.now()
    taken = queue.claim_named(item_id=item_id, actor=person, now=now)
    posted = dict(request.POST.lists())
    context = _context(request, stream)
    context["item"] = item_view(
        taken,
        person,
        stream=stream,
        now=now,
        typed=typed_of_post(posted, case_of(taken.item)),
        wrong=wrong_of(errors),
        submission_id=str(uuid4()),
    )
    context["item"]["resumed"] = False
    context["saved"] = None
    template = "reviews/workbench/_item.html" if _is_htmx(request) else "reviews/workbench/item.html"
    return render(request, template, context, status=422)


def _context(request: HttpRequest, stream: str) -> dict[str, Any]:
    """What does not depend on the item."""
    person = session.person_of(request)
    own = None if stream == ALL else _queue(stream)
    return {
        "workbench": session.workbench_view(person, stream, title=own.name if own else "Most urgent"),
        "session": session.progress(person, own),
    }


def _queue(stream: str) -> Queue:
    return queues.queue_by_slug(stream)


def _queue_ids(request: HttpRequest, stream: str) -> list[UUID]:
    if stream == ALL:
        person = session.person_of(request)
        return [each.pk for each in queues.queues_with(person, WORK_QUEUE)]
    return [_queue(stream).pk]


def _held(request: HttpRequest) -> tuple[UUID, ...]:
    found = []
    for text in request.POST.getlist("hold")[:10]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return tuple(found)


def _fragment(context: dict[str, Any]) -> str:
    return "reviews/workbench/_item.html" if "item" in context else "reviews/workbench/_none.html"


def _is_htmx(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))
