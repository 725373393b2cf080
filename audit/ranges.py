"""HTTP ranges (RFC 9110, 14): which bytes of a file were asked for. Pure."""

import re
from typing import Final, NamedTuple

from audit.refusals import RangeNotSatisfiable

_ONE: Final = re.compile(r"bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})", re.ASCII)


class Span(NamedTuple):
    """The first and last byte, both inclusive; `partial` is whether it answers a range."""

    first: int
    last: int
    partial: bool

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def span_of(header: str, size: int) -> Span:
    """What a `Range` header asks of a file of `size` bytes.

    A header that is no range of bytes, and one that asks for several, is answered with the whole file: the
    standard lets a server ignore either.

    Raises:
        RangeNotSatisfiable: the range begins behind the end.
    """
    whole = Span(0, size - 1, partial=False)
    found = _ONE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return whole
    if not found[1]:
        wanted = int(found[2])
        if wanted == 0 or size == 0:
            raise RangeNotSatisfiable(size)
        return Span(max(size - wanted, 0), size - 1, partial=True)
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return whole
    if first >= size:
        raise RangeNotSatisfiable(size)
    return Span(first, last, partial=True)
