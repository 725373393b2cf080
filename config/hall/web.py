"""Home, search, and what the codes of refusals mean."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.pages import render, signed_in
from config.hall import explained
from config.hall.home import what_needs
from config.hall.search import LONGEST, find
from governance.access.web.asking import asking


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What needs me now."""
    person = asking(request)
    context = {
        "cards": what_needs(person, now=timezone.now()),
        "has_role": bool(person.rights.held),
    }
    return render(request, "config/home.html", context)


@require_safe
@signed_in
def search(request: HttpRequest) -> HttpResponse:
    """Find anything; a single hit is gone to at once."""
    words = request.GET.get("q", "").strip()
    hits = find(asking(request), words)
    if len(hits) == 1:
        return HttpResponseRedirect(hits[0].url)
    return render(request, "config/search.html", {"words": words[:LONGEST], "hits": hits})


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """Every code that a refusal can carry."""
    return render(request, "config/problems.html", {"explained": explained.everything()})


@require_safe
def problem(request: HttpRequest, slug: str) -> HttpResponse:
    """What one code means and what to do. The `type` of each refusal leads here."""
    return render(request, "config/problem.html", {"problem": explained.one(slug)})
