"""Waivers over REST: read, one call, answer."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.downloads import FORM, page_or_csv
from audit.rest import actor_of, query_parameters
from governance.evidence.reading import read_time
from governance.waivers import policies, selectors, services
from governance.waivers.models import REQUIREMENT, REQUIREMENT_WORDS
from governance.waivers.selectors import require_some_proposing
from registry.catalog.selectors import known_model, version_of
from registry.systems.body import Body
from registry.systems.selectors import require, require_reading

WORDS = f"requirement is {REQUIREMENT_WORDS}"


class Waivers(APIView):
    """POST|GET /waivers"""

    def get(self, request: Request) -> HttpResponseBase:
        actor = actor_of(request)
        parameters = query_parameters(request, ("cursor", "limit", FORM, "model", "version", "state"))
        require_reading(actor)
        columns = {"model": "version__model__slug", "version": "version__version", "state": "state"}
        named = {columns[name]: text for name, text in parameters.items() if name in columns}
        rows = selectors.waivers_for(actor).filter(**named)
        return page_or_csv(
            rows, parameters, selectors.as_json, name="waivers", columns=selectors.COLUMNS, actor=actor
        )

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require_some_proposing(actor)
        said = _read(request.data)
        model = known_model(actor, said.pop("model"))
        require(policies.why_not_propose(actor, model))
        version = version_of(model, said.pop("version"))
        waiver = services.propose(version_id=version.pk, **said, actor=actor, now=timezone.now())
        headers = {"Location": reverse("waivers-waiver", args=[waiver.pk])}
        return Response(selectors.as_json(waiver), status=201, headers=headers)


class OneWaiver(APIView):
    """GET /waivers/{id}"""

    def get(self, request: Request, waiver_id: UUID) -> Response:
        query_parameters(request, ())
        return Response(selectors.as_json(selectors.one(actor_of(request), waiver_id)))


class ApproveWaiver(APIView):
    """POST /waivers/{id}/approve"""

    def post(self, request: Request, waiver_id: UUID) -> Response:
        actor = actor_of(request)
        found = selectors.one(actor, waiver_id)
        require(policies.why_not_decide_any(actor, found))
        Body(request.data).finish()
        return Response(
            selectors.as_json(services.approve(waiver_id=found.pk, actor=actor, now=timezone.now()))
        )


class RefuseWaiver(APIView):
    """POST /waivers/{id}/refuse"""

    def post(self, request: Request, waiver_id: UUID) -> Response:
        actor = actor_of(request)
        found = selectors.one(actor, waiver_id)
        require(policies.why_not_decide_any(actor, found))
        Body(request.data).finish()
        return Response(
            selectors.as_json(services.refuse(waiver_id=found.pk, actor=actor, now=timezone.now()))
        )


class EndWaiver(APIView):
    """POST /waivers/{id}/end"""

    def post(self, request: Request, waiver_id: UUID) -> Response:
        actor = actor_of(request)
        found = selectors.one(actor, waiver_id)
        require(policies.why_not_end(actor, found))
        Body(request.data).finish()
        return Response(selectors.as_json(services.end(waiver_id=found.pk, actor=actor, now=timezone.now())))


def _read(value: object) -> dict[str, Any]:
    body = Body(value)
    found = {
        "model": body.text("model", required=True, longest=100),
        "version": body.text("version", required=True, longest=100),
        "environment": body.text("environment", required=True, longest=64),
        "requirement": body.text(
            "requirement",
            required=True,
            pattern=REQUIREMENT,
            looks_like=WORDS,
        ),
        "reason": body.text("reason", required=True, longest=5_000),
        "until": read_time(body, "until", required=True),
    }
    body.finish()
    return found
