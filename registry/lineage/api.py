"""Lineage over REST."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, query_parameters
from registry.lineage import selectors
from registry.systems.selectors import require_reading


class Lineage(APIView):
    """GET /lineage?version=<model>:<version>|dataset=|base_model=|prompt=|commit="""

    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, selectors.QUESTIONS)
        if "version" not in parameters:  # a version's own rights are asked where it is known
            require_reading(actor_of(request))
        return Response(selectors.as_json(selectors.lineage(actor_of(request), parameters)))
