"""The log over HTTP: C2SP tlog-tiles below `/audit/log/`, and an event with its proof.

A former log (see `Log`) stands below `/audit/log/<number>/`. Tiles never change, so whoever may read them may
keep them; at the addresses of "the current log" only for a minute, because after a restart that is another.
"""

import re
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import rest
from audit.log import inclusions, policies, selectors, tiles
from audit.log.errors import OutsideLog
from audit.log.models import Anchor, Log
from audit.refusals import NotPermitted
from audit.trail import selectors as trail

FOR_EVER: Final = "private, max-age=31536000, immutable"
FOR_A_MINUTE: Final = "private, max-age=60"

_ADDRESS = re.compile(r"(?P<number>[x0-9/]+?)(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")


class CurrentCheckpoint(APIView):
    """GET /audit/log/checkpoint, /audit/log/<number>/checkpoint: the newest signed tree head."""

    def get(self, request: Request, number: int | None = None) -> HttpResponse:
        log = _log_for(request, number)
        newest = selectors.newest_checkpoint(log)
        if newest is None:
            raise OutsideLog(
                "No checkpoint was signed yet. The first follows within a minute of the first event."
            )
        lines = Anchor.objects.filter(log=log.number, size=newest.size, kind=Anchor.WITNESS).order_by("seq")
        note = newest.note + "".join(f"{each.evidence.strip()}\n" for each in lines)
        return _bytes(note.encode(), "text/plain; charset=utf-8", keep="no-cache")


class OneTile(APIView):
    """GET /audit/log/tile/<L>/<N>[.p/<W>]: hashes of a level, 32 bytes each."""

    def get(self, request: Request, level: int, place: str, number: int | None = None) -> HttpResponse:
        log, (n, width) = _log_for(request, number), _place_in(place)
        if level > tiles.HIGHEST_LEVEL:
            raise OutsideLog("There is no such level.")
        return _bytes(selectors.tile(log, level, n, width), keep=_keeping(number))


class OneBundle(APIView):
    """GET /audit/log/tile/entries/<N>[.p/<W>]: the leaves' bytes, each behind its length in two bytes."""

    def get(self, request: Request, place: str, number: int | None = None) -> HttpResponse:
        log, (n, width) = _log_for(request, number), _place_in(place)
        entries = selectors.entries(log, n, width)
        return _bytes(
            b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries), keep=_keeping(number)
        )


class OneEvent(APIView):
    """GET /audit/events/{id}

    `inclusion` is null for the moment until the event is a leaf; its `checkpoint` until one covers it.
    """

    def get(self, request: Request, event_id: UUID) -> Response:
        rest.query_parameters(request, [])
        event = trail.event_for(rest.actor_of(request), event_id)
        found = inclusions.inclusion_of(event)
        inclusion = {"inclusion": found.as_json() if found else None}
        return Response(trail.as_json(event.id, event.body) | inclusion)


def _log_for(request: Request, number: int | None) -> Log:
    rest.query_parameters(request, [])
    if reason := policies.why_not_read_log(rest.actor_of(request)):
        raise NotPermitted(reason)
    return selectors.current() if number is None else selectors.log_by_number(number)


def _place_in(address: str) -> tuple[int, int]:
    """The number and the width in the last part of an address."""
    found = _ADDRESS.fullmatch(address)
    n = tiles.number_in(found["number"]) if found else None
    width = int(found["width"] or tiles.WIDTH) if found else 0
    if n is None or width > tiles.WIDTH or (found and found["width"] and width == tiles.WIDTH):
        raise OutsideLog(
            "Tiles are numbered as x001/x234/067, and /audit/log/tile/0/000.p/17 is part of one."
        )
    return n, width


def _keeping(number: int | None) -> str:
    return FOR_A_MINUTE if number is None else FOR_EVER


def _bytes(body: bytes, content_type: str = "application/octet-stream", *, keep: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response["Cache-Control"] = keep
    return response
