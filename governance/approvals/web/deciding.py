"""Pages for those who sign: the inbox, one request, its record."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from audit.downloads import csv_of, wants_csv
from audit.pages import render, signed_in
from audit.refusals import Refusal
from governance.access.models import Person
from governance.access.web.asking import asking
from governance.approvals import deciding_view, inbox, proofs, selectors, services, showing
from governance.approvals.errors import Reauthenticate
from governance.approvals.forms import SignForm, SignListForm
from governance.approvals.models import ApprovalRequest
from governance.approvals.states import State
from registry.systems.selectors import names_behind

PAGE = 50
TEMPLATES = "governance/approvals"


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponseBase:
    """What waits for me, and every request in my reach; by `format=csv` what waits for me."""
    person = asking(request)
    if not wants_csv(request.GET.dict()):
        return _list_page(request, person)
    now = timezone.now()
    mine = (showing.request_as_json(each, now=now) for each in inbox.waiting_for(person, now=now))
    return csv_of(mine, showing.COLUMNS, name="waiting-for-my-signature", actor=person, asked={})


@sensitive_post_parameters("password")
@require_POST
@signed_in
def sign_many(request: HttpRequest) -> HttpResponse:
    """One act of signing over the requests that are ticked: each is bound to its own digest."""
    person, form = asking(request), SignListForm(request.POST)
    chosen = _chosen(request, person)
    if not chosen:
        form.add_error(None, "Tick at least one request.")
    if not form.is_valid():
        return _list_page(request, person, form=form, status=422)
    now = timezone.now()
    try:
        proof = proofs.prove(request, person, {"password": form.cleaned_data["password"]})
    except Reauthenticate as refusal:
        form.add_error("password", str(refusal))
        return _list_page(request, person, form=form, status=422)
    for each in chosen:
        try:
            services.sign(request_id=each.pk, actor=person, said=form.verdicted(), proof=proof, now=now)
            messages.success(request, f"You signed {deciding_view.title_of(each)}.")
        except Refusal as refusal:  # the others are signed nevertheless; each stands for itself
            messages.error(request, f"{deciding_view.title_of(each)} was not signed: {refusal}")
    return HttpResponseRedirect(reverse("page-approvals"))


@require_safe
@signed_in
def one(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """One request with everything that a decision needs."""
    person = asking(request)
    found = selectors.one(person, approval_id)
    return _page(request, person, found)


@sensitive_post_parameters("password")
@require_POST
@signed_in
def sign(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Sign one request."""
    person, now = asking(request), timezone.now()
    found = selectors.one(person, approval_id)
    services.require_signable(found, person, None, now=now)
    form = SignForm(request.POST)
    if not form.is_valid() or form.said is None:
        return _page(request, person, found, form=form, status=422)
    if request.POST.get("digest") != found.digest:
        form.add_error(None, "It was submitted again while you looked. Look at it once more, then sign.")
        return _page(request, person, found, form=form, status=422)
    try:
        proof = proofs.prove(request, person, {"password": form.cleaned_data["password"]})
    except Reauthenticate as refusal:
        form.add_error("password", str(refusal))
        return _page(request, person, found, form=form, status=422)
    services.sign(request_id=found.pk, actor=person, said=form.said, proof=proof, now=now)
    messages.success(request, "Signed. Your signature stands on the record with name, time and meaning.")
    return HttpResponseRedirect(reverse("page-approval", args=[found.pk]))


@require_POST
@signed_in
def withdraw(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Take a request back."""
    person = asking(request)
    found = selectors.one(person, approval_id)
    services.withdraw(request_id=found.pk, actor=person, now=timezone.now())
    messages.success(request, "The request is withdrawn. It stays readable, and a new one can be made.")
    return HttpResponseRedirect(reverse("page-approval", args=[found.pk]))


@require_safe
@signed_in
def record(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """The record of a request, to print."""
    person, now = asking(request), timezone.now()
    found = selectors.one(person, approval_id)
    context = deciding_view.context_of(found, person, now=now) | {"now": now, "asked_by": _asked_by(found)}
    return render(request, f"{TEMPLATES}/record.html", context)


def _page(
    request: HttpRequest,
    person: Person,
    found: ApprovalRequest,
    *,
    form: SignForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    meaning = (
        f"I approve {deciding_view.title_of(found)}." if found.version else "I approve that it is lifted."
    )
    context: Mapping[str, Any] = deciding_view.context_of(found, person, now=now) | {
        "form": form or SignForm(initial={"meaning": meaning}),
        "asked_by": _asked_by(found),
        "undecided": found.state in (State.OPEN, State.CHANGES_REQUESTED),
    }
    return render(request, f"{TEMPLATES}/one.html", context, status=status)


def _list_page(
    request: HttpRequest, person: Person, *, form: SignListForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    state = request.GET.get("state", "")
    found = selectors.requests_for(person).order_by("-pk")
    if state in State.values:
        found = found.filter(state=state)
    if before := _id(request.GET.get("before")):
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE + 1])
    mine = inbox.waiting_for(person, now=now)
    older = f"?state={state}&before={rows[PAGE - 1].pk}" if len(rows) > PAGE else None
    context = {
        "mine": [_row(each) for each in mine],
        "rows": [_row(each) for each in rows[:PAGE]],
        "states": [(each.value, each.label) for each in State],
        "state": state,
        "older": older,
        "newer": request.path if before else None,
        "form": form or SignListForm(initial={"meaning": "I approve each of these."}),
        "ticked": set(request.POST.getlist("chosen")),
        "now": now,
    }
    return render(request, f"{TEMPLATES}/list.html", context, status=status)


def _row(each: ApprovalRequest) -> dict[str, Any]:
    stage = inbox.stage_of(each)
    return {
        "request": each,
        "id": str(each.pk),
        "title": deciding_view.title_of(each),
        "stage": stage,
        "of": len(each.stages.all()),
        "late": each.state == State.OPEN
        and each.stage_due_at is not None
        and each.stage_due_at < timezone.now(),
    }


def _chosen(request: HttpRequest, person: Person) -> list[ApprovalRequest]:
    """The ticked requests that wait for this person; others cannot be ticked."""
    ticked = set(request.POST.getlist("chosen"))
    return [each for each in inbox.waiting_for(person, now=timezone.now()) if str(each.pk) in ticked]


def _asked_by(found: ApprovalRequest) -> str:
    if found.requester is not None:
        return found.requester.name
    return names_behind([found.requested_by])[found.requested_by]


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
