"""Pages of the gate: what it would say about a version and why; the keys that sign receipts."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from governance.access.policies import why_not_view_keys
from governance.gate import keys, selectors
from registry.catalog.models import ModelVersion
from registry.catalog.selectors import environments_for, model_for, version_of
from registry.systems.selectors import names_behind, require

SHOWN = 20
"""Versions to choose from."""


@require_safe
@signed_in
def of_model(request: HttpRequest, slug: str) -> HttpResponse:
    """What the gate would say now about a version (`?version=`, else the newest), and what it said lately."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    names = ModelVersion.objects.filter(model=model).order_by("-pk").values_list("version", flat=True)
    versions = list(names[:SHOWN])
    wanted = request.GET.get("version") or next(iter(versions), "")
    shown = version_of(model, wanted) if wanted else None
    context: dict[str, object] = {"model": model, "versions": versions, "shown": shown}
    if shown is not None:
        environments = [each.slug for each in environments_for(actor)]
        answers = selectors.answers_about(shown.pk)
        callers = names_behind([answer.asked_by for answer in answers])
        context["said"] = selectors.said_of(shown, environments, now=timezone.now())
        context["answers"] = [{"row": answer, "by": callers[answer.asked_by]} for answer in answers]
    return render(request, "governance/gate/model.html", context)


@require_safe
@signed_in
def receipt_keys(request: HttpRequest) -> HttpResponse:
    """The public keys that verify receipts."""
    require(why_not_view_keys(actor_of(request)))
    context = {"keys": keys.published()["keys"]}
    return render(request, "governance/gate/keys.html", context)
