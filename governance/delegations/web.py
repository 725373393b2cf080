"""The page about delegations: what I lent, what was lent to me."""

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.pages import render, signed_in
from audit.refusals import BadInput, NotFound, NotPermitted
from governance.access.web.asking import asking
from governance.delegations import policies, selectors, services
from governance.delegations.forms import DelegationForm
from governance.delegations.models import Delegation

SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """Show delegations, and lend one's signature."""
    person, now = asking(request), timezone.now()
    form = DelegationForm(person, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = services.give(actor=person, now=now, **form.cleaned_data)
        except BadInput as refusal:
            for error in refusal.errors:
                form.add_error(error.pointer.strip("/"), error.detail)
        except NotPermitted as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, f"{made.taker.name} signs for you until {made.ends_at:%d %b %Y}.")
            return HttpResponseRedirect(reverse("page-delegations"))
    found = selectors.delegations_for(person, everybody=policies.sees_all(person)).order_by("-pk")[:SHOWN]
    context = {
        "form": form,
        "holds": bool(person.rights.held),
        "rows": [(each, _is_live(each, now), policies.why_not_end(person, each)) for each in found],
    }
    return render(request, "governance/delegations/list.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def end(request: HttpRequest, delegation_id: UUID) -> HttpResponse:
    """End a delegation early."""
    person = asking(request)
    seen = selectors.delegations_for(person, everybody=policies.sees_all(person))
    if not seen.filter(pk=delegation_id).exists():
        raise NotFound(selectors.NO_SUCH)
    services.end(delegation_id=delegation_id, actor=person, now=timezone.now())
    messages.success(request, "The delegation has ended.")
    return HttpResponseRedirect(reverse("page-delegations"))


def _is_live(each: Delegation, now: dt.datetime) -> bool:
    return each.ended_at is None and each.ends_at > now
