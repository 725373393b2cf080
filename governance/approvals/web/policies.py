"""Pages about approval policies, for compliance."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.pages import render, signed_in
from audit.refusals import NotFound
from governance.access.roles import Role
from governance.access.selectors import names_of
from governance.access.web.asking import asking
from governance.approvals import drafting, policies, selectors
from governance.approvals.defaults import CLASSES
from governance.approvals.forms import PolicyForm
from governance.approvals.models import ApprovalPolicy
from governance.approvals.states import PolicyState
from registry.catalog.models import Environment
from registry.catalog.selectors import environments_for
from registry.systems.selectors import require

TEMPLATES = "governance/approvals"


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """Every policy in force, by environment and class, and what is drafted."""
    person = asking(request)
    environments = list(environments_for(person))
    drafts = ApprovalPolicy.objects.filter(state=PolicyState.DRAFT).select_related("environment")
    context = {
        "groups": [(where, [_in_force(each, where) for each in CLASSES]) for where in environments],
        "drafts": drafts.order_by("environment", "risk_class", "-number"),
        "why_not": policies.why_not_edit_policies(person),
    }
    return render(request, f"{TEMPLATES}/policies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Draft a policy, beginning with what is in force."""
    person = asking(request)
    require(policies.why_not_edit_policies(person))
    risk_class = request.GET.get("risk_class", "")
    where = Environment.objects.filter(pk=request.GET.get("environment", "").replace("\x00", "")).first()
    if where is None or risk_class not in CLASSES:
        raise NotFound(selectors.NO_SUCH_POLICY)
    template = selectors.template(risk_class, where)
    form = PolicyForm(template.body, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        context = {"form": form, "risk_class": risk_class, "environment": where, "in_force": template}
        return _unfinished(request, context)
    policy = drafting.draft(
        risk_class=risk_class, environment=where.pk, body=form.body, actor=person, now=timezone.now()
    )
    messages.success(request, "The draft is saved. Another compliance officer publishes it.")
    return HttpResponseRedirect(reverse("page-approval-policy", args=[policy.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def one(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """One policy; a draft can be changed."""
    person = asking(request)
    environments_for(person)
    if request.method == "POST":
        require(policies.why_not_edit_policies(person))
    policy = selectors.policy_of(policy_id)
    form = PolicyForm(policy.body, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if form.body != policy.body:
            drafting.change(policy_id=policy.pk, body=form.body, actor=person, now=timezone.now())
            messages.success(request, "The draft is saved.")
        return HttpResponseRedirect(reverse("page-approval-policy", args=[policy.pk]))
    names = names_of({policy.created_by, policy.changed_by, policy.published_by})
    context = {
        "form": form,
        "policy": policy,
        "risk_class": policy.risk_class,
        "environment": policy.environment,
        "stages": [_stage(each) for each in policy.body["stages"]],
        "written_by": names.get(policy.changed_by, policy.changed_by),
        "published_by": names.get(policy.published_by, policy.published_by),
        "is_draft": policy.state == PolicyState.DRAFT,
        "why_not": policies.why_not_edit_policies(person),
        "why_not_publish": policies.why_not_publish_policy(person, policy),
    }
    return _unfinished(request, context)


@require_POST
@signed_in
def publish(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """Put a draft in force."""
    person = asking(request)
    require(policies.why_not_edit_policies(person))
    policy = drafting.publish(policy_id=selectors.policy_of(policy_id).pk, actor=person, now=timezone.now())
    messages.success(request, "The policy is in force for every request from now on.")
    return HttpResponseRedirect(reverse("page-approval-policy", args=[policy.pk]))


@require_POST
@signed_in
def discard(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """Put a draft away."""
    person = asking(request)
    require(policies.why_not_edit_policies(person))
    drafting.discard(policy_id=selectors.policy_of(policy_id).pk, actor=person, now=timezone.now())
    messages.success(request, "The draft is discarded.")
    return HttpResponseRedirect(reverse("page-approval-policies"))


def _in_force(risk_class: str, where: Environment) -> dict[str, Any]:
    template = selectors.template(risk_class, where)
    policy = ApprovalPolicy.objects.filter(
        risk_class=risk_class, environment=where, state=PolicyState.PUBLISHED
    ).first()
    return {
        "risk_class": risk_class,
        "policy": policy,
        "body": template.body,
        "stages": [_stage(each) for each in template.body["stages"]],
    }


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    return {
        **stage,
        "labels": [Role(role).label for role in stage["roles"]],
        "escalates": [Role(role).label for role in stage["escalate_to"]],
        "named": len(stage["people"]),
    }


def _unfinished(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(
        request, f"{TEMPLATES}/policy.html", context, status=422 if context["form"].is_bound else 200
    )
