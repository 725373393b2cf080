"""The feed of labels over REST."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import rest, waiting
from audit.trail import feeds
from audit.trail.models import Feed
from registry.systems.body import Body
from reviews.labels import selectors, services

LONGEST_REASON = 2_000


class LabelFeed(APIView):
    """GET /labels?after=&model=&limit=&wait="""

    def get(self, request: Request) -> Response:
        parameters = rest.query_parameters(request, ["after", "model", "limit", "wait"])
        actor = rest.actor_of(request)
        after = feeds.position_of(Feed.LABELS, parameters.get("after"))
        limit, seconds = rest.limit_of(parameters), rest.wait_of(parameters)
        model = selectors.model_for(actor, parameters["model"]) if "model" in parameters else None

        labels, reached, waited = waiting.read_feed(
            Feed.LABELS,
            lambda position: selectors.feed_page(actor=actor, model=model, after=position, limit=limit),
            after=after,
            seconds=seconds,
        )

        headers = {"Retry-After": "1"} if waited is waiting.Waited.NO_PLACE else {}
        answer = {"results": labels, "cursor": feeds.cursor_of(Feed.LABELS, reached)}
        return Response(answer, headers=headers)


class WithdrawLabel(APIView):
    """POST /labels/{id}/withdraw {"reason"}"""

    def post(self, request: Request, label_id: UUID) -> Response:
        body = Body(request.data)
        reason = body.text("reason", required=True, longest=LONGEST_REASON)
        body.finish()

        tombstone = services.withdraw(
            label_id=label_id, reason=reason, actor=rest.actor_of(request), now=timezone.now()
        )

        answer: dict[str, Any] = {
            "id": tombstone.id,
            "prediction": tombstone.prediction_id,
            "supersedes": tombstone.supersedes,
            "withdrawn": True,
            "decided_at": tombstone.decided_at,
        }
        return Response(answer)
