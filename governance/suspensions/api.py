"""Suspensions over REST: read, one call, answer."""

from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.downloads import FORM, page_or_csv
from audit.rest import actor_of, boolean_of, query_parameters
from governance.suspensions import policies, selectors, services
from governance.suspensions.reading import read_lifting, read_suspension
from registry.systems.selectors import require, require_reading


class Suspensions(APIView):
    """POST|GET /suspensions?system=&model=&version=&live=&format="""

    def get(self, request: Request) -> HttpResponseBase:
        actor = actor_of(request)
        require_reading(actor)
        parameters = query_parameters(
            request, ("cursor", "limit", FORM, "system", "model", "version", "live")
        )
        rows = selectors.suspensions_for(actor)
        for name, column in (("system", "slug"), ("model", "slug"), ("version", "version")):
            if name in parameters:
                rows = rows.filter(**{f"{name}__{column}": parameters[name]})
        if (live := boolean_of(parameters, "live")) is not None:
            rows = rows.filter(lifted_at__isnull=live)
        return page_or_csv(
            rows, parameters, selectors.as_json, name="suspensions", columns=selectors.COLUMNS, actor=actor
        )

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require(policies.why_not_suspend_anything(actor))
        target, reason = read_suspension(request.data)
        system, model, version = selectors.target_of(actor, target)
        row = services.suspend(
            system_id=system.pk,
            model_id=model.pk if model else None,
            version_id=version.pk if version else None,
            actor=actor,
            reason=reason,
            now=timezone.now(),
        )
        where = reverse("suspensions-suspension", args=[row.pk])
        return Response(selectors.as_json(row), status=201, headers={"Location": where})


class OneSuspension(APIView):
    """GET /suspensions/{id}"""

    def get(self, request: Request, suspension_id: UUID) -> Response:
        query_parameters(request, ())
        return Response(selectors.as_json(selectors.suspension_for(actor_of(request), suspension_id)))


class Lift(APIView):
    """POST /suspensions/{id}/lift {"reason"}"""

    def post(self, request: Request, suspension_id: UUID) -> Response:
        actor, now = actor_of(request), timezone.now()
        found = selectors.known_suspension(actor, suspension_id)
        require(selectors.why_not_lift(actor, found, now=now))
        reason = read_lifting(request.data)
        row = services.lift(suspension_id=found.pk, actor=actor, reason=reason, now=now)
        return Response(selectors.as_json(row))
