"""AI systems over REST: read, one call, answer."""

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, keyset_page, query_parameters
from registry.systems import policies, reading, selectors, services


class Systems(APIView):
    """POST|GET /systems"""

    def get(self, request: Request) -> Response:
        selectors.require_reading(actor_of(request))
        parameters = query_parameters(request, ("cursor", "limit"))
        return keyset_page(selectors.systems_for(actor_of(request)), parameters, selectors.as_json)

    def post(self, request: Request) -> Response:
        selectors.require(policies.why_not_register(actor_of(request)))
        system = services.register(
            actor=actor_of(request), **reading.read_new_system(request.data), now=timezone.now()
        )
        return Response(
            selectors.as_json(system),
            status=201,
            headers={"Location": reverse("systems-system", args=[system.slug])},
        )


class System(APIView):
    """GET|PATCH /systems/{slug}"""

    def get(self, request: Request, slug: str) -> Response:
        query_parameters(request, ())
        return Response(selectors.as_json(selectors.system_for(actor_of(request), slug)))

    def patch(self, request: Request, slug: str) -> Response:
        system = selectors.known_system(actor_of(request), slug)
        selectors.require(policies.why_not_change(actor_of(request), system))
        changes = selectors.differing(system, reading.read_changes(request.data))
        if changes:
            services.change(system_id=system.pk, actor=actor_of(request), changes=changes, now=timezone.now())
        return Response(selectors.as_json(selectors.known_system(actor_of(request), slug)))
