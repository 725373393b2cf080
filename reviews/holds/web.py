"""Pages about legal holds: the list with the form, and lifting."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.pages import render, signed_in
from audit.refusals import NotFound, NotPermitted
from audit.rest import actor_of
from registry.systems.selectors import names_behind, require
from reviews.holds import policies, selectors, services
from reviews.holds.forms import HoldForm, ReasonForm
from reviews.holds.models import Hold

PAGE = 100


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """Those that hold and those that were lifted; placing another."""
    actor = actor_of(request)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        require(policies.why_not_hold_anything(actor))
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                services.place(about=form.about, reason=reason, actor=actor, now=timezone.now())
            except (NotFound, NotPermitted) as refusal:  # a slip in a name must not cost what was typed
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "The hold is in force: nothing of it is erased until it is lifted.")
                return HttpResponseRedirect(reverse("page-holds"))
    return _page(request, form=form, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """End a hold."""
    actor = actor_of(request)
    found = selectors.hold_for(actor, hold_id)
    require(policies.why_not_hold(actor, found if found.system_id else None))
    form = ReasonForm(request.POST)
    if found.lifted_at is None and not form.is_valid():
        return _page(request, form=HoldForm(), lifting={"id": hold_id, "form": form}, status=422)
    reason = form["reason"].value() or ""
    services.lift(hold_id=hold_id, reason=reason, actor=actor, now=timezone.now())
    messages.success(request, "The hold is lifted. Erasures that waited for it go on.")
    return HttpResponseRedirect(reverse("page-holds"))


def _page(
    request: HttpRequest, *, form: HoldForm, status: int, lifting: dict[str, object] | None = None
) -> HttpResponse:
    """The list with its forms; `lifting` is the form of one hold that has to be corrected."""
    actor = actor_of(request)
    rows = list(selectors.holds_for(actor).order_by("-pk")[:PAGE])
    names = names_behind({row.placed_by for row in rows} | {row.lifted_by for row in rows if row.lifted_by})
    subjects = selectors.subjects_of("hold", [row.pk for row in rows])
    context = {
        "live": [_row(row, names, subjects) for row in rows if row.lifted_at is None],
        "lifted": [_row(row, names, subjects) for row in rows if row.lifted_at is not None],
        "form": form,
        "lifting": lifting,
        "why_not": policies.why_not_hold_anything(actor),
    }
    return render(request, "reviews/holds/list.html", context, status=status)


def _row(row: Hold, names: dict[str, str], subjects: dict[UUID, str]) -> dict[str, object]:
    return {
        "hold": row,
        "placed_by": names.get(row.placed_by, ""),
        "lifted_by": names.get(row.lifted_by, ""),
        "subject": subjects.get(row.pk),
    }
