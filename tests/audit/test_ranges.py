"""audit.ranges: what a Range header asks of a file."""

import pytest

from audit.ranges import span_of
from audit.refusals import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", (0, 9, False)),
        ("bytes=0-", (0, 9, True)),
        ("bytes=2-3", (2, 3, True)),
        ("bytes=9-99", (9, 9, True)),
        ("bytes=-3", (7, 9, True)),
        ("bytes=-30", (0, 9, True)),
        ("bytes=5-2", (0, 9, False)),
        ("bytes=0-1,3-4", (0, 9, False)),
        ("bytes=-", (0, 9, False)),
        ("lines=1-2", (0, 9, False)),
        ("bytes=٣-٤", (0, 9, False)),
    ],
)
def test_what_a_range_header_asks_for(header: str, expected: tuple[int, int, bool]) -> None:
    assert tuple(span_of(header, 10)) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_what_no_file_can_satisfy(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        span_of(header, size)
