"""Retention over REST."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, query_parameters
from registry.systems.body import Body
from registry.systems.selectors import known_system, require, system_for
from reviews.retention import policies, selectors, services


class Retention(APIView):
    """GET|PUT /systems/{slug}/retention"""

    def get(self, request: Request, slug: str) -> Response:
        query_parameters(request, ())
        system = system_for(actor_of(request), slug)
        return Response(selectors.as_json(system, selectors.rule_of(system)))

    def put(self, request: Request, slug: str) -> Response:
        actor = actor_of(request)
        system = known_system(actor, slug)
        require(policies.why_not_set(actor, system))
        body = Body(request.data)
        if not body.has("days"):
            body.refuse("days", "REQUIRED", "days is needed; null keeps everything.")
        days = body.whole_number("days", least=1, most=services.LONGEST_DAYS) if body.given("days") else None
        body.finish()
        rule = services.set_days(system_id=system.pk, days=days, actor=actor, now=timezone.now())
        return Response(selectors.as_json(system, rule))
