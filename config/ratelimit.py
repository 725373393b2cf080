"""How often somebody may call: token buckets in each web process.

They protect the machine from one caller's loop; no correctness rests on them, and a caller who is
served by two processes gets twice the rate. The defaults leave bulk posting alone.
"""

import math
import threading
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from audit.refusals import TooManyRequests

MOST_CALLERS = 20_000
"""Above it, buckets that are full again are forgotten."""


class Buckets:
    """One bucket per caller: `rate` tokens a second flow in, up to `burst`."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, caller: str, now: float) -> None:
        """Take one token of `caller` at `now` (seconds of a monotonic clock).

        Raises:
            TooManyRequests: the bucket is empty; says when there will be a token.
        """
        with self._lock:
            level, at = self._levels.get(caller, (self.burst, now))
            level = min(self.burst, level + (now - at) * self.rate)
            if level < 1:
                self._levels[caller] = (level, now)
                raise TooManyRequests(retry_after=max(1, math.ceil((1 - level) / self.rate)))
            self._levels[caller] = (level - 1, now)
            if len(self._levels) > MOST_CALLERS:
                self._forget_full(now)

    def _forget_full(self, now: float) -> None:
        full_after = self.burst / self.rate
        self._levels = {
            caller: (level, at) for caller, (level, at) in self._levels.items() if now - at < full_after
        }


_calls = Buckets(rate=max(settings.CALLS_PER_SECOND, 1), burst=max(settings.CALLS_PER_SECOND, 1) * 2)
_sign_ins = Buckets(rate=settings.SIGN_INS_PER_MINUTE / 60, burst=settings.SIGN_INS_PER_MINUTE)


def take_call(caller: str) -> None:
    """Count one call of `caller` (an actor's reference, or an address).

    Raises:
        TooManyRequests: it calls more often than CALLS_PER_SECOND allows.
    """
    if settings.CALLS_PER_SECOND:
        _calls.take(caller, time.monotonic())


def take_sign_in(request: HttpRequest) -> None:
    """Count one attempt to sign in from the request's address.

    Raises:
        TooManyRequests: there are more than SIGN_INS_PER_MINUTE.
    """
    _sign_ins.take(client_address(request), time.monotonic())


def client_address(request: Any) -> str:
    """Whom the outermost trusted proxy saw; without one, who is connected."""
    count: int = settings.PROXY_COUNT
    if count > 0:
        seen: list[str] = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(seen) >= count and seen[-count]:
            return seen[-count]
    # Over a Unix socket nobody has an address; axes keeps it in a column that takes nothing else.
    return str(request.META.get("REMOTE_ADDR") or "::")


def refused(request: HttpRequest, refusal: TooManyRequests) -> HttpResponse:
    """The page that says so."""
    from config.problems import ProblemPageMiddleware

    response = ProblemPageMiddleware(lambda _: HttpResponse()).process_exception(request, refusal)
    assert response is not None  # every refusal has its row
    return response


def locked_out(request: HttpRequest, original: Any = None, credentials: Any = None) -> HttpResponse:
    """What axes answers to whoever failed too often."""
    wait = int(settings.AXES_COOLOFF_TIME.total_seconds())
    message = f"Too many failed attempts. Sign-in is locked for {wait // 60} minutes."
    return refused(request, TooManyRequests(wait, message))
