"""The list of events as an auditor reads it, and what each kind of event means."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit import downloads
from audit.pages import render, signed_in
from audit.refusals import BadInput
from audit.rest import actor_of
from audit.trail import catalogue, controls, kinds, listing, selectors
from audit.trail.describing import describe
from audit.trail.models import Event

OFFICES = {"clock": "the clock", "operator": "the command line", "stranger": "somebody"}
COLUMNS = ("seq", "id", "kind", "actor", "entity", "entity_version", "at", "details")
FILTERS = ("since", "until", "actor", "entity", "kind", "routed")


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponseBase:
    """All that happened, newest first; by `format=csv` all that the filter finds."""
    actor = actor_of(request)
    selectors.require(actor)
    given = {name: request.GET.get(name, "").strip().replace("\x00", "") for name in FILTERS}
    wanted, mistakes = _filter(given)
    span: dict[str, Any] = {
        "since": _moment(given["since"]),
        "until": _moment(given["until"]),
        "routed": bool(given["routed"]),
    }
    if downloads.wants_csv(request.GET.dict()):
        found = (_cells(event) for event in listing.every(wanted, actor=actor, **span))
        return downloads.csv_of(found, COLUMNS, name="events", actor=actor, asked=given)
    page = listing.listed(
        wanted,
        actor=actor,
        **span,
        before=_number(request.GET.get("before")),
        after=_number(request.GET.get("after")),
    )
    context = {
        "rows": rows_of(page.events),
        "given": given,
        "mistakes": mistakes,
        "kinds": _kinds_by_area([*listing.kinds_that_happened(), kinds.ROUTED]),
        "leaves_out": not given["routed"] and wanted.entity is None and wanted.kind != kinds.ROUTED,
        "narrowed": any(given[name] for name in FILTERS if name != "routed"),
        "with_routed_url": "?" + urlencode(_set(given) | {"routed": "yes"}),
        "csv_url": "?" + urlencode(_set(given) | {"format": "csv"}),
        "older": _neighbour(given, before=page.older_before),
        "newer": _neighbour(given, after=page.newer_after),
    }
    return render(request, "audit/events.html", context)


@require_safe
@signed_in
def kinds_explained(request: HttpRequest) -> HttpResponse:
    """Every kind of event: its members, and what it is evidence of."""
    selectors.require(actor_of(request))
    areas = [
        (area.title, [(row, catalogue.anchor(row.kind), kinds.entity_word(row.about)) for row in area.rows])
        for area in catalogue.AREAS
    ]
    return render(request, "audit/kinds.html", {"areas": areas, "of_all": controls.TRAIL})


def _kinds_by_area(happened: list[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the filter offers: kinds with their sentences, those that nobody knows any more last."""
    grouped = [
        (title, [(row.kind, row.sentence) for row in rows]) for title, rows in catalogue.by_area(happened)
    ]
    unknown = [(kind, kinds.sentence(kind)) for kind in happened if catalogue.row(kind) is None]
    return [*grouped, ("Other", unknown)] if unknown else grouped


def _cells(event: Event) -> dict[str, Any]:
    """One line of the file: the API's members, from the bytes that the log holds."""
    return {"seq": event.seq, **selectors.as_json(event.id, event.body)}


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


def rows_of(events: Any) -> list[dict[str, Any]]:
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
