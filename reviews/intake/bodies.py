"""Bodies of posts as bytes: decompressed as a stream, cut off at their limit before anything is parsed."""

import zlib
from collections.abc import Iterator
from typing import Any, Final

from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType

from audit.refusals import FieldError
from reviews.intake.errors import BrokenEncoding, TooMuch

CHUNK: Final = 64 * 1024
MOST_MEMBERS: Final = 10_000
"""Of one gzip stream. Empty ones cost us more than whoever sends them."""
_GZIP: Final = 16 + zlib.MAX_WBITS


def media_type_of(request: HttpRequest) -> str:
    """The media type alone, in lower case."""
    return (request.content_type or "").lower()


def read_body(request: HttpRequest, *, largest: int) -> bytes:
    """The body after decompression.

    Raises:
        UnsupportedMediaType: an encoding other than gzip.
        TooMuch: more than `largest` bytes, before or after decompression.
        BrokenEncoding: it says gzip and is not.
    """
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType(
            encoding, f"The encoding {encoding[:40]!r} is not understood; send gzip or none."
        )
    if int(request.META.get("CONTENT_LENGTH") or 0) > largest + CHUNK:
        raise _too_much(largest)
    # A gzip of incompressible bytes is a little larger than they are.
    chunks = _chunks(request, largest + CHUNK)
    if encoding in ("gzip", "x-gzip"):
        return _decompressed(chunks, largest)
    raw = b"".join(chunks)
    if len(raw) > largest:
        raise _too_much(largest)
    return raw


def _chunks(request: HttpRequest, most: int) -> Iterator[bytes]:
    stream: Any = request
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        stream = request.META["wsgi.input"]  # of unknown length, which Django takes for none
    left = most + 1
    while left > 0 and (chunk := stream.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk
    if left <= 0:
        raise _too_much(most)


def _decompressed(chunks: Iterator[bytes], largest: int) -> bytes:
    """All members of a gzip stream. A bomb is noticed one byte behind the limit."""
    parts: list[bytes] = []
    left = largest + 1
    members = 1
    stream = zlib.decompressobj(_GZIP)
    for chunk in chunks:
        rest = chunk
        while rest:
            if stream.eof:
                members += 1
                stream = zlib.decompressobj(_GZIP)
                if members > MOST_MEMBERS:
                    raise BrokenEncoding(f"The body is gzip of more than {MOST_MEMBERS} members.")
            try:
                part = stream.decompress(rest, left)
            except zlib.error as error:
                raise BrokenEncoding(f"The body is not gzip: {error}.") from error
            parts.append(part)
            left -= len(part)
            if left <= 0:
                raise _too_much(largest)
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
    if not stream.eof:
        raise BrokenEncoding("The body is gzip that breaks off.")
    return b"".join(parts)


def _too_much(largest: int) -> TooMuch:
    return TooMuch(
        [FieldError("", "TOO_LARGE", f"At most {largest >> 10} KiB are taken here, decompressed.")]
    )
