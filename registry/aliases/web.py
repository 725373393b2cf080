"""Pages about aliases and their protections."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from registry.aliases import policies, selectors, services
from registry.aliases.forms import MoveForm, ProtectionForm
from registry.catalog.models import Model
from registry.catalog.selectors import environments_for, model_for
from registry.systems.policies import why_not_change
from registry.systems.selectors import names_behind, require

SHOWN = 50
MOVES = 10


@require_safe
@signed_in
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """The aliases of a model, with where each pointed before."""
    model = model_for(actor_of(request), slug)
    return _page(request, model, MoveForm(model))


@require_POST
@signed_in
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Let an alias point to a version."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    name = request.POST.get("alias", "").replace("\x00", "")
    require(policies.why_not_move(actor, model, selectors.protections_of(model, name)))
    form = MoveForm(model, request.POST)
    if not form.is_valid():
        return _page(request, model, form, status=422)
    version = form.cleaned_data["version"]
    if selectors.aliases_of(model).filter(name=name, version__version=version).exists():
        messages.info(request, f"{name} points to {version} already.")
    else:
        services.move(version_id=form.versions[version], name=name, actor=actor, now=timezone.now())
        messages.success(request, f"{name} points to {version} now.")
    return HttpResponseRedirect(reverse("page-aliases", args=[slug]))


@require_POST
@signed_in
def remove(request: HttpRequest, slug: str, alias: str) -> HttpResponse:
    """Take an alias away."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    require(policies.why_not_move(actor, model, selectors.protections_of(model, alias)))
    services.remove(model_id=model.pk, name=alias, actor=actor, now=timezone.now())
    messages.success(request, f"{alias} points to nothing now.")
    return HttpResponseRedirect(reverse("page-aliases", args=[slug]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def protections(request: HttpRequest) -> HttpResponse:
    """Which aliases are protected and how, and the form for one more."""
    actor = actor_of(request)
    environments_for(actor)  # refuses whoever may read nothing of the registry
    why_not = policies.why_not_protect(actor)
    form = ProtectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(why_not)
        if form.is_valid():
            said = {**form.cleaned_data, "environment": form.cleaned_data["environment"].slug}
            services.protect(**said, actor=actor, now=timezone.now())
            messages.success(request, f"Aliases like {said['pattern']} are protected.")
            return HttpResponseRedirect(reverse("page-protections"))
    rows = list(selectors.protections().in_force())
    names = names_behind([row.created_by for row in rows])
    context = {
        "rows": [(row, names[row.created_by]) for row in rows],
        "form": form,
        "why_not_protect": why_not,
    }
    return render(request, "registry/aliases/protections.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def end_protection(request: HttpRequest, protection_id: UUID) -> HttpResponse:
    """End a protection."""
    actor = actor_of(request)
    require(policies.why_not_protect(actor))
    found = selectors.protection_of(protection_id)
    services.end_protection(protection_id=found.pk, actor=actor, now=timezone.now())
    messages.success(request, f"Aliases like {found.pattern} are not protected by this rule any more.")
    return HttpResponseRedirect(reverse("page-protections"))


def _page(request: HttpRequest, model: Model, form: MoveForm, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    aliases = list(selectors.aliases_of(model)[:SHOWN])
    protections_here, histories = selectors.protections_on(model), selectors.histories_of(aliases, most=MOVES)
    rows: list[dict[str, Any]] = [
        {
            "alias": alias,
            "protections": [each for each in protections_here if each.covers(alias.name)],
            "history": histories[alias.pk],
        }
        for alias in aliases
    ]
    names = names_behind([move["by"] for row in rows for move in row["history"]])
    for row in rows:
        row["why_not"] = policies.why_not_move(actor, model, row["protections"])
        row["history"] = [{**move, "by": names[move["by"]]} for move in row["history"]]
    context = {
        "model": model,
        "rows": rows,
        "form": form,
        "why_not_change": why_not_change(actor, model),
    }
    return render(request, "registry/aliases/list.html", context, status=status)
