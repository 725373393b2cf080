"""Comparisons over REST."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.refusals import BadInput, FieldError
from audit.rest import actor_of
from registry.catalog.selectors import model_for
from registry.comparison import selectors


class Comparison(APIView):
    """GET /models/{slug}/compare?version=a&version=b"""

    def get(self, request: Request, slug: str) -> Response:
        actor = actor_of(request)
        model = model_for(actor, slug)
        if unknown := sorted(set(request.query_params) - {"version"}):
            raise BadInput(
                [
                    FieldError(f"/{name}", "UNKNOWN_PARAMETER", f"There is no parameter {name!r}.")
                    for name in unknown
                ]
            )
        versions = selectors.versions_named(model, request.query_params.getlist("version"))
        return Response(selectors.as_json(model, versions, actor))
