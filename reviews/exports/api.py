"""Exports over REST: ask, look, cancel, fetch, delete."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import rest
from audit.ranges import Span, span_of
from registry.systems.body import Body
from reviews.exports import files, selectors, services
from reviews.exports.body import read_request
from reviews.labels.selectors import readable_systems

MEDIA_TYPES: Final = {".jsonl": "application/x-ndjson", ".csv": "text/csv; charset=utf-8"}


class Exports(APIView):
    """POST /exports, GET /exports?cursor=&limit="""

    def post(self, request: Request) -> Response:
        actor = rest.actor_of(request)
        readable_systems(actor)  # who may read nothing hears that first, whatever the body holds
        asked = read_request(request.data)

        export = services.ask(asked=asked, actor=actor, now=timezone.now())

        headers = {"Location": reverse("exports-export", args=[export.pk])}
        return Response({"id": export.pk, "state": export.state}, status=202, headers=headers)

    def get(self, request: Request) -> Response:
        parameters = rest.query_parameters(request, ["cursor", "limit"])
        exports = selectors.exports_for(rest.actor_of(request))
        return rest.keyset_page(exports, parameters, selectors.as_json)


class OneExport(APIView):
    """GET /exports/{id}, DELETE /exports/{id}"""

    def get(self, request: Request, export_id: UUID) -> Response:
        rest.query_parameters(request, [])
        return Response(selectors.as_json(selectors.export_for(rest.actor_of(request), export_id)))

    def delete(self, request: Request, export_id: UUID) -> Response:
        services.purge(export_id=export_id, actor=rest.actor_of(request), now=timezone.now())
        return Response(status=204)


class CancelExport(APIView):
    """POST /exports/{id}/cancel"""

    def post(self, request: Request, export_id: UUID) -> Response:
        Body(request.data).finish()
        export = services.cancel(export_id=export_id, actor=rest.actor_of(request), now=timezone.now())
        return Response(selectors.as_json(export))


class ExportFile(APIView):
    """GET and HEAD /exports/{id}/files/{name}, with ranges"""

    def get(self, request: Request, export_id: UUID, name: str) -> HttpResponseBase:
        actor = rest.actor_of(request)
        file, path = selectors.file_of(selectors.export_for(actor, export_id), name)
        etag = f'"{file["sha256"]}"'
        if _lists(request.headers.get("If-None-Match", ""), etag):
            return _described(HttpResponse(status=304), file, etag)
        asked = request.headers.get("Range", "")
        if request.headers.get("If-Range", etag) != etag:
            asked = ""  # it has another file in hand; it never will be ours, which does not change
        span = span_of(asked, file["bytes"])
        if request.method == "HEAD":
            return _described(_headed(HttpResponse(), file, path, span), file, etag)

        services.hand_out(
            export_id=export_id, file=file, first=span.first, last=span.last, actor=actor, now=timezone.now()
        )

        stream = StreamingHttpResponse(files.blocks(path, span.first, span.last))
        return _described(_headed(stream, file, path, span), file, etag)

    head = get


def _headed(response: HttpResponseBase, file: dict[str, Any], path: Path, span: Span) -> HttpResponseBase:
    response["Content-Type"] = MEDIA_TYPES[path.suffix]
    response["Content-Length"] = str(span.length)
    if span.partial:
        response.status_code = 206
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{file['bytes']}"
    return response


def _described(response: HttpResponseBase, file: dict[str, Any], etag: str) -> HttpResponseBase:
    # Names are made by us of plain letters; see `body.read_request`.
    response["Content-Disposition"] = f'attachment; filename="{file["name"]}"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response


def _lists(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in [each.strip().removeprefix("W/") for each in header.split(",")]
