"""What every page's frame needs to know about the person looking at it."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from audit.refusals import NotPermitted
from config import problems
from config.hall.addresses import address
from config.version import VERSION
from governance.access import roles
from governance.access.models import Person

REGISTRY = "/systems /models /portfolio /environments /alias-protections /lineage /suspensions"
PLACES: list[tuple[str, str, str, tuple[str, ...]]] = [
    # title, URL name, path prefixes it is current for, permissions of which one is needed
    ("Review", "page-review", "/review /decided /predictions", (roles.WORK_QUEUE, roles.MANAGE_QUEUE)),
    ("Queues", "page-queues", "/queues", (roles.MANAGE_QUEUE, roles.VIEW_HEALTH)),
    ("Systems", "page-systems", REGISTRY, (roles.VIEW_SYSTEM,)),
    (
        "Approvals",
        "page-approvals",
        "/approvals",
        (roles.REQUEST_APPROVAL, roles.ADD_EVIDENCE, roles.VIEW_EVENTS),
    ),
    ("Risk", "page-risk-packs", "/risk", (roles.DECIDE_RISK,)),
    ("Exports", "page-exports", "/exports", (roles.READ_LABELS,)),
    ("Erasure", "page-erasures", "/erasures /legal-holds", (roles.VIEW_ERASURES,)),
    ("Audit", "page-events", "/audit", (roles.VIEW_EVENTS,)),
    ("Administration", "page-people", "/administration", (roles.VIEW_PEOPLE, roles.VIEW_HEALTH)),
]
HELD_EVERYWHERE = {"Audit", "Administration"}
"""Their pages are about everything, so a role on one system opens none of them."""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: navigation, person, theme."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return {"version": VERSION, "theme": ""}
    return {
        "version": VERSION,
        "navigation": _navigation(request, person),
        "person": {
            "name": person.name,
            "email": person.email,
            "role_title": ", ".join(sorted(role.label for role in person.rights.roles)[:2]),
        },
        "theme": "" if person.theme == "system" else person.theme,
        "zone_name": timezone.get_current_timezone_name(),
        "search_url": address("page-search"),
        "search_text": request.GET.get("q", "") if request.path.startswith("/search") else "",
        "profile_url": address("page-profile"),
        "sign_out_url": address("account_logout"),
    }


def _navigation(request: HttpRequest, person: Person) -> list[dict[str, Any]]:
    places = [{"title": "Home", "url": "/", "current": request.path == "/"}]
    for title, name, prefixes, permissions in PLACES:
        url = address(name)
        allow = person.rights.allow if title in HELD_EVERYWHERE else person.rights.allow_somewhere
        if url and any(allow(permission) for permission in permissions):
            current = request.path.startswith(tuple(prefixes.split()))
            places.append({"title": title, "url": url, "current": current})
    return places


class PersonZone:
    """Shows times in the person's own zone."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if isinstance(person := getattr(request, "user", None), Person):
            try:
                timezone.activate(ZoneInfo(person.time_zone))
            except (ZoneInfoNotFoundError, ValueError):
                timezone.deactivate()
        else:
            timezone.deactivate()
        response: HttpResponseBase = self.get_response(request)
        return response


class PasswordFirst:
    """Whoever signed in with a password that somebody else has seen first chooses their own."""

    OPEN = ("page-password", "account_logout", "account_login")

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.get_response(request)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        person = request.user
        if not isinstance(person, Person) or not person.must_change_password:
            return None
        if request.resolver_match and request.resolver_match.url_name in self.OPEN:
            return None
        if "Authorization" in request.headers:
            return None  # a token speaks; the session's cookie is not what is asked
        if problems.is_for_programs(request):
            return problems.as_http(
                NotPermitted("Sign in on the page and choose a password of your own first.")
            )
        where = reverse("page-password")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": where})
        return HttpResponseRedirect(where)
