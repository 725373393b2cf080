"""Bundles over REST: ask, look, cancel, fetch."""

from typing import Any
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
from audit.bundles import files, sampling, selectors, services
from audit.bundles.asking import Asked, read_request, read_sample
from audit.downloads import csv_of
from audit.ranges import Span, span_of
from audit.refusals import BadInput, FieldError
from audit.trail.selectors import require


class Bundles(APIView):
    """POST /audit/bundles, GET /audit/bundles?cursor=&limit="""

    def post(self, request: Request) -> Response:
        require(rest.actor_of(request))  # who may read nothing hears that first, whatever the body holds
        return _asked(request, read_request(request.data))

    def get(self, request: Request) -> Response:
        parameters = rest.query_parameters(request, ["cursor", "limit"])
        return rest.keyset_page(selectors.bundles_for(rest.actor_of(request)), parameters, selectors.as_json)


class Samples(APIView):
    """POST /audit/samples: a bundle of events drawn at random, the same for the same seed."""

    def post(self, request: Request) -> Response:
        require(rest.actor_of(request))
        return _asked(request, read_sample(request.data))


class OneBundle(APIView):
    """GET /audit/bundles/{id}"""

    def get(self, request: Request, bundle_id: UUID) -> Response:
        rest.query_parameters(request, [])
        return Response(selectors.as_json(selectors.bundle_for(rest.actor_of(request), bundle_id)))


class CancelBundle(APIView):
    """POST /audit/bundles/{id}/cancel"""

    def post(self, request: Request, bundle_id: UUID) -> Response:
        if request.data:
            raise BadInput([FieldError("", "UNKNOWN_FIELD", "Nothing is to be said with this.")])
        bundle = services.cancel(bundle_id=bundle_id, actor=rest.actor_of(request), now=timezone.now())
        return Response(selectors.as_json(bundle))


class SampleOfBundle(APIView):
    """GET /audit/bundles/{id}/sample: what was drawn, as CSV with proofs"""

    def get(self, request: Request, bundle_id: UUID) -> HttpResponseBase:
        asked, actor = rest.query_parameters(request, []), rest.actor_of(request)
        found = sampling.rows_of(selectors.bundle_for(actor, bundle_id))
        return csv_of(found, sampling.COLUMNS, name=f"sample-{bundle_id}", actor=actor, asked=asked)


class BundleFile(APIView):
    """GET and HEAD /audit/bundles/{id}/file, with ranges"""

    def get(self, request: Request, bundle_id: UUID) -> HttpResponseBase:
        actor = rest.actor_of(request)
        found, path = selectors.file_of(selectors.bundle_for(actor, bundle_id))
        etag = f'"{found["sha256"]}"'
        if etag in request.headers.get("If-None-Match", ""):
            return _described(HttpResponse(status=304), bundle_id, etag)
        asked = request.headers.get("Range", "")
        if request.headers.get("If-Range", etag) != etag:
            asked = ""  # it has another file in hand; it never will be ours, which does not change
        span = span_of(asked, found["bytes"])
        if request.method == "HEAD":
            return _described(_headed(HttpResponse(), found, span), bundle_id, etag)
        services.hand_out(
            bundle_id=bundle_id, first=span.first, last=span.last, actor=actor, now=timezone.now()
        )
        stream = StreamingHttpResponse(files.blocks(path, span.first, span.last))
        return _described(_headed(stream, found, span), bundle_id, etag)

    head = get


def _asked(request: Request, asked: Asked) -> Response:
    bundle = services.ask(asked=asked, actor=rest.actor_of(request), now=timezone.now())
    headers = {"Location": reverse("bundles-bundle", args=[bundle.pk])}
    return Response(selectors.as_json(bundle), status=202, headers=headers)


def _headed(response: HttpResponseBase, found: dict[str, Any], span: Span) -> HttpResponseBase:
    response["Content-Type"] = "application/zip"
    response["Content-Length"] = str(span.length)
    if span.partial:
        response.status_code = 206
        response["Content-Range"] = f"bytes {span.first}-{span.last}/{found['bytes']}"
    return response


def _described(response: HttpResponseBase, bundle_id: UUID, etag: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="countersign-{bundle_id}.zip"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response
