"""Aliases and their protections over REST: read, one call, answer."""

from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, boolean_of, keyset_page, query_parameters
from registry.aliases import policies, reading, selectors, services
from registry.catalog.selectors import environments_for, known_model, model_for, version_of
from registry.systems.selectors import require


class Aliases(APIView):
    """GET /models/{slug}/aliases"""

    def get(self, request: Request, slug: str) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        model = model_for(actor_of(request), slug)
        return keyset_page(selectors.aliases_of(model), parameters, selectors.alias_as_json)


class OneAlias(APIView):
    """GET|PUT|DELETE /models/{slug}/aliases/{alias}"""

    def get(self, request: Request, slug: str, alias: str) -> Response:
        query_parameters(request, ())
        found = selectors.alias_of(model_for(actor_of(request), slug), alias)
        protections = selectors.protections_of(found.model, found.name)
        return Response(
            selectors.alias_as_json(found)
            | {
                "protections": [selectors.protection_as_json(each) for each in protections],
                "history": selectors.histories_of([found], most=selectors.LONGEST_HISTORY)[found.pk],
            }
        )

    def put(self, request: Request, slug: str, alias: str) -> Response:
        actor = actor_of(request)
        model = known_model(actor, slug)
        require(policies.why_not_move(actor, model, selectors.protections_of(model, alias)))
        version = version_of(model, reading.read_move(request.data, alias=alias))
        standing = selectors.aliases_of(model).filter(name=alias, version=version).first()
        moved = standing or services.move(version_id=version.pk, name=alias, actor=actor, now=timezone.now())
        return Response(selectors.alias_as_json(moved))

    def delete(self, request: Request, slug: str, alias: str) -> Response:
        actor = actor_of(request)
        model = known_model(actor, slug)
        require(policies.why_not_move(actor, model, selectors.protections_of(model, alias)))
        services.remove(model_id=model.pk, name=alias.replace("\x00", ""), actor=actor, now=timezone.now())
        return Response(status=204)


class Protections(APIView):
    """POST|GET /alias-protections?in_force="""

    def get(self, request: Request) -> Response:
        environments_for(actor_of(request))  # refuses whoever may read nothing of the registry
        parameters = query_parameters(request, ("cursor", "limit", "in_force"))
        found = selectors.protections()
        if (in_force := boolean_of(parameters, "in_force")) is not None:
            found = found.filter(ended_at__isnull=in_force)
        return keyset_page(found, parameters, selectors.protection_as_json)

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        require(policies.why_not_protect(actor))
        made = services.protect(**reading.read_protection(request.data), actor=actor, now=timezone.now())
        where = reverse("aliases-protection", args=[made.pk])
        return Response(selectors.protection_as_json(made), status=201, headers={"Location": where})


class OneProtection(APIView):
    """GET|DELETE /alias-protections/{id}"""

    def get(self, request: Request, protection_id: UUID) -> Response:
        require(policies.why_not_protect(actor_of(request)))  # the list is for every reader
        query_parameters(request, ())
        return Response(selectors.protection_as_json(selectors.protection_of(protection_id)))

    def delete(self, request: Request, protection_id: UUID) -> Response:
        actor = actor_of(request)
        require(policies.why_not_protect(actor))
        found = selectors.protection_of(protection_id)
        services.end_protection(protection_id=found.pk, actor=actor, now=timezone.now())
        return Response(status=204)
