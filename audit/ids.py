"""UUIDv7 (RFC 9562, 5.7): ids that sort by the server's clock.

Months are partitions by ranges of the time prefix, so a key is its own partition key.
"""

import datetime as dt
import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A fresh id, greater than every one this process made before.

    48 bits of milliseconds, then 12 bits of the fraction of the millisecond (RFC 9562, 6.2 method 3),
    then 62 random bits.
    """
    global _last
    with _lock:
        nanoseconds = time.time_ns()
        stamp = (nanoseconds // 1_000_000 << 12) | ((nanoseconds % 1_000_000) * 4096 // 1_000_000)
        if stamp <= _last:
            stamp = _last + 1
        _last = stamp
    return UUID(int=_assemble(stamp, int.from_bytes(os.urandom(8), "big")))


def _assemble(stamp: int, random: int) -> int:
    milliseconds, fraction = stamp >> 12, stamp & 0xFFF
    return (
        (milliseconds & (1 << 48) - 1) << 80
        | 0x7 << 76
        | fraction << 64
        | 0b10 << 62
        | random & (1 << 62) - 1
    )


def first_at(moment: dt.datetime) -> UUID:
    """The smallest UUIDv7 of that moment: a bound for ranges."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | 0x7 << 76 | 0b10 << 62)


def made_at(id_: UUID) -> dt.datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return dt.datetime.fromtimestamp((id_.int >> 80) / 1000, tz=dt.UTC)
