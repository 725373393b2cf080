"""Routing policies over REST: read, one call, answer."""

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.refusals import FieldError, NotAvailableYet
from audit.rest import actor_of, keyset_page, query_parameters
from registry.catalog.models import Model
from registry.catalog.selectors import known_model, model_for
from registry.systems.body import Body
from registry.systems.selectors import require
from reviews.routing import policies, selectors, services


class Policies(APIView):
    """POST|GET /models/{slug}/policies"""

    def get(self, request: Request, slug: str) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        found = selectors.policies_of(model_for(actor_of(request), slug))
        return keyset_page(found, parameters, selectors.as_json)

    def post(self, request: Request, slug: str) -> Response:
        model = _model_to_write(request, slug)
        policy = services.draft(
            model_id=model.pk, actor=actor_of(request), body=request.data, now=timezone.now()
        )
        return Response(
            selectors.as_json(policy),
            status=201,
            headers={"Location": reverse("routing-policy", args=[slug, policy.number])},
        )


class Policy(APIView):
    """GET|PUT|DELETE /models/{slug}/policies/{n}"""

    def get(self, request: Request, slug: str, n: int) -> Response:
        query_parameters(request, ())
        return Response(selectors.as_json(selectors.policy_of(model_for(actor_of(request), slug), n)))

    def put(self, request: Request, slug: str, n: int) -> Response:
        model = _model_to_write(request, slug)
        policy = selectors.draft_of(model, n)
        body = services.normalised(model, request.data)
        if body != policy.body:  # else the same request again
            policy = services.change(
                policy_id=policy.pk, actor=actor_of(request), body=body, now=timezone.now()
            )
        return Response(selectors.as_json(policy))

    def delete(self, request: Request, slug: str, n: int) -> Response:
        policy = selectors.policy_of(_model_to_write(request, slug), n)
        services.discard(policy_id=policy.pk, actor=actor_of(request), now=timezone.now())
        return Response(status=204)


class Publish(APIView):
    """POST /models/{slug}/policies/{n}/publish"""

    def post(self, request: Request, slug: str, n: int) -> Response:
        model = known_model(actor_of(request), slug)
        require(policies.why_not_publish_here(actor_of(request), model))
        policy = selectors.policy_of(model, n)
        Body(request.data).finish()
        policy = services.publish(policy_id=policy.pk, actor=actor_of(request), now=timezone.now())
        return Response(selectors.as_json(policy))


class Replay(APIView):
    """POST /models/{slug}/policies/{n}/replay"""

    def post(self, request: Request, slug: str, n: int) -> Response:
        selectors.policy_of(_model_to_write(request, slug), n)
        detail = "This release cannot replay a policy on past predictions yet."
        raise NotAvailableYet([FieldError("", "NOT_AVAILABLE_YET", detail)])


def _model_to_write(request: Request, slug: str) -> Model:
    model = known_model(actor_of(request), slug)
    require(policies.why_not_draft(actor_of(request), model))
    return model
