"""Bodies that come in chunks. Django, which believes Content-Length only, takes them for empty."""

from io import BytesIO
from typing import Any

from django.http import HttpRequest


def is_of_unknown_length(request: HttpRequest) -> bool:
    """Whether the body comes in chunks."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def stream_of(request: HttpRequest) -> Any:
    """The file-like thing to read the body from."""
    return request.META["wsgi.input"] if is_of_unknown_length(request) else request


def read_ahead(request: HttpRequest, most: int) -> bytes:
    """Read at most so many bytes of the body and put them back; afterwards it has a length like any other."""
    stream = stream_of(request)
    raw = b""
    while len(raw) < most and (part := stream.read(most - len(raw))):
        raw += part
    if is_of_unknown_length(request):
        del request.META["HTTP_TRANSFER_ENCODING"]
        request.META["CONTENT_LENGTH"] = str(len(raw))
    request._body = raw
    request._stream = BytesIO(raw)
    return raw
