"""Evidence over REST: read, one call, answer."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.downloads import FORM, page_or_csv
from audit.rest import actor_of, query_parameters
from governance.evidence import policies, selectors, services
from governance.evidence.handing_out import handed_out
from governance.evidence.reading import About, read_evidence
from registry.catalog.models import Model, ModelVersion
from registry.catalog.selectors import known_model, version_of
from registry.systems.models import AISystem
from registry.systems.selectors import known_system, require, require_reading


class EvidenceList(APIView):
    """POST|GET /evidence"""

    def get(self, request: Request) -> HttpResponseBase:
        actor = actor_of(request)
        parameters = query_parameters(
            request, ("cursor", "limit", FORM, "system", "model", "version", "item")
        )
        require_reading(actor)
        columns = {"system": "system__slug", "model": "model__slug", "version": "version__version"}
        named = {columns.get(name, name): text for name, text in parameters.items()}
        named = {name: text for name, text in named.items() if name not in ("cursor", "limit", FORM)}
        found = selectors.evidence_for(actor).filter(**named)
        return page_or_csv(
            found, parameters, selectors.as_json, name="evidence", columns=selectors.COLUMNS, actor=actor
        )

    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        selectors.require_some_adding(actor)
        about, said = read_evidence(request.data)
        system, model, version = _thing(actor, about)
        require(policies.why_not_add(actor, system))
        added = services.add(
            system_id=system.pk, model=model, version=version, said=said, actor=actor, now=timezone.now()
        )
        headers = {"Location": reverse("evidence-one", args=[added.pk])}
        return Response(selectors.as_json(added), status=201, headers=headers)


class OneEvidence(APIView):
    """GET /evidence/{id}"""

    def get(self, request: Request, evidence_id: UUID) -> Response:
        query_parameters(request, ())
        return Response(selectors.as_json(selectors.one(actor_of(request), evidence_id)))


class EvidenceFile(APIView):
    """GET /evidence/{id}/file"""

    def get(self, request: Request, evidence_id: UUID) -> HttpResponseBase:
        actor = actor_of(request)
        return handed_out(actor, evidence_id)


def _thing(actor: Any, about: About) -> tuple[AISystem, Model | None, ModelVersion | None]:
    if not about.model:
        return known_system(actor, about.system), None, None
    model = known_model(actor, about.model)
    require(policies.why_not_add(actor, model))
    return model.system, model, version_of(model, about.version) if about.version else None
