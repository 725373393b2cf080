"""The limit on calls, as DRF asks for it. Apart from `ratelimit`, which DRF's settings must not import."""

from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.ratelimit import client_address, take_call

if TYPE_CHECKING:
    # It imports its throttles: us.
    from rest_framework.views import APIView

if TYPE_CHECKING:
    # DRF's views import their settings, and those this module.
    from rest_framework.views import APIView


class CallerThrottle(BaseThrottle):
    """The limit for API views: by key or person, by address for strangers."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        caller: Any = request.user
        take_call(getattr(caller, "audit_ref", "") or client_address(request))
        return True
