"""Pages about AI systems."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from audit.trail.actors import Actor
from registry.systems import owners, panels, policies, selectors, services
from registry.systems.forms import ChangeSystemForm, NewSystemForm
from registry.systems.models import AISystem

PAGE = 50


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """The portfolio: every system in the person's reach."""
    actor = actor_of(request)
    found = selectors.systems_for(actor).order_by("slug")
    if after := request.GET.get("after", "").replace("\x00", ""):
        found = found.filter(slug__gt=after)
    systems = list(found[: PAGE + 1])
    context = {
        "titles": [(column.title, column.numeric) for column in panels.columns],
        "rows": _rows(systems[:PAGE], actor),
        "following": f"?after={systems[PAGE - 1].slug}" if len(systems) > PAGE else None,
        "beginning": request.path if after else None,
        "why_not_register": policies.why_not_register(actor),
    }
    return render(request, "registry/systems/list.html", context)


@require_safe
@signed_in
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """One system: what it is for, who owns it, its models and queues."""
    actor = actor_of(request)
    system = selectors.system_for(actor, slug)
    context = {
        "system": system,
        "owners": _owners(system),
        "why_owners_incomplete": owners.why_owners_incomplete(system),
        "made_by": selectors.names_behind([system.created_by])[system.created_by],
        "panels": panels.panels_for(system, actor),
        "why_not_change": policies.why_not_change(actor, system),
    }
    return render(request, "registry/systems/one.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Register a system."""
    actor = actor_of(request)
    selectors.require(policies.why_not_register(actor))
    form = NewSystemForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _unfinished(request, "registry/systems/new.html", {"form": form})
    said = form.cleaned_data
    system = services.register(
        actor=actor,
        slug=said["slug"],
        name=said["name"],
        purpose=said["purpose"],
        owners=form.owners(),
        now=timezone.now(),
    )
    messages.success(request, f"{system.name} is registered. Next, register its first model.")
    return HttpResponseRedirect(reverse("page-system", args=[system.slug]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what is said about a system."""
    actor = actor_of(request)
    system = selectors.system_for(actor, slug)
    selectors.require(policies.why_not_change(actor, system))
    form = ChangeSystemForm(system, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _unfinished(request, "registry/systems/change.html", {"form": form, "system": system})
    if changes := form.changes():
        services.change(system_id=system.pk, actor=actor, changes=changes, now=timezone.now())
        messages.success(request, "Saved.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return HttpResponseRedirect(reverse("page-system", args=[slug]))


def _unfinished(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The form, to be filled in or put right."""
    return render(request, template, context, status=422 if context["form"].is_bound else 200)


def _owners(system: AISystem) -> list[tuple[str, Any]]:
    return [
        ("Business sponsor", system.business_sponsor),
        ("AI product owner", system.product_owner),
        ("Technical lead", system.technical_lead),
    ]


def _rows(systems: list[AISystem], actor: Actor) -> list[dict[str, Any]]:
    """Each system with its cells, column by column."""
    filled = [(column, column.cells(systems, actor)) for column in panels.columns]
    return [
        {
            "system": system,
            "owners": [(title, person) for title, person in _owners(system) if person],
            "missing": [
                f"{title[:1].lower()}{title[1:]}" if title[1:2].islower() else title
                for title, person in _owners(system)
                if not person
            ],
            "cells": [(column, cells.get(system.pk, ())) for column, cells in filled],
        }
        for system in systems
    ]
