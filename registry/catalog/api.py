"""Models, versions and environments over REST: read, one call, answer."""

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, keyset_page, query_parameters
from registry.catalog import reading, selectors, services
from registry.systems.policies import why_not_change
from registry.systems.selectors import known_system, require, require_reading


class Models(APIView):
    """POST|GET /models"""

    def get(self, request: Request) -> Response:
        require_reading(actor_of(request))
        parameters = query_parameters(request, ("cursor", "limit", "system"))
        models = selectors.models_for(actor_of(request))
        if "system" in parameters:
            models = models.filter(system__slug=parameters["system"])
        return keyset_page(models, parameters, selectors.model_as_json)

    def post(self, request: Request) -> Response:
        selectors.require_some_change(actor_of(request))
        given = reading.read_new_model(request.data)
        system = known_system(actor_of(request), given.pop("system"))
        model = services.register_model(
            actor=actor_of(request), system_id=system.pk, **given, now=timezone.now()
        )
        return Response(
            selectors.model_as_json(model),
            status=201,
            headers={"Location": reverse("catalog-model", args=[model.slug])},
        )


class OneModel(APIView):
    """GET|PATCH /models/{slug}"""

    def get(self, request: Request, slug: str) -> Response:
        query_parameters(request, ())
        return Response(selectors.model_as_json(selectors.model_for(actor_of(request), slug)))

    def patch(self, request: Request, slug: str) -> Response:
        model = selectors.known_model(actor_of(request), slug)
        require(why_not_change(actor_of(request), model))
        changes = selectors.differing(model, reading.read_model_changes(request.data))
        if changes:
            model = services.change_model(
                model_id=model.pk, actor=actor_of(request), changes=changes, now=timezone.now()
            )
        return Response(selectors.model_as_json(model))


class Versions(APIView):
    """POST|GET /models/{slug}/versions"""

    def get(self, request: Request, slug: str) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        versions = selectors.versions_of(selectors.model_for(actor_of(request), slug))
        return keyset_page(versions, parameters, selectors.version_as_json)

    def post(self, request: Request, slug: str) -> Response:
        model = selectors.known_model(actor_of(request), slug)
        require(why_not_change(actor_of(request), model))
        version = services.register_version(
            model_id=model.pk,
            actor=actor_of(request),
            version=reading.read_version(request.data),
            now=timezone.now(),
        )
        return Response(
            selectors.version_as_json(version),
            status=201,
            headers={"Location": reverse("catalog-version", args=[slug, version.version])},
        )


class OneVersion(APIView):
    """GET /models/{slug}/versions/{version}"""

    def get(self, request: Request, slug: str, version: str) -> Response:
        query_parameters(request, ())
        model = selectors.model_for(actor_of(request), slug)
        return Response(selectors.version_as_json(selectors.version_of(model, version)))


class Environments(APIView):
    """GET /environments"""

    def get(self, request: Request) -> Response:
        query_parameters(request, ("limit", "cursor"))
        results = [
            selectors.environment_as_json(each) for each in selectors.environments_for(actor_of(request))
        ]
        return Response({"results": results, "next": None})
