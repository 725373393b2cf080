"""Events over REST: the feed of all that happened."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import rest, waiting
from audit.trail import feeds, selectors
from audit.trail.models import Feed


class EventFeed(APIView):
    """GET /audit/events?after=&entity=type:id&actor=&kind=&limit=&wait="""

    def get(self, request: Request) -> Response:
        parameters = rest.query_parameters(request, ["after", "entity", "actor", "kind", "limit", "wait"])
        actor = rest.actor_of(request)
        selectors.require(actor)
        after = feeds.position_of(Feed.EVENTS, parameters.get("after"))
        limit, seconds = rest.limit_of(parameters), rest.wait_of(parameters)
        wanted = selectors.Filter(
            entity=selectors.entity_of(parameters["entity"]) if "entity" in parameters else None,
            actor=parameters.get("actor"),
            kind=parameters.get("kind"),
        )

        events, reached, waited = waiting.read_feed(
            Feed.EVENTS,
            lambda position: selectors.feed_page(wanted, actor=actor, after=position, limit=limit),
            after=after,
            seconds=seconds,
        )

        headers = {"Retry-After": "1"} if waited is waiting.Waited.NO_PLACE else {}
        answer = {"results": events, "cursor": feeds.cursor_of(Feed.EVENTS, reached)}
        return Response(answer, headers=headers)
