"""What every page shares: rendering a whole page or the fragment that htmx asked for."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render as render_template
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.cache import patch_vary_headers

View = Callable[..., HttpResponseBase]


def render(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page. Never cached by anybody: it shows what this person may see now."""
    response = render_template(request, template, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request"])
    response["Cache-Control"] = "no-store"
    return response


def link_to(name: str, *args: Any) -> str:
    """The address of a page for somebody who is not in the browser: a path where PUBLIC_URL is not set."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}"


def signed_in(view: View) -> View:
    """Lets people through and sends everybody else to the sign-in page, and back afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        where = f"{resolve_url(settings.LOGIN_URL)}?next={quote(request.get_full_path())}"
        if request.headers.get("HX-Request"):
            # A swapped-in sign-in form would lose what was typed; the page decides what to do.
            response = HttpResponse(status=401)
            response["HX-Redirect"] = where
            return response
        return HttpResponseRedirect(where)

    guarded.is_for_people = True  # type: ignore[attr-defined]
    return guarded
