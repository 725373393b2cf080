"""Small images that were sent as arrays of numbers: recognised, and written as PNG. Pure.

PNG: W3C Recommendation, third edition; one IHDR, one IDAT, filter 0.
"""

import base64
import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

SMALLEST, LARGEST = 4, 256
"""Rows and columns of what counts as an image; a smaller grid is a table of numbers."""


class Image(NamedTuple):
    """A picture to show: a data URI and its size in pixels."""

    data_uri: str
    width: int
    height: int


def image_of(value: object) -> Image | None:
    """The image that `value` is, or None: rows of equal length of grey levels, or of RGB triples.

    Levels are scaled so that the largest that occurs, or 255 if larger ones than 16 do, is white.
    """
    if not isinstance(value, list) or not SMALLEST <= len(value) <= LARGEST:
        return None
    width = len(value[0]) if isinstance(value[0], list) else 0
    if not SMALLEST <= width <= LARGEST:
        return None
    if not all(isinstance(row, list) and len(row) == width for row in value):
        return None
    if all(_is_level(level) for row in value for level in row):
        return _grey(value)
    if all(_is_colour(pixel) for row in value for pixel in row):
        lines = [bytes(_byte(level, 255.0) for pixel in row for level in pixel) for row in value]
        return _image(lines, width, colour=True)
    return None


def _grey(rows: Sequence[Sequence[float]]) -> Image:
    largest = max(max(row) for row in rows)
    white = 1.0 if largest <= 1 else 16.0 if largest <= 16 else 255.0
    # Ink is dark on light paper: large values of scans are ink.
    lines = [bytes(255 - _byte(level, white) for level in row) for row in rows]
    return _image(lines, len(rows[0]), colour=False)


def _image(lines: Sequence[bytes], width: int, *, colour: bool) -> Image:
    header = struct.pack(">IIBBBBB", width, len(lines), 8, 2 if colour else 0, 0, 0, 0)
    content = zlib.compress(b"".join(b"\x00" + line for line in lines), 9)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", content) + _chunk(b"IEND", b"")
    return Image("data:image/png;base64," + base64.b64encode(png).decode(), width, len(lines))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _is_level(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 255


def _is_colour(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(_is_level(level) for level in value)


def _byte(level: float, white: float) -> int:
    return min(255, round(level / white * 255))
