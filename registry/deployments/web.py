"""Pages about what is live: of a model in every environment, and in an environment of every model."""

import contextlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from registry.catalog.models import Model
from registry.catalog.selectors import environment_of, environments_for, model_for
from registry.deployments import policies, selectors, services
from registry.deployments.forms import DeployForm, EnvironmentChoice, MomentForm
from registry.deployments.models import Deployment, DeploymentQuerySet
from registry.systems.policies import why_not_change_environments
from registry.systems.selectors import names_behind, require

PAGE = 50


@require_safe
@signed_in
def of_model(request: HttpRequest, slug: str) -> HttpResponse:
    """What is live of a model, what was, and the forms that change it."""
    model = model_for(actor_of(request), slug)
    form = DeployForm(model, initial={"version": request.GET.get("version", "")})
    return _model_page(request, model, form)


@require_POST
@signed_in
def deploy(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a version the live one, if the gate lets it."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    require(policies.why_not_deploy(actor, model))
    form = DeployForm(model, request.POST)
    if not form.is_valid():
        return _model_page(request, model, form, status=422)
    row = services.deploy(
        version_id=form.versions[form.cleaned_data["version"]],
        environment=form.cleaned_data["environment"].slug,
        actor=actor,
        now=timezone.now(),
    )
    _say(request, row, f"{row.version.version} is live in {row.environment_id}.")
    return HttpResponseRedirect(reverse("page-deployments", args=[slug]))


@require_POST
@signed_in
def rollback(request: HttpRequest, slug: str) -> HttpResponse:
    """Return to the last version that is still valid."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    require(policies.why_not_deploy(actor, model))
    form = EnvironmentChoice(request.POST)
    if not form.is_valid():
        return _model_page(request, model, DeployForm(model), status=422)
    row = services.rollback(
        model_id=model.pk,
        environment=form.cleaned_data["environment"].slug,
        actor=actor,
        now=timezone.now(),
    )
    _say(request, row, f"{row.environment_id} is back at {row.version.version}.")
    return HttpResponseRedirect(reverse("page-deployments", args=[slug]))


@require_safe
@signed_in
def of_environment(request: HttpRequest, slug: str) -> HttpResponse:
    """What is live in an environment, or was at the moment that `?at=` names."""
    actor = actor_of(request)
    environment = environment_of(actor, slug)
    form = MomentForm(request.GET if "at" in request.GET else None)
    at = form.cleaned_data["at"] if form.is_bound and form.is_valid() else None
    found = selectors.deployments_for(actor).filter(environment=environment)
    rows, older = _page(found.filter(selectors.live_at(at or timezone.now())), request)
    context = {
        "environment": environment,
        "form": form,
        "at": at,
        "rows": _rows(rows),
        "older": older,
        "history": [] if at else _rows(list(found.order_by("-pk")[:PAGE])),
        "why_not_change": why_not_change_environments(actor),
    }
    return render(request, "registry/deployments/environment.html", context)


def _model_page(request: HttpRequest, model: Model, form: DeployForm, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    found = selectors.whole().filter(model=model)
    rows, older = _page(found, request)
    live = {row.environment_id: row for row in found.live()}
    context = {
        "model": model,
        "form": form,
        "places": [(each, live.get(each.slug)) for each in environments_for(actor)],
        "rows": _rows(rows),
        "older": older,
        "newer": request.path if "before" in request.GET else None,
        "why_not_deploy": policies.why_not_deploy(actor, model),
    }
    return render(request, "registry/deployments/model.html", context, status=status)


def _page(found: DeploymentQuerySet, request: HttpRequest) -> tuple[list[Deployment], str | None]:
    """A page of rows, newest first, and where the next one begins."""
    with contextlib.suppress(ValueError):
        found = found.filter(pk__lt=UUID(request.GET.get("before", "")))
    rows = list(found.order_by("-pk")[: PAGE + 1])
    query = request.GET.copy()
    query["before"] = str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""
    return rows[:PAGE], f"?{query.urlencode()}" if len(rows) > PAGE else None


def _rows(rows: list[Deployment]) -> list[dict[str, Any]]:
    names = names_behind([row.deployed_by for row in rows])
    return [{"row": row, "by": names[row.deployed_by]} for row in rows]


def _say(request: HttpRequest, row: Deployment, sentence: str) -> None:
    warned = " ".join(reason["detail"] for reason in row.gate_reasons)
    if warned:
        messages.warning(request, f"{sentence} The gate warns: {warned}")
    else:
        messages.success(request, sentence)
