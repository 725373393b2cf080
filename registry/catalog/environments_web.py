"""Pages about environments and how strict their gates are."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from registry.catalog import environments, selectors
from registry.catalog.environment_forms import EnvironmentForm, NewEnvironmentForm
from registry.systems.policies import why_not_change_environments
from registry.systems.selectors import require


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """All environments with their rules."""
    actor = actor_of(request)
    context = {
        "environments": selectors.environments_for(actor),
        "why_not_change": why_not_change_environments(actor),
    }
    return render(request, "registry/environments/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Make an environment."""
    actor = actor_of(request)
    require(why_not_change_environments(actor))
    form = NewEnvironmentForm(posted=request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _form(request, form, None)
    made = environments.create(actor=actor, **form.said(), now=timezone.now())
    messages.success(request, f"Versions can be deployed to {made.slug} now.")
    return HttpResponseRedirect(reverse("page-environments"))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change what an environment demands."""
    actor = actor_of(request)
    require(why_not_change_environments(actor))
    environment = selectors.environment_of(actor, slug)
    form = EnvironmentForm(environment, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _form(request, form, environment)
    if changes := environments.differing(environment, form.said()):
        environments.change(slug=slug, actor=actor, changes=changes, now=timezone.now())
        messages.success(request, "Saved. It holds from now on.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return HttpResponseRedirect(reverse("page-environments"))


def _form(request: HttpRequest, form: EnvironmentForm, environment: object) -> HttpResponse:
    context = {"form": form, "environment": environment}
    return render(request, "registry/environments/form.html", context, status=422 if form.is_bound else 200)
