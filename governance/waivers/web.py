"""The page about the waivers of a version."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.pages import render, signed_in
from audit.refusals import BadInput
from audit.rest import actor_of
from governance.access.selectors import names_of
from governance.waivers import policies, selectors, services
from governance.waivers.forms import WaiverForm
from governance.waivers.models import Waiver
from registry.catalog.selectors import model_for, version_of
from registry.systems.selectors import require


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def of_version(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Show the waivers of a version, and propose one."""
    actor, now = actor_of(request), timezone.now()
    model = model_for(actor, slug)
    why_not = policies.why_not_propose(actor, model)
    form = WaiverForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        require(why_not)
    found = version_of(model, version)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data | {"environment": form.cleaned_data["environment"].pk}
        try:
            services.propose(version_id=found.pk, actor=actor, now=now, **said)
            messages.success(request, "Proposed. A compliance officer who did not propose it decides.")
            return HttpResponseRedirect(reverse("page-waivers", args=[slug, version]))
        except BadInput as refusal:
            for error in refusal.errors:
                form.add_error(error.pointer.strip("/"), error.detail)
    waivers = list(
        Waiver.objects.filter(version=found).select_related("version__model__system").order_by("-pk")
    )
    names = names_of({ref for each in waivers for ref in (each.created_by, each.decided_by)})
    context = {
        "model": model,
        "shown": found,
        "form": form,
        "why_not": why_not,
        "rows": [
            {
                "waiver": each,
                "by": names.get(each.created_by, each.created_by),
                "decided_by": names.get(each.decided_by, each.decided_by),
                "over": each.until <= now,
                "why_not_decide": policies.why_decided(each) or policies.why_not_decide(actor, each),
                "may_end": each.state in ("proposed", "approved") and not policies.why_not_end(actor, each),
            }
            for each in waivers
        ],
    }
    return render(request, "governance/waivers/list.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def approve(request: HttpRequest, waiver_id: UUID) -> HttpResponse:
    """Put a waiver in force."""
    actor = actor_of(request)
    found = selectors.one(actor, waiver_id)
    require(policies.why_not_decide_any(actor, found))
    return _back(services.approve(waiver_id=found.pk, actor=actor, now=timezone.now()))


@require_POST
@signed_in
def refuse(request: HttpRequest, waiver_id: UUID) -> HttpResponse:
    """Say no to a waiver."""
    actor = actor_of(request)
    found = selectors.one(actor, waiver_id)
    require(policies.why_not_decide_any(actor, found))
    return _back(services.refuse(waiver_id=found.pk, actor=actor, now=timezone.now()))


@require_POST
@signed_in
def end(request: HttpRequest, waiver_id: UUID) -> HttpResponse:
    """Let the requirement hold again."""
    actor = actor_of(request)
    found = selectors.one(actor, waiver_id)
    require(policies.why_not_end(actor, found))
    return _back(services.end(waiver_id=found.pk, actor=actor, now=timezone.now()))


def _back(waiver: Waiver) -> HttpResponse:
    version = waiver.version
    return HttpResponseRedirect(reverse("page-waivers", args=[version.model.slug, version.version]))
