"""Pages about suspensions: what follows first, then the reason; the list; lifting."""

import contextlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from governance.approvals import submitting
from governance.approvals.policies import why_not_request
from governance.suspensions import facts, hooks, selectors, services
from governance.suspensions.forms import ReasonForm, SuspendForm
from governance.suspensions.models import Suspension
from governance.suspensions.reading import Target
from registry.systems.selectors import names_behind, require

PAGE = 50


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """Those that hold, and those that were lifted."""
    found = selectors.suspensions_for(actor_of(request))
    live = list(found.live().order_by("-pk")[:PAGE])
    lifted = found.filter(lifted_at__isnull=False)
    with contextlib.suppress(ValueError):
        lifted = lifted.filter(pk__lt=UUID(request.GET.get("before", "")))
    rows = list(lifted.order_by("-pk")[: PAGE + 1])
    context = {
        "live": _rows(live),
        "lifted": _rows(rows[:PAGE]),
        "older": f"?before={rows[PAGE - 1].pk}" if len(rows) > PAGE else None,
        "newer": request.path if "before" in request.GET else None,
    }
    return render(request, "governance/suspensions/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def suspend(request: HttpRequest) -> HttpResponse:
    """Stop a system, a model or a version: `?system=` or `?model=&version=`."""
    actor, now = actor_of(request), timezone.now()
    named = {name: request.GET.get(name, "") for name in ("system", "model", "version")}
    system, model, version = selectors.target_of(actor, Target(**named))
    about: dict[str, Any] = {
        "system_id": system.pk,
        "model_id": model.pk if model else None,
        "version_id": version.pk if version else None,
    }
    form = SuspendForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        row = services.suspend(**about, actor=actor, reason=form.cleaned_data["reason"], now=now)
        messages.warning(request, f"{_begun(row.target)} is suspended. Its people are told by mail.")
        return HttpResponseRedirect(reverse("page-suspension", args=[row.pk]))
    context = {
        "form": form,
        "system": system,
        "model": model,
        "shown": version,
        "target": Suspension(system=system, model=model, version=version).target,
        "follows": hooks.consequences_of(**about, now=now),
        "demands": facts.demands_approval(facts.class_of(system.pk)),
    }
    status = 422 if form.is_bound else 200
    return render(request, "governance/suspensions/suspend.html", context, status=status)


@require_safe
@signed_in
def one(request: HttpRequest, suspension_id: UUID) -> HttpResponse:
    """One suspension, and the form that lifts it."""
    row = selectors.suspension_for(actor_of(request), suspension_id)
    return _one(request, row, ReasonForm())


@require_POST
@signed_in
def lift(request: HttpRequest, suspension_id: UUID) -> HttpResponse:
    """End it."""
    actor, now = actor_of(request), timezone.now()
    row = selectors.known_suspension(actor, suspension_id)
    require(selectors.why_not_lift(actor, row, now=now))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _one(request, row, form, status=422)
    services.lift(suspension_id=row.pk, actor=actor, reason=form.cleaned_data["reason"], now=now)
    messages.success(request, f"{_begun(row.target)} is no longer suspended.")
    return HttpResponseRedirect(reverse("page-suspension", args=[row.pk]))


@require_POST
@signed_in
def ask(request: HttpRequest, suspension_id: UUID) -> HttpResponse:
    """Ask for the approval that the lifting needs, and go to where it is signed."""
    actor = actor_of(request)
    row = selectors.known_suspension(actor, suspension_id)
    require(why_not_request(actor, row.system))
    asked = submitting.request_lifting(suspension_id=row.pk, actor=actor, now=timezone.now())
    messages.success(request, "Asked. Whoever signs first is told; come back here once it is signed.")
    return HttpResponseRedirect(reverse("page-approval", args=[asked.pk]))


def _one(request: HttpRequest, row: Suspension, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    names = names_behind([ref for ref in (row.raised_by, row.lifted_by) if ref])
    demands = row.is_live and selectors.lifting_demands_approval(row)
    context = {
        "row": row,
        "form": form,
        "raised_by": names[row.raised_by],
        "lifted_by": names.get(row.lifted_by, ""),
        "demands": demands,
        "asked": selectors.asked_for_lifting(row) if demands else None,
        "why_not_ask": why_not_request(actor_of(request), row.system) if demands else None,
        "approved": row.is_live and facts.lifting_is_approved(row.pk, now),
        "why_not_lift": selectors.why_not_lift(actor_of(request), row, now=now),
    }
    return render(request, "governance/suspensions/one.html", context, status=status)


def _rows(rows: list[Suspension]) -> list[dict[str, Any]]:
    names = names_behind([row.raised_by for row in rows])
    return [{"row": row, "by": names[row.raised_by]} for row in rows]


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]
