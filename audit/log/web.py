"""One event as an auditor reads it, with the proof that it is in the log worked out in front of them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audit.log import inclusions
from audit.log.inclusions import Inclusion
from audit.pages import render, signed_in
from audit.rest import actor_of
from audit.trail import catalogue, selectors
from audit.trail.describing import describe
from audit.trail.models import Event
from audit.trail.web import rows_of


@require_safe
@signed_in
def one(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One event: what was done, to what, the exact bytes that the log holds, and the proof."""
    event = selectors.event_for(actor_of(request), event_id)
    neighbours = Event.objects.filter(entity_type=event.entity_type, entity_id=event.entity_id)
    said = selectors.as_json(event.id, event.body)
    context = {
        "row": rows_of([event])[0],
        "known": catalogue.row(event.kind),
        "anchor": catalogue.anchor(event.kind),
        "details": catalogue.explained(event.kind, said["details"]),
        "references": _references(said["details"]),
        "text": bytes(event.body).decode(),
        "sha256": selectors.digest_of(event),
        "earlier": neighbours.filter(entity_version=event.entity_version - 1).first(),
        "later": neighbours.filter(entity_version=event.entity_version + 1).first(),
        "proof": _shown(inclusions.inclusion_of(event)),
    }
    return render(request, "audit/event.html", context)


def _shown(inclusion: Inclusion | None) -> dict[str, Any] | None:
    """A proof as the page shows it: each step with the two hashes and what they give."""
    if inclusion is None:
        return None
    return {
        "inclusion": inclusion,
        "leaf": inclusion.leaf_hash.hex(),
        "root": inclusion.root.hex(),
        "steps": [
            {
                "given": (step.left if step.from_left else step.right).hex(),
                "side": "left" if step.from_left else "right",
                "node": step.node.hex(),
            }
            for step in inclusion.steps or []
        ],
    }


def _references(details: Any) -> list[dict[str, Any]]:
    """The people and things that the details name by id."""
    found = {value for value in details.values() if isinstance(value, str) and _is_reference(value)}
    names = describe(found)
    return [{"reference": each, "described": names[each]} for each in sorted(found) if each in names]


def _is_reference(text: str) -> bool:
    try:
        UUID(text.partition(":")[2])
    except ValueError:
        return False
    return True
