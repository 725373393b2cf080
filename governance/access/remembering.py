"""Who calls a hot address, without reading a whole key for every request.

A service key that was authenticated is remembered by the SHA-256 of its secret. That says who is asking, not
that the key still holds. Where a POST writes something, the statement that writes it reads that in its own
round trip, and one that is refused before it gets there asks for it (`still_holds`); every other request
asks at once.
"""

import time
from typing import Any, Final

from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit.prepared import execute
from governance.access import secrets
from governance.access.authentication import BearerAuthentication
from governance.access.models import ServiceKey

REMEMBERED_SECONDS: Final = 60.0
"""Then the key is read again, and its last use noted."""
MOST_KEYS: Final = 10_000

_remembered: dict[bytes, tuple[float, ServiceKey]] = {}


_HOLDS: Final = """
SELECT FROM governance_servicekey WHERE id = %(key)s AND (revoked_at IS NULL OR revoked_at > now())
    AND (expires_at IS NULL OR expires_at > now())"""


class RememberedKey(BearerAuthentication):
    """Bearer authentication on hot addresses. All but keys take the ordinary way."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not text.startswith(secrets.KEY):
            return super().authenticate(request)
        digest = secrets.digest(text.strip())
        found = _remembered.get(digest)
        if found is not None and time.monotonic() - found[0] < REMEMBERED_SECONDS:
            if request.method != "POST" and not still_holds(found[1]):
                raise AuthenticationFailed("This key is unknown, expired or revoked.")
            return found[1], found[1]
        answer = super().authenticate(request)
        if answer is not None and isinstance(answer[0], ServiceKey):
            if len(_remembered) >= MOST_KEYS:
                _remembered.clear()
            _remembered[digest] = (time.monotonic(), answer[0])
        return answer


def still_holds(caller: Any) -> bool:
    """Whether a remembered key is still one; everybody else was looked up for this very request."""
    if not isinstance(caller, ServiceKey):
        return True
    return execute(_HOLDS, {"key": caller.pk}).fetchone() is not None
