"""Why can, or can't, I: over REST and as a page."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.pages import render, signed_in
from audit.refusals import BadInput, FieldError
from audit.rest import actor_of, query_parameters
from config.hall import why
from governance.access.roles import VIEW_PEOPLE


class Why(APIView):
    """GET /why?action=&on=&person="""

    def get(self, request: Request) -> Response:
        given = query_parameters(request, ("action", "on", "person"))
        if "action" not in given:
            known = ", ".join(why.ACTIONS)
            raise BadInput([FieldError("/action", "REQUIRED", f"Name an action: {known}.")])
        answer = why.why(actor=actor_of(request), now=timezone.now(), **given)
        return Response(why.as_json(answer))


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """The same, for people."""
    actor = actor_of(request)
    given = {name: request.GET.get(name, "").strip() for name in ("action", "on", "person")}
    context = {
        "given": given,
        "actions": [(name, action.title, action.type) for name, action in why.ACTIONS.items()],
        "types": why.TYPES,
        "may_ask_about_others": actor.has_perm(VIEW_PEOPLE),
        "answer": None,
    }
    if given["action"]:
        context["answer"] = why.why(actor=actor, now=timezone.now(), **given)
    return render(request, "config/why.html", context)
