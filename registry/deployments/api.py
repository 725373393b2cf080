"""The ledger over REST: read, one call, answer."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.downloads import FORM, page_or_csv
from audit.refusals import BadInput, FieldError
from audit.rest import actor_of, boolean_of, query_parameters
from audit.trail.actors import Actor
from registry.catalog.models import Model
from registry.catalog.selectors import known_model, require_some_change, version_of
from registry.deployments import policies, reading, selectors, services
from registry.deployments.models import Deployment
from registry.systems.selectors import require, require_reading

FILTERS = ("environment", "model", "system", "at", "live")


class Deployments(APIView):
    """POST|GET /deployments?environment=&model=&system=&at=&live=&format="""

    def get(self, request: Request) -> HttpResponseBase:
        actor = actor_of(request)
        require_reading(actor)
        parameters = query_parameters(request, ("cursor", "limit", FORM, *FILTERS))
        rows = selectors.deployments_for(actor)
        for name, column in (
            ("environment", "environment"), ("model", "model__slug"), ("system", "model__system__slug"),
        ):  # fmt: skip
            if name in parameters:
                rows = rows.filter(**{column: parameters[name]})
        if (moment := reading.moment_of(parameters, "at")) is not None:
            rows = rows.filter(selectors.live_at(moment))
        if (live := boolean_of(parameters, "live")) is not None:
            rows = rows.filter(ended_at__isnull=live)
        return page_or_csv(
            rows, parameters, selectors.as_json, name="deployments", columns=selectors.COLUMNS, actor=actor
        )

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require_some_change(actor)
        given = reading.read_deployment(request.data)
        model = _model(actor, given)
        version = version_of(model, given["version"])
        row = services.deploy(
            version_id=version.pk, environment=given["environment"], actor=actor, now=timezone.now()
        )
        return _made(row)


class Rollback(APIView):
    """POST /deployments/rollback"""

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require_some_change(actor)
        given = reading.read_rollback(request.data)
        model = _model(actor, given)
        row = services.rollback(
            model_id=model.pk, environment=given["environment"], actor=actor, now=timezone.now()
        )
        return _made(row)


class OneDeployment(APIView):
    """GET /deployments/{id}"""

    def get(self, request: Request, deployment_id: UUID) -> Response:
        query_parameters(request, ())
        return Response(selectors.as_json(selectors.deployment_for(actor_of(request), deployment_id)))


def _model(actor: Actor, given: dict[str, str]) -> Model:
    """The model that a body names, for whoever may deploy it where the body says."""
    model = known_model(actor, given["model"])
    require(policies.why_not_deploy(actor, model, given["environment"]))
    if selectors.environment_named(given["environment"]) is None:
        detail = "There is no environment of this slug; GET /environments lists them."
        raise BadInput([FieldError("/environment", "UNKNOWN_ENVIRONMENT", detail)])
    return model


def _made(row: Deployment) -> Response:
    body: dict[str, Any] = selectors.as_json(row)
    where = reverse("deployments-deployment", args=[row.pk])
    return Response(body, status=201, headers={"Location": where})
