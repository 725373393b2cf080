"""Pages about exports. A row and a page that are still changing fetch themselves anew every second."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import rest
from audit.pages import render, signed_in
from audit.refusals import BadInput
from audit.trail.actors import Actor
from audit.trail.selectors import happened
from governance.access.models import Person
from governance.access.selectors import names_of
from reviews.exports import policies, selectors, services
from reviews.exports.forms import ExportForm
from reviews.exports.models import Export
from reviews.exports.showing import described, progress_of

PAGE = 25


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """The exports of every system whose labels the person may read."""
    actor = rest.actor_of(request)
    exports = selectors.exports_for(actor).order_by("-pk")
    before = request.GET.get("before", "")
    if before:
        exports = exports.filter(pk__lt=rest.uuid_of(before, "before"))
    found = list(exports[: PAGE + 1])
    names = names_of({export.requested_by for export in found})
    context = {
        "rows": [_row(export, names) for export in found[:PAGE]],
        "older": f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else None,
        "newer": request.path if before else None,
    }
    return render(request, "reviews/exports/list.html", context)


@require_safe
@signed_in
def row(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """One row of the list, for itself."""
    export = selectors.export_for(rest.actor_of(request), export_id)
    return render(
        request, "reviews/exports/_row.html", {"row": _row(export, names_of({export.requested_by}))}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask for an export."""
    person = request.user
    assert isinstance(person, Person)  # signed_in let nobody else through
    form = ExportForm(person, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and form.asked is not None:
        try:
            export = services.ask(asked=form.asked, actor=person, now=timezone.now())
        except BadInput as refusal:  # a queue of another system: only the service knows
            form.add_refusal(refusal)
        else:
            return HttpResponseRedirect(reverse("page-export", args=[export.pk]))
    return render(request, "reviews/exports/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
@signed_in
def one(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """One export: how far it is, its files, what is in them. As a fragment under htmx."""
    actor = rest.actor_of(request)
    export = selectors.export_for(actor, export_id)
    template = "_export.html" if request.headers.get("HX-Request") else "one.html"
    return render(request, f"reviews/exports/{template}", _context(export, actor))


@require_POST
@signed_in
def cancel(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Stop it."""
    actor = rest.actor_of(request)
    export = services.cancel(export_id=export_id, actor=actor, now=timezone.now())
    if request.headers.get("HX-Request"):
        return render(request, "reviews/exports/_export.html", _context(export, actor))
    messages.success(request, "The export is cancelled. Nothing of it is kept.")
    return HttpResponseRedirect(reverse("page-export", args=[export_id]))


@require_POST
@signed_in
def purge(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Delete its files."""
    services.purge(export_id=export_id, actor=rest.actor_of(request), now=timezone.now())
    messages.success(request, "The files are deleted. The record of the export stays.")
    return HttpResponseRedirect(reverse("page-export", args=[export_id]))


def _row(export: Export, names: dict[str, str]) -> dict[str, Any]:
    return {
        "export": export,
        "progress": progress_of(export),
        "asked_by": names.get(export.requested_by, "the command line"),
    }


def _context(export: Export, actor: Actor) -> dict[str, Any]:
    return {
        **_row(export, names_of({export.requested_by})),
        **described(export),
        "purged": happened(export, "reviews.export.purged"),
        "why_not_cancel": policies.why_not_cancel(actor, export) or policies.too_late_to_cancel(export),
        "why_not_purge": policies.why_not_purge(actor, export),
    }
