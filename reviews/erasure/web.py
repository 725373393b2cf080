"""Pages about erasures: ask, see what follows, confirm, watch, read who had it.

The subject travels in bodies of forms, never in an address: addresses are kept in logs.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from audit.pages import render, signed_in
from audit.refusals import NotFound, NotPermitted
from audit.rest import actor_of, uuid_of
from audit.trail.actors import Actor
from governance.access.selectors import names_of
from registry.systems.selectors import require
from reviews.erasure import policies, selectors, services
from reviews.erasure.errors import AlreadyAsked
from reviews.erasure.forms import AskForm, ConfirmForm
from reviews.erasure.models import Erasure
from reviews.erasure.states import ErasureState
from reviews.holds.models import Hold

PAGE = 25
NAMES = ("by", "person", "requested_by")
"""Members of what is known about receivers that refer to somebody."""
COUNTED = (
    ("predictions", "prediction lost its content", "predictions lost their content"),
    ("openings", "opening of a commitment deleted", "openings of commitments deleted"),
    ("judgements", "answer of a reviewer emptied", "answers of reviewers emptied"),
    ("labels_withdrawn", "label withdrawn", "labels withdrawn"),
    ("reviews_cancelled", "open review cancelled", "open reviews cancelled"),
    ("drafts", "draft deleted", "drafts deleted"),
    ("kept_answers", "kept answer to a request deleted", "kept answers to requests deleted"),
    ("exports_purged", "export lost its files", "exports lost their files"),
    ("bundles_purged", "bundle of the log lost its file", "bundles of the log lost their files"),
)
"""What went, by the name of its count: in words for one, and for several."""


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """Every erasure that the person may see."""
    actor = actor_of(request)
    rows = selectors.erasures_for(actor).order_by("-pk")
    before = request.GET.get("before", "")
    if before:
        rows = rows.filter(pk__lt=uuid_of(before, "before"))
    found = list(rows[: PAGE + 1])
    names = names_of({row.asked_by for row in found})
    context = {
        "rows": [{"erasure": row, "asked_by": names.get(row.asked_by, row.asked_by)} for row in found[:PAGE]],
        "older": f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else None,
        "newer": request.path if before else None,
        "why_not": policies.why_not_erase_anything(actor),
    }
    return render(request, "reviews/erasure/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask, look at what follows, confirm: one address, in this order."""
    actor = actor_of(request)
    require(policies.why_not_erase_anything(actor))
    if request.method != "POST":
        return render(request, "reviews/erasure/ask.html", {"form": AskForm()})
    asked = AskForm(request.POST)
    if not asked.is_valid():
        return render(request, "reviews/erasure/ask.html", {"form": asked}, status=422)
    confirming = "again" in request.POST
    confirmed = ConfirmForm(request.POST if confirming else None, initial=asked.cleaned_data)
    try:
        if confirming and confirmed.is_valid():
            reason = confirmed.cleaned_data["reason"]
            erasure = services.ask(about=confirmed.about, reason=reason, actor=actor, now=timezone.now())
            return HttpResponseRedirect(reverse("page-erasure", args=[erasure.pk]))
        follows = services.preview(about=asked.about, actor=actor, now=timezone.now())
    except (NotFound, NotPermitted, AlreadyAsked) as refusal:
        asked.add_error(None, str(refusal))
        return render(request, "reviews/erasure/ask.html", {"form": asked}, status=422)
    context = {
        "form": confirmed,
        "asked": asked.cleaned_data,
        "follows": follows,
        "holds": Hold.objects.filter(pk__in=follows["holds"]).select_related("system", "model"),
        "receivers": _named(follows["receivers"]),
    }
    return render(request, "reviews/erasure/confirm.html", context, status=422 if confirming else 200)


@require_safe
@signed_in
def one(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """One erasure: how far it is, what went, who had it. As a fragment under htmx."""
    actor = actor_of(request)
    template = "_erasure.html" if request.headers.get("HX-Request") else "one.html"
    return render(request, f"reviews/erasure/{template}", _context(actor, erasure_id))


def _context(actor: Actor, erasure_id: UUID) -> dict[str, Any]:
    erasure: Erasure = selectors.erasure_for(actor, erasure_id)
    held_by = selectors.holds_of(erasure)
    holds = Hold.objects.filter(pk__in=held_by).select_related("system", "model")
    # Held by nothing any more: the clock takes it up within seconds, and the page shows it.
    released = erasure.state == ErasureState.HELD and not held_by
    return {
        "erasure": erasure,
        "subject": selectors.subject_of(erasure),
        "asked_by": names_of({erasure.asked_by}).get(erasure.asked_by, erasure.asked_by),
        "moving": released or erasure.state in (ErasureState.QUEUED, ErasureState.RUNNING),
        "released": released,
        "percent": round(100 * erasure.done / erasure.total) if erasure.total else 0,
        "holds": holds,
        "counts": _counted(erasure),
        "events": selectors.events_of(erasure),
        "receivers": _named(erasure.receivers) if erasure.receivers else None,
    }


def _counted(erasure: Erasure) -> list[tuple[str, int]]:
    counts = erasure.counts
    return [
        (one if counts[name] == 1 else many, counts[name]) for name, one, many in COUNTED if counts.get(name)
    ]


def _named(receivers: dict[str, Any]) -> dict[str, Any]:
    """The same with names for people and keys, and moments."""
    receivers = {"decided_lists": [], **receivers}  # of before, it does not say
    refs = {each["by"] for name in ("keys", "decided_lists") for each in receivers[name]}
    refs |= {each["person"] for each in receivers["people"]}
    for copy in (*receivers["exports"], *receivers["bundles"]):
        refs |= {copy["requested_by"], *(each["by"] for each in copy["downloads"])}
    names = names_of(refs)

    def told(row: dict[str, Any]) -> dict[str, Any]:
        known = {name: names.get(row[name], row[name]) for name in NAMES if name in row}
        moments = {name: parse_datetime(row[name]) for name in row if name == "at" or name.endswith("_at")}
        return {**row, **known, **moments, "downloads": [told(each) for each in row.get("downloads", ())]}

    return {name: [told(row) for row in rows] for name, rows in receivers.items()}
