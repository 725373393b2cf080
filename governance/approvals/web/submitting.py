"""The page on which a version is submitted: what is missing, what will be bound, who signs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.pages import render, signed_in
from audit.refusals import NotFound
from governance.access.roles import Role
from governance.access.web.asking import asking
from governance.approvals import binding, policies, requirements, selectors, submitting
from governance.approvals.forms import SubmitForm
from governance.approvals.models import ApprovalRequest
from governance.approvals.states import UNDECIDED, State
from registry.catalog.models import Environment, ModelVersion
from registry.catalog.selectors import model_for, version_of


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def submit(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Show what is asked of a version for an environment, and submit it."""
    person, now = asking(request), timezone.now()
    found = version_of(model_for(person, slug), version)
    where = _environment(request)
    form = SubmitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = submitting.request(
            version_id=found.pk, environment=where.pk, actor=person, note=form.cleaned_data["note"], now=now
        )
        messages.success(request, "Submitted. Those who sign first are told now.")
        return HttpResponseRedirect(reverse("page-approval", args=[made.pk]))
    context = _context(person, found, where) | {"form": form}
    return render(request, "governance/approvals/submit.html", context, status=422 if form.is_bound else 200)


def _environment(request: HttpRequest) -> Environment:
    wanted = request.GET.get("environment", "production").replace("\x00", "")
    found = Environment.objects.filter(pk=wanted).first()
    if found is None:
        raise NotFound("There is no such environment.")
    return found


def _context(person: Any, version: ModelVersion, where: Environment) -> dict[str, Any]:
    now = timezone.now()
    template = selectors.template_for(version.model.system_id, where)
    asked = requirements.of_version(version, where, template.body, now=now)
    bound = binding.of_version(version, where.pk, template.frozen)
    standing = ApprovalRequest.objects.filter(version=version, environment=where, state__in=UNDECIDED).first()
    return {
        "model": version.model,
        "shown": version,
        "environment": where,
        "environments": Environment.objects.order_by("slug"),
        "requirements": sorted(asked, key=lambda each: (each.met, not each.blocks)),
        "missing": len(requirements.unmet(asked)),
        "bound": bound,
        "template": template,
        "stages": [
            {**stage, "labels": [Role(role).label for role in stage["roles"]], "named": len(stage["people"])}
            for stage in template.body["stages"]
        ],
        "standing": standing,
        "differs": binding.differences(standing.bound, bound.facts) if standing else [],
        "in_force": selectors.approval_in_force(version.pk, where.pk, now),
        "why_not": _why_not(person, version, asked, standing, bound),
    }


def _why_not(
    person: Any, version: ModelVersion, asked: Any, standing: Any, bound: binding.Bound
) -> str | None:
    if reason := policies.why_not_request(person, version):
        return reason
    if standing is not None and standing.state == State.OPEN and standing.digest == bound.digest:
        return "It is being decided already."
    if missing := requirements.unmet(asked):
        return f"{len(missing)} of the requirements are not met yet: {missing[0].detail}"
    return None
