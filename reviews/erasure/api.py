"""Erasures over REST: read, one call, answer."""

from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.refusals import BadInput, FieldError
from audit.rest import actor_of, keyset_page, query_parameters
from registry.systems.selectors import require
from reviews.erasure import policies, selectors, services
from reviews.erasure.reading import read_erasure, read_preview
from reviews.erasure.states import ErasureState, Ground


class Erasures(APIView):
    """POST|GET /erasures?state="""

    def get(self, request: Request) -> Response:
        rows = selectors.erasures_for(actor_of(request))
        parameters = query_parameters(request, ("cursor", "limit", "state", "ground"))
        for name, known in (("state", ErasureState.values), ("ground", Ground.values)):
            if name not in parameters:
                continue
            if parameters[name] not in known:
                detail = f"{name} is one of {', '.join(known)}."
                raise BadInput([FieldError(f"/{name}", "BAD_VALUE", detail)])
            rows = rows.filter(**{name: parameters[name]})
        return keyset_page(rows, parameters, selectors.as_json)

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require(policies.why_not_erase_anything(actor))
        about, reason = read_erasure(request.data)
        erasure = services.ask(about=about, reason=reason, actor=actor, now=timezone.now())
        where = reverse("erasure-erasure", args=[erasure.pk])
        return Response(selectors.whole_json(erasure), status=202, headers={"Location": where})


class Preview(APIView):
    """POST /erasures/preview"""

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require(policies.why_not_erase_anything(actor))
        about = read_preview(request.data)
        return Response(services.preview(about=about, actor=actor, now=timezone.now()))


class OneErasure(APIView):
    """GET /erasures/{id}"""

    def get(self, request: Request, erasure_id: UUID) -> Response:
        query_parameters(request, ())
        return Response(selectors.whole_json(selectors.erasure_for(actor_of(request), erasure_id)))
