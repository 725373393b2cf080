"""How DRF reads and writes: hostile JSON in, plain JSON out."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.http.request import RawPostDataException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from audit.refusals import BadInput, FieldError
from reviews.intake.reading import read_json

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes of any body but predictions, which have limits of their own."""


class TooLarge(BadInput):
    """The body is larger than this address takes."""


class StrictJSONParser(BaseParser):
    """JSON under the contract's rules; `reviews.intake.reading` says which."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            raw = stream.read(LARGEST_BODY + 1)
        except RawPostDataException:
            raw = parser_context["request"]._request.body if parser_context else b""
        if len(raw) > LARGEST_BODY:
            detail = f"At most {LARGEST_BODY // 1024} KiB are taken here."
            raise TooLarge([FieldError("", "TOO_LARGE", detail)])
        return read_json(raw) if raw.strip() else {}


class JSONRenderer(BaseRenderer):
    """JSON by orjson; times as RFC 3339 in UTC with `Z`."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=_plain, option=OPTIONS)
        except orjson.JSONEncodeError:  # an integer beyond 64 bits: somebody posted it, so it reads back
            return json.dumps(
                data, default=_by_orjson, ensure_ascii=False, separators=(",", ":"), allow_nan=False
            ).encode()


class OneRepresentation(BaseContentNegotiation):
    """Each address answers in one media type, whatever `Accept` names: a file, lines, or a problem included.

    Refusing a client over a header that its library sets by itself helps nobody.
    """

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of the body's media type; none: 415."""
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def _by_orjson(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value, default=_plain, option=OPTIONS))


def _plain(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, memoryview):
        return bytes(value).hex()
    raise TypeError(type(value).__name__)
