"""Legal holds over REST: read, one call, answer."""

from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, boolean_of, keyset_page, query_parameters
from registry.systems.selectors import require
from reviews.holds import policies, selectors, services
from reviews.holds.models import Hold
from reviews.holds.reading import read_hold, read_lifting


class Holds(APIView):
    """POST|GET /legal-holds?live="""

    def get(self, request: Request) -> Response:
        rows = selectors.holds_for(actor_of(request))
        parameters = query_parameters(request, ("cursor", "limit", "live"))
        if (live := boolean_of(parameters, "live")) is not None:
            rows = rows.filter(lifted_at__isnull=live)
        return keyset_page(rows, parameters, selectors.as_json)

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require(policies.why_not_hold_anything(actor))
        about, reason = read_hold(request.data)
        hold = services.place(about=about, reason=reason, actor=actor, now=timezone.now())
        where = reverse("holds-hold", args=[hold.pk])
        return Response(_whole(hold), status=201, headers={"Location": where})


class OneHold(APIView):
    """GET /legal-holds/{id}"""

    def get(self, request: Request, hold_id: UUID) -> Response:
        query_parameters(request, ())
        return Response(_whole(selectors.hold_for(actor_of(request), hold_id)))


class Lift(APIView):
    """POST /legal-holds/{id}/lift {"reason"}"""

    def post(self, request: Request, hold_id: UUID) -> Response:
        actor = actor_of(request)
        found = selectors.hold_for(actor, hold_id)
        require(policies.why_not_hold(actor, found if found.system_id else None))
        reason = read_lifting(request.data)
        return Response(
            _whole(services.lift(hold_id=found.pk, reason=reason, actor=actor, now=timezone.now()))
        )


def _whole(hold: Hold) -> dict[str, object]:
    return selectors.as_json(hold, subject=selectors.subjects_of("hold", [hold.pk]).get(hold.pk))
