"""Rule packs, and what a version of one changes in the whole portfolio."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.pages import render, signed_in
from governance.access.web.asking import asking
from governance.risk import policies, reclassifying, selectors, showing
from governance.risk.models import Assessment
from governance.risk.packs import pack_at
from registry.systems.selectors import require

SHOWN = 500


@require_safe
@signed_in
def packs(request: HttpRequest) -> HttpResponse:
    """Every pack in every version."""
    context = {
        "packs": selectors.packs(),
        "why_not_reclassify": policies.why_not_reclassify(asking(request)),
    }
    return render(request, "governance/risk/packs.html", context)


@require_safe
@signed_in
def one_pack(request: HttpRequest, pack: str, version: str) -> HttpResponse:
    """A pack's questions, rules and duties."""
    found = selectors.known_pack(pack, version)
    steps = [
        {"title": title, "questions": [each for each in found.questions if each.step == step]}
        for step, title in found.steps.items()
    ]
    return render(request, "governance/risk/pack.html", {"pack": found, "steps": steps})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def reclassify(request: HttpRequest, pack: str, version: str) -> HttpResponse:
    """What the version changes; kept only when that is said."""
    actor = asking(request)
    require(policies.why_not_reclassify(actor))
    found = selectors.known_pack(pack, version)
    now = timezone.now()
    if request.method == "POST":
        made = reclassifying.keep(pack=found, actor=actor, on=now.date(), now=now)
        messages.success(request, f"{len(made)} assessments were filed.")
        return HttpResponseRedirect(reverse("page-risk-reclassify", args=[pack, version]))
    changes = list(reclassifying.changes(found, on=now.date()))
    changing = [each for each in changes if each.differs]
    context = {
        "pack": found,
        "rows": [_row(each, found) for each in changing[:SHOWN]],
        "changing": len(changing),
        "looked_at": len(changes),
        "current": Assessment.objects.filter(pack=pack, pack_version=version)
        .values("system")
        .distinct()
        .count(),
    }
    return render(request, "governance/risk/reclassify.html", context)


def _row(each: reclassifying.Change, pack: Any) -> dict[str, Any]:
    before = pack_at(each.assessment.pack, each.assessment.pack_version)
    return {
        "change": each,
        "before": showing.class_title(before, each.assessment.class_id),
        "after": showing.class_title(pack, each.class_),
        "missing": [pack.by_id[name].text for name in each.missing],
    }
