"""Delegations over REST: read, one call, answer."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from audit.rest import actor_of, keyset_page, query_parameters
from governance.access.models import Person
from governance.access.roles import Role
from governance.delegations import policies, selectors, services
from governance.evidence.reading import read_time
from registry.systems.body import Body
from registry.systems.selectors import known_system, person_with


class Delegations(APIView):
    """POST|GET /delegations"""

    def get(self, request: Request) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        actor, now = _person(request), timezone.now()
        found = selectors.delegations_for(actor, everybody=policies.sees_all(actor))
        return keyset_page(found, parameters, lambda each: selectors.as_json(each, now=now))

    def post(self, request: Request) -> Response:
        actor, now = _person(request), timezone.now()
        said = _read(request.data, now)
        to, slug = person_with(said.pop("to")), said.pop("system")
        if to is None:
            detail = "Nobody with an active account here has this address."
            raise BadInput([FieldError("/to", "UNKNOWN_PERSON", detail)])
        system = known_system(actor, slug) if slug else None
        made = services.give(actor=actor, to=to, system=system, **said, now=now)
        headers = {"Location": reverse("delegations-delegation", args=[made.pk])}
        return Response(selectors.as_json(made, now=now), status=201, headers=headers)


class OneDelegation(APIView):
    """GET /delegations/{id}"""

    def get(self, request: Request, delegation_id: UUID) -> Response:
        query_parameters(request, ())
        return Response(selectors.as_json(_one(request, delegation_id), now=timezone.now()))


class EndDelegation(APIView):
    """POST /delegations/{id}/end"""

    def post(self, request: Request, delegation_id: UUID) -> Response:
        found, now = _one(request, delegation_id), timezone.now()
        Body(request.data).finish()
        ended = services.end(delegation_id=found.pk, actor=actor_of(request), now=now)
        return Response(selectors.as_json(ended, now=now))


def _one(request: Request, delegation_id: UUID) -> Any:
    actor = _person(request)
    seen = selectors.delegations_for(actor, everybody=policies.sees_all(actor))
    found = seen.filter(pk=delegation_id).first()
    if found is None:
        raise NotFound(selectors.NO_SUCH)
    return found


def _person(request: Request) -> Person:
    """Delegations are between people."""
    if not isinstance(request.user, Person):
        raise NotPermitted("Only a person lends or borrows a signature.")
    return request.user


def _read(value: object, now: Any) -> dict[str, Any]:
    body = Body(value)
    role = body.text("role", required=True)
    if role and role not in Role.values:
        body.refuse("role", "BAD_VALUE", f"role is one of {', '.join(Role.values)}.")
    found = {
        "to": body.text("to", required=True, longest=254),
        "role": role,
        "system": body.text("system", longest=100),
        "begins_at": read_time(body, "begins_at") or now,
        "ends_at": read_time(body, "ends_at", required=True),
        "reason": body.text("reason", required=True, longest=5_000),
    }
    body.finish()
    return found
