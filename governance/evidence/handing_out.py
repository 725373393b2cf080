"""The file of a revision as a download, for the API and for pages."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from audit.refusals import NotFound
from governance.evidence import selectors, services


def handed_out(actor: Any, evidence_id: UUID) -> HttpResponse:
    """The file as a download that no browser opens by itself."""
    found = selectors.one(actor, evidence_id)
    content = services.hand_out(evidence=found, actor=actor, now=timezone.now())
    if content is None:
        raise NotFound("The file of this evidence is not kept here.")
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.filename) or "attachment"
    response["ETag"] = f'"{found.sha256}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
