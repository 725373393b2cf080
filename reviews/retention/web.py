"""The page that says, and sets, how long the content of a system's predictions is kept."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.pages import render, signed_in
from audit.refusals import BadInput
from audit.rest import actor_of
from registry.systems.selectors import known_system, names_behind, require, system_for
from reviews.retention import policies, selectors, services
from reviews.retention.forms import RetentionForm


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """How long content is kept; seeing what would go otherwise, and saying so."""
    actor = actor_of(request)
    looked, past = False, None
    if request.method == "POST":
        system = known_system(actor, slug)
        require(policies.why_not_set(actor, system))
        form = RetentionForm(request.POST)
        if form.is_valid():
            try:
                if "look" in request.POST:
                    services.require_sound(form.said)
                    past = selectors.past(system, form.said, now=timezone.now()) if form.said else None
                    looked = True
                else:
                    services.set_days(system_id=system.pk, days=form.said, actor=actor, now=timezone.now())
                    messages.success(request, "It is kept so from now on. The clock looks once a day.")
                    return HttpResponseRedirect(reverse("page-retention", args=[slug]))
            except BadInput as refusal:
                form.add_refusal(refusal)
    else:
        system = system_for(actor, slug)
        form = None
    rule = selectors.rule_of(system)
    context = {
        "system": system,
        "rule": rule,
        "set_by": names_behind({rule.set_by}).get(rule.set_by, "") if rule else "",
        "form": form or RetentionForm.of(rule.days if rule else None),
        "why_not": policies.why_not_set(actor, system),
        "looked": looked,
        "past": past,
    }
    status = 422 if form and not looked else 200
    return render(request, "reviews/retention/one.html", context, status=status)
