"""Risk packs, classification, assessments and overrides over REST: read, one call, answer."""

from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.rest import actor_of, keyset_page, query_parameters
from governance.risk import overriding, policies, reading, selectors, services
from governance.risk.engine import classify
from governance.risk.models import Assessment
from registry.systems.models import AISystem
from registry.systems.selectors import known_system, require


class Packs(APIView):
    """GET /risk/packs"""

    def get(self, request: Request) -> Response:
        query_parameters(request, ())
        found = [selectors.pack_as_line(pack) for pack in selectors.packs()]
        return Response({"results": found, "next": None})


class OnePack(APIView):
    """GET /risk/packs/{pack}[/{version}]"""

    def get(self, request: Request, pack: str, version: str | None = None) -> Response:
        query_parameters(request, ())
        return Response(selectors.pack_as_json(selectors.known_pack(pack, version)))


class Classify(APIView):
    """POST /risk/classify"""

    def post(self, request: Request) -> Response:
        said = reading.read_classify(request.data, today=timezone.now().date())
        found = classify(said["pack"], said["answers"], on=said["on"])
        pack = {"pack": said["pack"].name, "pack_version": said["pack"].version}
        return Response({**found.as_json(), **pack, "pack_digest": said["pack"].digest, "on": said["on"]})


class Assessments(APIView):
    """POST|GET /systems/{slug}/assessments"""

    def get(self, request: Request, slug: str) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        found = selectors.assessments_of(_readable(request, slug))
        return keyset_page(found, parameters, selectors.as_json)

    def post(self, request: Request, slug: str) -> Response:
        system = known_system(actor_of(request), slug)
        require(policies.why_not_assess(actor_of(request), system))
        now = timezone.now()
        assessment = services.assess(
            system_id=system.pk,
            actor=actor_of(request),
            now=now,
            **reading.read_assessment(request.data, today=now.date()),
        )
        return Response(
            selectors.with_standing(assessment),
            status=201,
            headers={"Location": reverse("risk-assessment", args=[slug, assessment.number])},
        )


class OneAssessment(APIView):
    """GET /systems/{slug}/assessments/{n}"""

    def get(self, request: Request, slug: str, n: int) -> Response:
        query_parameters(request, ())
        assessment = selectors.assessment_of(_readable(request, slug), n)
        return Response(selectors.with_standing(assessment))


class Overrides(APIView):
    """POST|GET /systems/{slug}/assessments/{n}/overrides"""

    def get(self, request: Request, slug: str, n: int) -> Response:
        parameters = query_parameters(request, ("cursor", "limit"))
        assessment = selectors.assessment_of(_readable(request, slug), n)
        return keyset_page(selectors.overrides_of(assessment), parameters, selectors.override_as_json)

    def post(self, request: Request, slug: str, n: int) -> Response:
        assessment = _assessment(request, slug, n)
        require(policies.why_not_override(actor_of(request), assessment))
        said = reading.read_override(request.data)
        act = overriding.claim_exemption if "statements" in said else overriding.override
        made = act(assessment_id=assessment.pk, actor=actor_of(request), now=timezone.now(), **said)
        return Response(
            selectors.override_as_json(made),
            status=201,
            headers={"Location": reverse("risk-override", args=[slug, n, made.pk])},
        )


class OneOverride(APIView):
    """GET /systems/{slug}/assessments/{n}/overrides/{id}"""

    def get(self, request: Request, slug: str, n: int, id: UUID) -> Response:
        query_parameters(request, ())
        assessment = selectors.assessment_of(_readable(request, slug), n)
        return Response(selectors.override_as_json(selectors.override_of(assessment, id)))


class Decide(APIView):
    """POST /systems/{slug}/assessments/{n}/overrides/{id}/decision"""

    def post(self, request: Request, slug: str, n: int, id: UUID) -> Response:
        found = selectors.override_of(_assessment(request, slug, n), id)
        require(policies.why_not_decide(actor_of(request), found))
        said = reading.read_decision(request.data)
        decided = overriding.decide(override_id=found.pk, actor=actor_of(request), now=timezone.now(), **said)
        return Response(selectors.override_as_json(decided))


class End(APIView):
    """POST /systems/{slug}/assessments/{n}/overrides/{id}/end"""

    def post(self, request: Request, slug: str, n: int, id: UUID) -> Response:
        found = selectors.override_of(_assessment(request, slug, n), id)
        require(policies.why_not_end(actor_of(request), found))
        reason = reading.read_reason(request.data)
        ended = overriding.end(
            override_id=found.pk, actor=actor_of(request), reason=reason, now=timezone.now()
        )
        return Response(selectors.override_as_json(ended))


def _readable(request: Request, slug: str) -> AISystem:
    system = known_system(actor_of(request), slug)
    require(policies.why_not_read(actor_of(request), system))
    return system


def _assessment(request: Request, slug: str, n: int) -> Assessment:
    """The assessment, for whoever may know of the system; what they may do is asked next."""
    return selectors.assessment_of(known_system(actor_of(request), slug), n)
