"""Pages about routing policies."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.pages import render, signed_in
from audit.rest import actor_of
from audit.trail.actors import Actor
from governance.access.selectors import names_of
from registry.catalog.models import Model
from registry.catalog.selectors import model_for
from registry.systems.selectors import require
from reviews.routing import policies, selectors, services
from reviews.routing.forms import PolicyForm
from reviews.routing.models import RoutingPolicy
from reviews.routing.states import PolicyState
from reviews.routing.words import differences, in_words

PAGE = 50


@require_safe
@signed_in
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """All policies of a model, newest first: who put what in force, and when."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    found = selectors.policies_of(model).order_by("-number")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 10:
        found = found.filter(number__lt=int(before))
    rows = list(found[: PAGE + 1])
    context = {
        "model": model,
        "history": _history(rows[:PAGE]),
        "older": f"?before={rows[PAGE - 1].number}" if len(rows) > PAGE else None,
        "newer": request.path if before else None,
        "why_not_draft": policies.why_not_draft(actor, model),
    }
    return render(request, "reviews/routing/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a draft, from what is in force."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    require(policies.why_not_draft(actor, model))
    in_force = selectors.policy_in_force(model)
    form = PolicyForm(model, in_force.body if in_force else None, _posted(request))
    if not form.is_bound or not form.is_valid():
        return _editor(request, model, form, in_force=in_force)
    policy = services.draft(model_id=model.pk, actor=actor, body=form.body, now=timezone.now())
    messages.success(
        request, f"Draft {policy.number} is saved. Nothing is routed by it until it is published."
    )
    return HttpResponseRedirect(_address(policy))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def one(request: HttpRequest, slug: str, n: int) -> HttpResponse:
    """One policy: a draft to edit, save and publish; anything else to read."""
    actor = actor_of(request)
    model = model_for(actor, slug)
    in_force = selectors.policy_in_force(model)
    if request.method == "POST":
        require(policies.why_not_draft(actor, model))
        return _save(request, actor, model, selectors.draft_of(model, n), in_force)
    policy = selectors.policy_of(model, n)
    if policies.why_not_change(actor, policy):
        return _reader(request, model, policy, in_force)
    return _editor(request, model, PolicyForm(model, policy.body), policy=policy, in_force=in_force)


@require_POST
@signed_in
def discard(request: HttpRequest, slug: str, n: int) -> HttpResponse:
    """Put a draft away."""
    actor = actor_of(request)
    policy = selectors.policy_of(model_for(actor, slug), n)
    services.discard(policy_id=policy.pk, actor=actor, now=timezone.now())
    messages.success(request, f"Draft {policy.number} is discarded.")
    return HttpResponseRedirect(reverse("page-model", args=[slug]))


def _save(
    request: HttpRequest, actor: Actor, model: Model, policy: RoutingPolicy, in_force: RoutingPolicy | None
) -> HttpResponse:
    """Save the draft as typed; with `act=publish` put exactly that in force."""
    form = PolicyForm(model, policy.body, request.POST)
    if not form.is_valid():
        return _editor(request, model, form, policy=policy, in_force=in_force)
    if request.POST.get("act") == "publish":
        services.publish(policy_id=policy.pk, actor=actor, body=form.body, now=timezone.now())
        messages.success(request, f"Policy {policy.number} routes every prediction from now on.")
    elif form.body == policy.body:
        messages.info(request, "Nothing was different, so nothing was saved.")
    else:
        services.change(policy_id=policy.pk, actor=actor, body=form.body, now=timezone.now())
        messages.success(request, f"Draft {policy.number} is saved.")
    return HttpResponseRedirect(_address(policy))


def _editor(
    request: HttpRequest,
    model: Model,
    form: PolicyForm,
    *,
    policy: RoutingPolicy | None = None,
    in_force: RoutingPolicy | None,
) -> HttpResponse:
    """The form, beside what the draft says and what it changes."""
    actor = actor_of(request)
    said = policy.body if policy else None
    context = {
        "model": model,
        "policy": policy,
        "form": form,
        "in_force": in_force,
        "words": in_words(said) if said else [],
        "changes": differences(in_force.body if in_force else None, said) if said else [],
        "history": _history(list(selectors.policies_of(model).order_by("-number")[:5])),
        "why_not_publish": policies.why_not_publish_here(actor, model),
    }
    return render(request, "reviews/routing/draft.html", context, status=422 if form.is_bound else 200)


def _reader(
    request: HttpRequest, model: Model, policy: RoutingPolicy, in_force: RoutingPolicy | None
) -> HttpResponse:
    """What a policy says, where it is not to be changed (any more, or not by this person)."""
    actor = actor_of(request)
    other = in_force if in_force and in_force.pk != policy.pk else None
    context = {
        "model": model,
        "policy": policy,
        "words": in_words(policy.body),
        "other": other,
        "changes": differences(*_in_time(policy, other)) if other else [],
        "history": _history(list(selectors.policies_of(model).order_by("-number")[:5])),
        "fixed": policies.why_fixed(policy),
        "why_not_draft": policies.why_not_draft(actor, model),
    }
    return render(request, "reviews/routing/policy.html", context)


def _in_time(policy: RoutingPolicy, in_force: RoutingPolicy) -> tuple[Any, Any]:
    """Both bodies, the earlier one first: a draft comes after what is in force."""
    bodies = (policy.body, in_force.body)
    return bodies[::-1] if policy.state == PolicyState.DRAFT else bodies


def _history(found: list[RoutingPolicy]) -> list[dict[str, Any]]:
    """Each policy with who drafted and who published it."""
    refs = {ref for policy in found for ref in (policy.created_by, policy.published_by) if ref}
    names = names_of(refs)
    return [
        {
            "policy": policy,
            "is_draft": policy.state == PolicyState.DRAFT,
            "drafted_by": names.get(policy.created_by, policy.created_by),
            "published_by": names.get(policy.published_by, policy.published_by),
        }
        for policy in found
    ]


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _address(policy: RoutingPolicy) -> str:
    return reverse("page-policy", args=[policy.model.slug, policy.number])
