"""How one AI system is classified: its assessments, why, its duties, and what was set by hand."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.pages import render, signed_in
from governance.access.models import Person
from governance.access.web.asking import asking
from governance.risk import overriding, policies, selectors, showing
from governance.risk.forms import ExemptionForm, OverrideForm, ReasonForm
from governance.risk.models import Assessment, Override
from governance.risk.packs import newest, pack_at
from governance.risk.states import FINAL
from registry.systems.selectors import require, system_for

SHOWN = 50


@require_safe
@signed_in
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Each pack: how the system stands, what is in the making; and the history."""
    actor = asking(request)
    system = system_for(actor, slug)
    lines = []
    for name in selectors.pack_names():
        found = newest(name)
        assert found is not None  # the shelf holds it
        lines.append(
            {
                "pack": found,
                "standing": showing.standing_line(selectors.newest_of(system.pk, name)),
                "draft": selectors.draft_of(system, name),
            }
        )
    history = selectors.assessments_of(system).order_by("-number")[:SHOWN]
    context = {
        "system": system,
        "lines": lines,
        "history": [showing.assessment_row(each) for each in history],
        "why_not_assess": policies.why_not_assess(actor, system),
    }
    return render(request, "governance/risk/overview.html", context)


@require_safe
@signed_in
def one(request: HttpRequest, slug: str, n: int) -> HttpResponse:
    """One assessment, with everything that follows from it."""
    return _page(request, _assessment(request, slug, n))


@require_POST
@signed_in
def override(request: HttpRequest, slug: str, n: int) -> HttpResponse:
    """Set another class."""
    assessment = _assessment(request, slug, n)
    require(policies.why_not_override(asking(request), assessment))
    form = _override_form(assessment, request.POST)
    if form is None or not form.is_valid():
        return _page(request, assessment, override_form=form)
    said = form.cleaned_data
    made = overriding.override(
        assessment_id=assessment.pk,
        actor=asking(request),
        to_class=said["to_class"],
        reason=said["reason"],
        expires_on=said["expires_on"],
        now=timezone.now(),
    )
    _say(request, made)
    return _back(slug, n)


@require_POST
@signed_in
def exemption(request: HttpRequest, slug: str, n: int) -> HttpResponse:
    """Claim an exemption by its statements."""
    assessment = _assessment(request, slug, n)
    require(policies.why_not_override(asking(request), assessment))
    form = _exemption_form(assessment, request.POST)
    if form is None or not form.is_valid():
        return _page(request, assessment, exemption_form=form)
    made = overriding.claim_exemption(
        assessment_id=assessment.pk,
        actor=asking(request),
        statements=form.statements(),
        expires_on=form.cleaned_data["expires_on"],
        now=timezone.now(),
    )
    _say(request, made)
    return _back(slug, n)


@require_POST
@signed_in
def decide(request: HttpRequest, slug: str, n: int, id: UUID) -> HttpResponse:
    """Approve or refuse as the second person."""
    found = selectors.override_of(_assessment(request, slug, n), id)
    require(policies.why_not_decide(asking(request), found))
    decided = overriding.decide(
        override_id=found.pk,
        actor=asking(request),
        approve=request.POST.get("verdict") == "approve",
        note=request.POST.get("note", "").replace("\x00", "").strip(),
        now=timezone.now(),
    )
    _say(request, decided)
    return _back(slug, n)


@require_POST
@signed_in
def end(request: HttpRequest, slug: str, n: int, id: UUID) -> HttpResponse:
    """Withdraw a proposal, or end what is in force."""
    assessment = _assessment(request, slug, n)
    found = selectors.override_of(assessment, id)
    require(policies.why_not_end(asking(request), found))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why; nothing was changed.")
        return _back(slug, n)
    ended = overriding.end(
        override_id=found.pk, actor=asking(request), reason=form.cleaned_data["reason"], now=timezone.now()
    )
    _say(request, ended)
    return _back(slug, n)


def _assessment(request: HttpRequest, slug: str, n: int) -> Assessment:
    return selectors.assessment_of(system_for(asking(request), slug), n)


def _override_form(assessment: Assessment, posted: Any = None) -> OverrideForm | None:
    """None where nothing can be set by hand: not the newest, or a pack that this release does not hold."""
    pack = pack_at(assessment.pack, assessment.pack_version)
    standing = selectors.standing_of(assessment.system_id, pack=assessment.pack)
    if pack is None or standing is None or standing.assessment_id != assessment.pk:
        return None
    if standing.class_ == next(iter(pack.classes)):
        return None
    return OverrideForm(pack, standing.class_, timezone.now().date(), posted)


def _exemption_form(assessment: Assessment, posted: Any = None) -> ExemptionForm | None:
    """Only for what came out as exempt and has no exemption in force or proposed."""
    pack = pack_at(assessment.pack, assessment.pack_version)
    if pack is None or assessment.class_id != pack.document.get("exemption", {}).get("class"):
        return None
    today = timezone.now().date()
    claims = selectors.overrides_of(assessment).filter(kind="exemption")
    if claims.open().exists() or claims.in_force(on=today).exists():
        return None
    return ExemptionForm(pack, today, posted)


def _page(
    request: HttpRequest,
    assessment: Assessment,
    *,
    override_form: OverrideForm | None = None,
    exemption_form: ExemptionForm | None = None,
) -> HttpResponse:
    actor = asking(request)
    pack = pack_at(assessment.pack, assessment.pack_version)
    standing = selectors.standing_of(assessment.system_id, pack=assessment.pack)
    counts = standing is not None and standing.assessment_id == assessment.pk
    overrides = selectors.overrides_of(assessment).order_by("-pk")
    context = {
        **showing.assessment_row(assessment),
        "system": assessment.system,
        "counts": counts,
        "stands_class": standing.class_ if standing and counts else "",
        "stands_as": showing.class_title(pack, standing.class_) if standing and counts else "",
        "duties": showing.duties(
            selectors.duties_as_it_stands(standing, assessment)
            if standing and counts
            else assessment.outcome["obligations"]
        ),
        "missing": [pack.by_id[each] for each in assessment.outcome["undetermined"]] if pack else [],
        "possible": [showing.class_title(pack, each) for each in assessment.result.get("possible", ())],
        "answered": showing.answered(pack, assessment.answers) if pack else [],
        "overrides": [_override_row(each, actor) for each in overrides],
        "override_form": override_form or (_override_form(assessment) if counts else None),
        "exemption_form": exemption_form or (_exemption_form(assessment) if counts else None),
        "why_not_override": policies.why_not_override(actor, assessment),
    }
    bound = override_form is not None or exemption_form is not None
    return render(request, "governance/risk/assessment.html", context, status=422 if bound else 200)


def _override_row(found: Override, actor: Person) -> dict[str, Any]:
    pack = pack_at(found.pack, found.assessment.pack_version)
    texts = pack.document.get("exemption", {}).get("statements", ()) if pack else ()
    return {
        "override": found,
        "from": showing.class_title(pack, found.from_class),
        "to": showing.class_title(pack, found.to_class),
        "statements": [(each["text"], found.statements.get(each["id"], "")) for each in texts]
        if found.statements
        else [],
        "is_open": found.state == "proposed",
        "is_over": found.state in FINAL,
        "why_not_decide": policies.why_not_decide(actor, found),
        "why_not_end": policies.why_not_end(actor, found),
    }


def _say(request: HttpRequest, found: Override) -> None:
    said = {
        "proposed": "Proposed. It counts once a compliance officer or risk officer has approved it.",
        "approved": "It is in force.",
        "refused": "It is refused.",
        "withdrawn": "It is withdrawn.",
        "ended": "It has ended.",
    }
    messages.success(request, said[found.state])


def _back(slug: str, n: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("page-risk-assessment", args=[slug, n]))
