"""Pages about evidence."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from governance.evidence import policies, selectors, services
from governance.evidence.forms import EvidenceForm
from governance.evidence.handing_out import handed_out
from registry.catalog.selectors import model_for, version_of
from registry.systems.selectors import require


@require_safe
@signed_in
def download(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """The file of a revision."""
    return handed_out(actor_of(request), evidence_id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Add a file as evidence about a version."""
    actor, now = actor_of(request), timezone.now()
    model = model_for(actor, slug)
    require(policies.why_not_add(actor, model))
    found = version_of(model, version)
    bound = request.method == "POST"
    form = EvidenceForm(request.POST if bound else None, request.FILES if bound else None)
    if not form.is_bound or not form.is_valid():
        context = {
            "form": form,
            "model": model,
            "shown": found,
            "there": selectors.current(found),
            "now": now,
        }
        return render(request, "governance/evidence/new.html", context, status=422 if bound else 200)
    added = services.add(
        system_id=model.system_id, model=model, version=found, said=form.said(), actor=actor, now=now
    )
    messages.success(request, f"{added.title} is kept as revision {added.revision} of {added.item}.")
    return HttpResponseRedirect(reverse("page-evidence-new", args=[slug, version]))
