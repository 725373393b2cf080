"""Predictions in, outcomes out, over REST."""

import hashlib
import re
from typing import Any, Final
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import rest, waiting
from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import feeds
from audit.trail.models import Feed
from registry.systems.body import Body
from reviews.intake import feed, openings, selectors, services
from reviews.intake.arrival import CANNOT_POST
from reviews.intake.bodies import media_type_of, read_body
from reviews.intake.callers import RememberedKey, posts_anything, still_holds
from reviews.intake.errors import KeyEnded, TooMuch
from reviews.intake.models import Prediction, Status
from reviews.intake.services import LARGEST_PREDICTION, Line

LARGEST_BATCH: Final = 32 * 1024 * 1024
MOST_LINES: Final = 10_000
LONGEST_REASON: Final = 2_000
NDJSON: Final = "application/x-ndjson"
WHO: Final = ("customer", "staff", "monitor")
_SOMETHING: Final = re.compile(rb"\S")


class Predictions(APIView):
    """POST /predictions (one, or NDJSON), GET /predictions?model=&external_id=&wait="""

    authentication_classes = [RememberedKey, SessionAuthentication]
    streams_body = True

    def post(self, request: Request) -> HttpResponse:
        if not posts_anything(request.user):
            raise NotPermitted(CANNOT_POST)
        raw_request: HttpRequest = request._request
        kind = media_type_of(raw_request)
        if kind == "application/json":
            return self._post_one(raw_request, request.user)
        if kind == NDJSON:
            return self._post_many(raw_request, request.user)
        raise UnsupportedMediaType(kind, f"Send application/json or {NDJSON}.")

    def get(self, request: Request) -> HttpResponse:
        parameters = rest.query_parameters(request, ["model", "external_id", "wait"])
        missing = [name for name in ("model", "external_id") if not parameters.get(name)]
        if missing:
            raise BadInput([FieldError(f"/{name}", "REQUIRED", f"Give {name}.") for name in missing])
        prediction_id = selectors.prediction_id_of(parameters["model"], parameters["external_id"])
        return shown(request, prediction_id, seconds=rest.wait_of(parameters))

    def handle_exception(self, exc: Exception) -> Response:
        """A remembered key may have ended since; whoever is refused hears that first."""
        caller = getattr(self.request, "user", None)
        if not isinstance(exc, KeyEnded) and self.request.method == "POST" and not still_holds(caller):
            exc = KeyEnded()
        return super().handle_exception(exc)

    def _post_one(self, request: HttpRequest, caller: Any) -> HttpResponse:
        raw = read_body(request, largest=LARGEST_PREDICTION)
        created, answer = services.post(raw=raw, caller=caller, now=timezone.now())
        response = json_response(answer, status=201 if created else 200)
        if created:
            response["Location"] = f"{request.path}/{answer['id']}"
        return response

    def _post_many(self, request: HttpRequest, caller: Any) -> HttpResponse:
        lines = lines_of(read_body(request, largest=LARGEST_BATCH))
        kept = services.post_many(lines=lines, caller=caller, now=timezone.now())
        body = b"".join(self._line(each) for each in kept)
        return HttpResponse(body, content_type=NDJSON)

    def _line(self, line: Line) -> bytes:
        if line.kept is not None:
            answer: dict[str, Any] = {"line": line.number} | line.kept.line()
        else:
            problem = self.get_exception_handler()(line.refusal, self.get_exception_handler_context())
            answer = {"line": line.number, "error": problem.data if problem else None}
        return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)


class OnePrediction(APIView):
    """GET /predictions/{id}?wait="""

    authentication_classes = [RememberedKey, SessionAuthentication]

    def get(self, request: Request, prediction_id: UUID) -> HttpResponse:
        parameters = rest.query_parameters(request, ["wait"])
        return shown(request, prediction_id, seconds=rest.wait_of(parameters))


class FlagPrediction(APIView):
    """POST /predictions/{id}/flag {"reason", "by"?}"""

    def post(self, request: Request, prediction_id: UUID) -> HttpResponse:
        selectors.prediction_for(rest.actor_of(request), prediction_id)
        body = Body(request.data)
        reason = body.text("reason", required=True, longest=LONGEST_REASON)
        by = body.text("by", otherwise="staff")
        if by not in WHO:
            body.refuse("by", "NOT_A_CHOICE", f"by is one of {', '.join(WHO)}.")
        body.finish()

        services.flag(
            prediction_id=prediction_id,
            reason=reason,
            by=by,
            actor=rest.actor_of(request),
            now=timezone.now(),
        )

        return shown(request, prediction_id)


class CancelPrediction(APIView):
    """POST /predictions/{id}/cancel {"reason"}"""

    def post(self, request: Request, prediction_id: UUID) -> HttpResponse:
        selectors.prediction_for(rest.actor_of(request), prediction_id)
        body = Body(request.data)
        reason = body.text("reason", required=True, longest=LONGEST_REASON)
        body.finish()

        services.cancel(
            prediction_id=prediction_id, reason=reason, actor=rest.actor_of(request), now=timezone.now()
        )

        return shown(request, prediction_id)


class Outcomes(APIView):
    """GET /outcomes?after=&model=&include=model&limit=&wait="""

    authentication_classes = [RememberedKey, SessionAuthentication]

    def get(self, request: Request) -> HttpResponse:
        parameters = rest.query_parameters(request, ["after", "model", "include", "limit", "wait"])
        actor = rest.actor_of(request)
        feed.require_some(actor)
        if parameters.get("include", "model") != "model":
            raise BadInput([FieldError("/include", "BAD_VALUE", "include is model, or absent.")])
        which = Feed.ALL_OUTCOMES if "include" in parameters else Feed.OUTCOMES
        after = feeds.position_of(which, parameters.get("after"))
        limit, seconds = rest.limit_of(parameters), rest.wait_of(parameters)
        model = feed.model_for(actor, parameters["model"]) if "model" in parameters else None

        outcomes, reached, waited = waiting.read_feed(
            which,
            lambda position: feed.page(which, actor=actor, model=model, after=position, limit=limit),
            after=after,
            seconds=seconds,
        )

        response = json_response({"results": outcomes, "cursor": feeds.cursor_of(which, reached)})
        return or_sooner(response, waited)


def shown(request: Request, prediction_id: UUID, *, seconds: float = 0.0) -> HttpResponse:
    """The prediction as the caller may see it, once it is no longer pending or `seconds` are over."""
    actor = rest.actor_of(request)
    standing = selectors.prediction_for(actor, prediction_id)
    waited = waiting.Waited.ANSWERED
    if seconds and standing.status == Status.PENDING:
        waited = waiting.room.wait(no_longer_pending, prediction_id, seconds=seconds)
        standing = selectors.prediction_for(actor, prediction_id)
    answer = selectors.as_json(standing, actor)
    response = json_response(answer)
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if request.method == "GET" and _matches(request.headers.get("If-None-Match", ""), etag):
        response = HttpResponse(status=304)
    elif "input" in answer:
        openings.open_payload(standing=standing, actor=actor, via="api", now=timezone.now())
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return or_sooner(response, waited)


def no_longer_pending(ids: Any) -> list[UUID]:
    """Which of these predictions have been concluded: one question for everybody who waits."""
    return list(
        Prediction.objects.filter(pk__in=ids).exclude(status=Status.PENDING).values_list("id", flat=True)
    )


def or_sooner(response: HttpResponse, waited: waiting.Waited) -> HttpResponse:
    """Says when to ask again, if there was no place to wait."""
    if waited is waiting.Waited.NO_PLACE:
        response["Retry-After"] = "1"
    return response


def lines_of(raw: bytes) -> list[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 0.

    Raises:
        TooMuch: more than 10,000.
    """
    lines: list[tuple[int, bytes]] = []
    number = behind = 0
    # By searches, never by splitting: 32 MiB of line ends would become as many objects.
    while found := _SOMETHING.search(raw, behind):
        begin = raw.rfind(b"\n", behind, found.start()) + 1
        end = raw.find(b"\n", found.start())
        end = len(raw) if end < 0 else end
        number += raw.count(b"\n", behind, begin)
        lines.append((number, raw[begin:end]))
        if len(lines) > MOST_LINES:
            detail = f"At most {MOST_LINES} lines are taken at once."
            raise TooMuch([FieldError("", "TOO_MANY_LINES", detail)])
        behind = end
    return lines


def json_response(answer: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Rendered here: DRF's negotiation has nothing to decide, and costs a third of a post."""
    return HttpResponse(
        orjson.dumps(answer, option=orjson.OPT_UTC_Z), status=status, content_type="application/json"
    )


def _matches(given: str, etag: str) -> bool:
    return given.strip() == "*" or etag in {each.strip().removeprefix("W/") for each in given.split(",")}
