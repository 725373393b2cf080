"""The gate over REST: read, one call, answer."""

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.downloads import FORM, page_or_csv
from audit.log import keys as log_keys
from audit.rest import actor_of, query_parameters
from governance.access.errors import KeyEnded
from governance.access.remembering import RememberedKey, still_holds
from governance.gate import keys, policies, selectors, services
from governance.gate.reading import FILTERS, read_filter, read_question
from registry.systems.selectors import require


class Gate(APIView):
    """POST /gate: a denial is a 200, because the question was answered."""

    authentication_classes = [RememberedKey, SessionAuthentication]

    def post(self, request: Request) -> Response:
        query_parameters(request, ())
        require(policies.why_not_ask(actor_of(request)))
        question = read_question(request.data)
        return Response(services.answer(question=question, actor=actor_of(request), now=timezone.now()))

    def handle_exception(self, exc: Exception) -> Response:
        """A remembered key may have ended since; whoever is refused hears that first."""
        caller = getattr(self.request, "user", None)
        if not isinstance(exc, KeyEnded) and not still_holds(caller):
            exc = KeyEnded()
        return super().handle_exception(exc)


class GateAnswers(APIView):
    """GET /gate/answers?model=&version=&environment=&decision=&after=&before=&format="""

    def get(self, request: Request) -> HttpResponseBase:
        actor = actor_of(request)
        require(policies.why_not_ask(actor))
        parameters = query_parameters(request, ("cursor", "limit", FORM, *FILTERS))
        rows = selectors.answers_for(actor).filter(**read_filter(parameters))
        return page_or_csv(
            rows, parameters, selectors.as_json, name="gate-answers", columns=selectors.COLUMNS, actor=actor
        )


@require_safe
def published_keys(request: HttpRequest) -> JsonResponse:
    """GET /.well-known/countersign/keys.json: for anybody; who trusts it got it over a channel they trust."""
    listed = {"keys": [*keys.published()["keys"], *log_keys.published()]}
    response = JsonResponse(listed)
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response
