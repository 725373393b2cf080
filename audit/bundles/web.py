"""Pages about bundles. One that is still changing fetches itself anew every second."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import rest
from audit.bundles import policies, selectors, services
from audit.bundles.choosing import POPULATIONS
from audit.bundles.forms import BundleForm
from audit.bundles.models import Bundle
from audit.bundles.states import EVENTS, BundleState
from audit.pages import render, signed_in
from audit.refusals import BadInput
from audit.trail.actors import Actor
from audit.trail.describing import Described, describe
from audit.trail.selectors import happened, require

PAGE: Final = 25
MOVING: Final = frozenset({BundleState.QUEUED, BundleState.RUNNING})


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """The bundles that the person may read."""
    bundles = selectors.bundles_for(rest.actor_of(request)).order_by("-pk")
    before = request.GET.get("before", "")
    if before:
        bundles = bundles.filter(pk__lt=rest.uuid_of(before, "before"))
    found = list(bundles[: PAGE + 1])
    names = describe(bundle.requested_by for bundle in found)
    context = {
        "rows": [_row(bundle, names) for bundle in found[:PAGE]],
        "older": f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else None,
        "newer": request.path if before else None,
    }
    return render(request, "audit/bundles/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a bundle or a sample."""
    actor = rest.actor_of(request)
    require(actor)
    form = BundleForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            bundle = services.ask(asked=form.asked(), actor=actor, now=timezone.now())
        except BadInput as refusal:
            form.add_refusal(refusal)
        else:
            return HttpResponseRedirect(reverse("page-bundle", args=[bundle.pk]))
    context = {"form": form, "why_not_openings": policies.why_not_open(actor)}
    return render(request, "audit/bundles/new.html", context, status=422 if form.is_bound else 200)


@require_safe
@signed_in
def one(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """One bundle: how far it is, what is in it, how to check it. As a fragment under htmx."""
    actor = rest.actor_of(request)
    bundle = selectors.bundle_for(actor, bundle_id)
    template = "_bundle.html" if request.headers.get("HX-Request") else "one.html"
    return render(request, f"audit/bundles/{template}", _context(bundle, actor))


@require_POST
@signed_in
def cancel(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """Stop it."""
    actor = rest.actor_of(request)
    bundle = services.cancel(bundle_id=bundle_id, actor=actor, now=timezone.now())
    if request.headers.get("HX-Request"):
        return render(request, "audit/bundles/_bundle.html", _context(bundle, actor))
    messages.success(request, "The bundle is cancelled. Nothing of it is kept.")
    return HttpResponseRedirect(reverse("page-bundle", args=[bundle_id]))


def _row(bundle: Bundle, names: Mapping[str, Described]) -> dict[str, Any]:
    share = min(bundle.done / bundle.total, 1.0) if bundle.total else 0.0
    words = {
        BundleState.QUEUED: "waits for a signed checkpoint that covers it, a few seconds",
        BundleState.RUNNING: f"{bundle.done:,} of {bundle.total:,} leaves" if bundle.total else "counting",
    }
    asked_by = names.get(bundle.requested_by)
    return {
        "bundle": bundle,
        "title": _title(bundle),
        "moving": bundle.state in MOVING,
        "percent": round(share * 100),
        "words": words.get(BundleState(bundle.state), ""),
        "asked_by": asked_by.title if asked_by else bundle.requested_by,
    }


def _title(bundle: Bundle) -> str:
    filter_ = bundle.request["filter"]
    if sample := filter_["sample"]:
        return f"Sample of {sample['size']} {_population(sample['kinds'])}"
    return "The whole log" if all(value is None for value in filter_.values()) else "A part of the log"


def _population(kinds: list[str]) -> str:
    return next((name for name, known in POPULATIONS.items() if sorted(known) == kinds), "events")


def _context(bundle: Bundle, actor: Actor) -> dict[str, Any]:
    filter_ = bundle.request["filter"]
    subject = services.subject_of(bundle)
    reference = f"system:{bundle.system_id}"
    system = describe([reference]).get(reference) if bundle.system_id else None
    sample = filter_["sample"] or {}
    asked = [
        ("From", filter_["from"]),
        ("Until", filter_["to"]),
        ("AI system", system.title if system else bundle.system_id),
        ("Data subject", "(erased)" if subject == "" else subject),
        ("Seed", sample.get("seed")),
        ("Openings", "with them" if bundle.request["openings"] else "without them"),
    ]
    return {
        **_row(bundle, describe([bundle.requested_by])),
        "asked": [(title, words) for title, words in asked if words],
        "manifest": bundle.manifest if bundle.state == BundleState.DONE else None,
        "purged": happened(bundle, EVENTS[BundleState.PURGED]),
        "why_not_cancel": policies.too_late_to_cancel(bundle),
    }
