"""Decided work: one's own, or that of the queues one manages; taken away as CSV; one's own reopened."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.pages import render, signed_in
from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from governance.access.models import Person
from governance.access.roles import MANAGE_QUEUE, WORK_QUEUE
from reviews.cases import decided, decided_view
from reviews.cases.decided import Place, Wanted
from reviews.cases.forms import MINE, QUEUES, DecidedForm, ReopenForm, end_of, start_of
from reviews.judging import services as judging
from reviews.queue.models import Queue
from reviews.queue.people import people_working
from reviews.queue.selectors import queues_with
from reviews.workbench.session import person_of

NOTHING_DECIDED = "Decided work is shown to those who decide it and to those who manage its queues."


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """Decided items, newest first."""
    person, now = person_of(request), timezone.now()
    form, managed = _form(request, person)
    if not form.is_valid():
        return render(request, "reviews/cases/decided.html", {"form": form, "rows": []}, status=422)
    found = decided.page(_wanted(form, person, managed), decided.place_of(request.GET.get("place", "")))
    rows = [decided_view.row(each, person, now=now) for each in decided_view.load(found.ids)]
    asked = _asked(form)
    context = {
        "form": form,
        "rows": rows,
        "back": urlencode({**asked, "place": request.GET.get("place", "")}),
        "is_filtered": bool(asked.keys() - {"whose"}),
        "shows_reviewers": _whose(form) == QUEUES,
        "can_manage": bool(managed),
        "older": _address(asked, found.older),
        "newer": _address(asked, found.newer),
        "looked_back_to": found.looked_back_to,
        "csv_url": f"{reverse('page-decided-csv')}?{urlencode(asked)}" if rows else "",
    }
    return render(request, "reviews/cases/decided.html", context)


@require_safe
@signed_in
def csv(request: HttpRequest) -> HttpResponseBase:
    """The whole list, as the filter says, without payload. An event: it leaves the building."""
    person = person_of(request)
    form, managed = _form(request, person)
    if not form.is_valid():
        return render(request, "reviews/cases/decided.html", {"form": form, "rows": []}, status=422)
    wanted = _wanted(form, person, managed)
    with transaction.atomic():
        trail.remark(
            kind="reviews.decided.downloaded",
            actor=person,
            entity_type="decided_list",
            details={"whose": _whose(form), "queues": wanted.queues, "reviewer": wanted.person},
            now=timezone.now(),
        )
    response = StreamingHttpResponse(_lines(wanted, person), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="decided.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@signed_in
def reopen(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Ask again about one of them, and come back to the list."""
    form = ReopenForm(request.POST)
    if not form.is_valid():
        raise BadInput([FieldError("/reason", "REQUIRED", "Say why it should be looked at again.")])
    person = person_of(request)
    judging.reopen(item_id=item_id, reason=form.cleaned_data["reason"], actor=person, now=timezone.now())
    messages.success(request, "The review is open again; its outcome stands meanwhile.")
    return HttpResponseRedirect(reverse("page-decided") + _back(request))


def _form(request: HttpRequest, person: Person) -> tuple[DecidedForm, list[Queue]]:
    """The filter, with what this person may choose; and the queues that they manage.

    Raises:
        NotPermitted: there is nothing that this person could have decided or managed.
    """
    worked, managed = list(queues_with(person, WORK_QUEUE)), list(queues_with(person, MANAGE_QUEUE))
    if not worked and not managed:
        raise NotPermitted(NOTHING_DECIDED)
    queues = {queue.slug: queue for queue in [*worked, *managed]}
    reviewers = None
    if managed:
        reviewers = [(str(each.pk), each.name) for each in people_working(managed, ever=True)]
    form = DecidedForm(
        request.GET,
        queues=[(slug, queue.name) for slug, queue in sorted(queues.items())],
        reviewers=reviewers,
    )
    return form, managed


def _whose(form: DecidedForm) -> str:
    """Managers see their queues' work unless they ask for their own."""
    if "whose" not in form.fields:
        return MINE
    return str(form.cleaned_data.get("whose") or QUEUES)


def _wanted(form: DecidedForm, person: Person, managed: Sequence[Queue]) -> Wanted:
    given = form.cleaned_data
    of_queues = _whose(form) == QUEUES
    slug = given.get("queue", "")
    queues = tuple(queue.pk for queue in managed if slug in ("", queue.slug)) if of_queues else None
    if slug and not of_queues:
        queues = (_queue_id(slug),)
    reviewer = UUID(given["reviewer"]) if given.get("reviewer") else None
    return Wanted(
        person=reviewer if of_queues else person.pk,
        queues=queues,
        class_=given.get("answer") or None,
        changed={"yes": True, "no": False}.get(given.get("changed", "")),
        reason=given.get("reason") or None,
        begin=start_of(given.get("begin")),
        end=end_of(given.get("end")),
    )


def _queue_id(slug: str) -> UUID:
    return Queue.objects.values_list("id", flat=True).get(slug=slug)  # one of the form's choices


def _asked(form: DecidedForm) -> dict[str, str]:
    """What was asked for, as the address says it: only what was filled in."""
    return {name: str(form.data[name]) for name in form.fields if form.data.get(name)}


def _address(asked: dict[str, str], place: Place | None) -> str | None:
    return None if place is None else "?" + urlencode({**asked, "place": place.as_text()})


def _back(request: HttpRequest) -> str:
    """The list's own query as its page put it into the form: only what the list knows."""
    given = QueryDict(request.POST.get("back", ""))
    asked = {name: given[name] for name in [*DecidedForm.base_fields, "place"] if given.get(name)}
    return f"?{urlencode(asked)}" if asked else ""


def _lines(wanted: Wanted, person: Person) -> Iterator[str]:
    yield decided_view.csv_title()
    for ids in decided.pages(wanted):
        yield "".join(decided_view.csv_line(each, person) for each in decided_view.load(ids))
