"""Models, versions and environments over REST: read, one call, answer."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, keyset_page, limit_of, query_parameters
from registry.catalog import cards, environments, reading, selectors, services
from registry.systems.policies import why_not_change, why_not_change_environments
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


class Cards(APIView):
    """POST|GET /models/{slug}/versions/{version}/card"""

    def get(self, request: Request, slug: str, version: str) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        limit, below = limit_of(parameters), reading.card_cursor(parameters.get("cursor"))
        model = selectors.model_for(actor_of(request), slug)
        found = cards.cards_of(selectors.version_of(model, version), most=limit + 1, below=below)
        following = str(found[limit - 1].number) if len(found) > limit else None
        return Response({"results": [cards.as_json(card) for card in found[:limit]], "next": following})

    def post(self, request: Request, slug: str, version: str) -> Response:
        model = selectors.known_model(actor_of(request), slug)
        require(why_not_change(actor_of(request), model))
        card = cards.revise(
            version_id=selectors.version_of(model, version).pk,
            actor=actor_of(request),
            card=reading.read_card(request.data),
            now=timezone.now(),
        )
        where = reverse("catalog-card", args=[slug, version, card.number])
        return Response(cards.as_json(card), status=201, headers={"Location": where})


class OneCard(APIView):
    """GET /models/{slug}/versions/{version}/card/{number}"""

    def get(self, request: Request, slug: str, version: str, number: int) -> Response:
        query_parameters(request, ())
        model = selectors.model_for(actor_of(request), slug)
        return Response(cards.as_json(cards.card_of(selectors.version_of(model, version), number)))


class Environments(APIView):
    """POST|GET|PATCH /environments; PATCH names the environment by `slug` in its body."""

    def get(self, request: Request) -> Response:
        query_parameters(request, ("limit", "cursor"))
        results = [
            selectors.environment_as_json(each) for each in selectors.environments_for(actor_of(request))
        ]
        return Response({"results": results, "next": None})

    def post(self, request: Request) -> Response:
        require(why_not_change_environments(actor_of(request)))
        made = environments.create(
            actor=actor_of(request), **reading.read_new_environment(request.data), now=timezone.now()
        )
        where = reverse("catalog-environment", args=[made.slug])
        return Response(selectors.environment_as_json(made), status=201, headers={"Location": where})

    def patch(self, request: Request) -> Response:
        require(why_not_change_environments(actor_of(request)))
        return _changed(request, *reading.read_environment_changes(request.data))


class OneEnvironment(APIView):
    """GET|PATCH /environments/{slug}"""

    def get(self, request: Request, slug: str) -> Response:
        query_parameters(request, ())
        return Response(selectors.environment_as_json(selectors.environment_of(actor_of(request), slug)))

    def patch(self, request: Request, slug: str) -> Response:
        require(why_not_change_environments(actor_of(request)))
        return _changed(request, *reading.read_environment_changes(request.data, slug=slug))


def _changed(request: Request, slug: str, changes: dict[str, Any]) -> Response:
    environment = selectors.environment_of(actor_of(request), slug)
    if different := environments.differing(environment, changes):
        environment = environments.change(
            slug=environment.slug, actor=actor_of(request), changes=different, now=timezone.now()
        )
    return Response(selectors.environment_as_json(environment))
