"""The list of events, and one event, as an auditor reads them."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.pages import render, signed_in
from audit.refusals import BadInput
from audit.rest import actor_of
from audit.trail import kinds, listing, selectors
from audit.trail.describing import describe
from audit.trail.models import Event

OFFICES = {"clock": "the clock", "operator": "the command line", "stranger": "somebody"}
FILTERS = ("since", "until", "actor", "entity", "kind", "routed")


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """All that happened, newest first."""
    actor = actor_of(request)
    selectors.require(actor)
    given = {name: request.GET.get(name, "").strip().replace("\x00", "") for name in FILTERS}
    wanted, mistakes = _filter(given)
    page = listing.listed(
        wanted,
        actor=actor,
        since=_moment(given["since"]),
        until=_moment(given["until"]),
        routed=bool(given["routed"]),
        before=_number(request.GET.get("before")),
        after=_number(request.GET.get("after")),
    )
    context = {
        "rows": _rows(page.events),
        "given": given,
        "mistakes": mistakes,
        "kinds": [(kind, kinds.sentence(kind)) for kind in [*listing.kinds_that_happened(), kinds.ROUTED]],
        "leaves_out": not given["routed"] and wanted.entity is None and wanted.kind != kinds.ROUTED,
        "narrowed": any(given[name] for name in FILTERS if name != "routed"),
        "with_routed_url": "?" + urlencode(_set(given) | {"routed": "yes"}),
        "older": _neighbour(given, before=page.older_before),
        "newer": _neighbour(given, after=page.newer_after),
    }
    return render(request, "audit/events.html", context)


@require_safe
@signed_in
def one(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One event: what was done, to what, and the exact bytes that the log holds."""
    event = selectors.event_for(actor_of(request), event_id)
    row = _rows([event])[0]
    neighbours = Event.objects.filter(entity_type=event.entity_type, entity_id=event.entity_id)
    said = selectors.as_json(event.id, event.body)
    context = {
        "row": row,
        "details": said["details"],
        "references": _references(said["details"]),
        "text": bytes(event.body).decode(),
        "sha256": selectors.digest_of(event),
        "earlier": neighbours.filter(entity_version=event.entity_version - 1).first(),
        "later": neighbours.filter(entity_version=event.entity_version + 1).first(),
    }
    return render(request, "audit/event.html", context)


def _filter(given: dict[str, str]) -> tuple[selectors.Filter, list[str]]:
    """What the form asks for; a mistake in it is said and finds everything else."""
    mistakes, entity = [], None
    if given["entity"]:
        try:
            entity = selectors.entity_of(given["entity"])
        except BadInput as refusal:
            mistakes.append(str(refusal))
    mistakes += [
        f"{given[name]!r} is no time; write a day and a time, such as 2026-11-20 14:30."
        for name in ("since", "until")
        if given[name] and _moment(given[name]) is None
    ]
    return selectors.Filter(entity=entity, actor=given["actor"] or None, kind=given["kind"] or None), mistakes


def _rows(events: Any) -> list[dict[str, Any]]:
    """Events with names for their ids, in two queries whatever their number."""
    references = {event.actor for event in events}
    references |= {f"{event.entity_type}:{event.entity_id}" for event in events}
    names = describe(references)
    rows = []
    for event in events:
        entity = f"{event.entity_type}:{event.entity_id}"
        rows.append(
            {
                "event": event,
                "url": reverse("page-event", args=[event.id]),
                "actor": names.get(event.actor),
                "actor_word": OFFICES.get(event.actor, event.actor),
                "sentence": kinds.sentence(event.kind),
                "entity": entity,
                "entity_word": kinds.entity_word(event.entity_type),
                "described": names.get(entity),
            }
        )
    return rows


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


def _neighbour(given: dict[str, str], **place: int | None) -> str | None:
    (name, seq), *_ = place.items()
    return None if seq is None else "?" + urlencode(_set(given) | {name: str(seq)})


def _set(given: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in given.items() if text}


def _moment(text: str) -> dt.datetime | None:
    """A moment in the reader's zone; None without one, or where it cannot be read."""
    try:
        moment = dt.datetime.fromisoformat(text)
        return timezone.make_aware(moment) if moment.tzinfo is None else moment
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
