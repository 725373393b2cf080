"""Pages about models and their versions."""

import json
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.pages import render, signed_in
from audit.refusals import NotFound
from audit.rest import actor_of
from registry.catalog import cards, panels, schemas, selectors, services
from registry.catalog.forms import CardForm, ChangeModelForm, NewModelForm
from registry.catalog.models import Model
from registry.systems.policies import why_not_change
from registry.systems.selectors import NO_SUCH_SYSTEM, names_behind, require, system_for

PAGE = 50
NEWEST = 5
MOST_ROWS = 200
"""Metrics or parameters shown in a table; the API gives all of them."""


@require_safe
@signed_in
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """One model: what it puts out, its versions, how it is routed."""
    actor = actor_of(request)
    model = selectors.model_for(actor, slug)
    every = list(model.schema_versions.order_by("-number")[:PAGE])
    classes = schemas.classes_of(every[0].output_schema, model.class_field)
    versions = list(_newest(model)[: NEWEST + 1])
    context = {
        "model": model,
        "schema": every[0],
        "earlier_schemas": every[1:],
        "classes": classes,
        "why_no_class": schemas.why_no_class(every[0].output_schema, model.class_field),
        "queue": selectors.default_queue(model),
        "versions": versions[:NEWEST],
        "more_versions": len(versions) > NEWEST,
        "made_by": names_behind([model.created_by])[model.created_by],
        "panels": panels.panels_for(model, actor),
        "why_not_change": why_not_change(actor, model),
    }
    return render(request, "registry/catalog/model.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Register a model of the system that `?system=` names."""
    actor = actor_of(request)
    slug = request.GET.get("system", "")
    if not slug:
        raise NotFound(NO_SUCH_SYSTEM)
    system = system_for(actor, slug)
    require(why_not_change(actor, system))
    form = NewModelForm(system, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _unfinished(request, "registry/catalog/new.html", {"form": form, "system": system})
    said = form.cleaned_data
    model = services.register_model(
        actor=actor,
        system_id=system.pk,
        slug=said["slug"],
        task=said["task"],
        output_schema=said["output_schema"],
        input_schema=said["input_schema"],
        class_field=said["class_field"] or None,
        queue=said["queue"],
        now=timezone.now(),
    )
    messages.success(request, f"{model.slug} is registered. Its predictions can be posted now.")
    return HttpResponseRedirect(reverse("page-model", args=[model.slug]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a model; another schema becomes a new schema version."""
    actor = actor_of(request)
    model = selectors.model_for(actor, slug)
    require(why_not_change(actor, model))
    form = ChangeModelForm(model, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _unfinished(request, "registry/catalog/change.html", {"form": form, "model": model})
    if changes := form.changes():
        services.change_model(model_id=model.pk, actor=actor, changes=changes, now=timezone.now())
        messages.success(request, "Saved. Predictions posted from now on live under it.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return HttpResponseRedirect(reverse("page-model", args=[slug]))


@require_safe
@signed_in
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """All versions of a model, newest first."""
    model = selectors.model_for(actor_of(request), slug)
    found = _newest(model)
    if before := _id(request.GET.get("before")):
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE + 1])
    context = {
        "model": model,
        "versions": rows[:PAGE],
        "older": f"?before={rows[PAGE - 1].pk}" if len(rows) > PAGE else None,
        "newer": request.path if before else None,
    }
    return render(request, "registry/catalog/versions.html", context)


@require_safe
@signed_in
def version(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """One version with everything that never changes about it."""
    actor = actor_of(request)
    model = selectors.model_for(actor, slug)
    found = selectors.version_of(model, version)
    context = {
        "model": model,
        "shown": found,  # `version` is the application's, in the frame of every page
        "metrics": sorted(_rows(found.metrics), key=itemgetter("name"))[:MOST_ROWS],
        "parameters": sorted(_rows(found.parameters), key=itemgetter("name"))[:MOST_ROWS],
        "cards": cards.cards_of(found, most=PAGE),
        "why_not_change": why_not_change(actor, model),
        "children": list(found.children.order_by("pk").values_list("version", flat=True)[:PAGE]),
        "made_by": names_behind([found.registered_by])[found.registered_by],
        "panels": panels.panels_for_version(found, actor_of(request)),
    }
    return render(request, "registry/catalog/version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def card(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Revise the card of a version."""
    actor = actor_of(request)
    model = selectors.model_for(actor, slug)
    found = selectors.version_of(model, version)
    require(why_not_change(actor, model))
    newest = cards.cards_of(found, most=1)[0]
    form = CardForm(newest.card, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        context = {"form": form, "model": model, "shown": found, "number": newest.number + 1}
        return _unfinished(request, "registry/catalog/card.html", context)
    said = form.cleaned_data["card"]
    if cards.digest_of(said) == newest.sha256:
        messages.info(request, "Nothing was different, so nothing was saved.")
    else:
        revised = cards.revise(version_id=found.pk, actor=actor, card=said, now=timezone.now())
        messages.success(request, f"The card is at revision {revised.number}.")
    return HttpResponseRedirect(reverse("page-version", args=[slug, version]))


def _newest(model: Model) -> Any:
    return selectors.versions_of(model).order_by("-pk")


def _id(text: str | None) -> UUID | None:
    """The cursor of a list; nothing when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _rows(said: Any, name: str = "") -> list[dict[str, str]]:
    """A structure as rows of name and value; lists stay one value, decimals are shortened."""
    if isinstance(said, dict) and (said or not name):
        return [
            row for key, value in said.items() for row in _rows(value, f"{name}.{key}" if name else str(key))
        ]
    exact = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return [{"name": name, "text": f"{said:.4g}" if isinstance(said, float) else exact, "exact": exact}]


def _unfinished(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The form, to be filled in or put right."""
    return render(request, template, context, status=422 if context["form"].is_bound else 200)
