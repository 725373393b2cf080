"""Around every request: its id, its line in the log, its place in the metrics, the limit on sign-ins."""

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.http.response import HttpResponseBase
from django.urls import reverse

from audit.ids import uuid7
from audit.refusals import TooManyRequests
from config import metrics, ratelimit
from config.api import LARGEST_BODY
from config.bodies import is_of_unknown_length, read_ahead, stream_of

log = structlog.get_logger("config.request")

ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

LARGEST_REST = 64 * 1024 * 1024
"""Bytes that are read of a body for nothing; whoever sends more loses the connection."""
CHUNK = 64 * 1024

Next = Callable[[HttpRequest], HttpResponseBase]


class RequestContext:
    """Gives the request an id (or keeps the caller's), logs and measures it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if ACCEPTABLE_ID.fullmatch(given) else uuid7().hex
        request.META["HTTP_X_REQUEST_ID"] = request_id  # pages of refusals show it
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        response["X-Request-ID"] = request_id
        # The route, never the path: a path may hold what somebody typed.
        match = request.resolver_match
        route = match.route if match else "(none)"
        metrics.observe_request(request.method or "", route, response.status_code, seconds)
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
        return response


class WholeBody:
    """Reads what a refusal left of its body.

    Else the connection breaks under the next request on it. Who asks before sending (`Expect`) sends nothing.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code >= 400 and request.method != "GET" and "Expect" not in request.headers:
            _read_to_the_end(request)
        return response


class KnownLength:
    """Gives a body that comes in chunks its length, but for views that read as it comes (`streams_body`)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        if is_of_unknown_length(request) and not getattr(getattr(view, "cls", None), "streams_body", False):
            read_ahead(request, LARGEST_BODY + 1)


class SignInLimit:
    """Slows down whoever tries many passwords, whatever the accounts; axes locks single ones."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.method != "POST" or request.path != reverse(settings.LOGIN_URL):
            return None
        try:
            ratelimit.take_sign_in(request)
        except TooManyRequests as refusal:
            return ratelimit.refused(request, refusal)
        return None


def _read_to_the_end(request: HttpRequest) -> None:
    stream = stream_of(request)
    left = LARGEST_REST
    with contextlib.suppress(OSError, RawPostDataException):
        while left > 0 and (chunk := stream.read(CHUNK)):
            left -= len(chunk)
