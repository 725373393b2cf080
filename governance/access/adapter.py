"""What allauth asks us about accounts, and where it tells us how an attempt to sign in ended."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from governance.access import sign_in


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by administrators; every attempt to sign in is an event."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """One spelling of the address for everybody who counts attempts by it."""
        email = str(credentials.get("email", "")).strip().lower()
        # axes reads the member named like the form's field; without it, it would lock the whole IP address.
        return super().authenticate(request, **credentials | {"email": email, "login": email})

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        sign_in.refuse(
            email=str(credentials.get("email", "")),
            locked=bool(getattr(request, "axes_locked_out", False)),
            now=timezone.now(),
        )

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        sign_in.succeed(person=user, now=timezone.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return sign_in.answer_deactivated(request, person=user, now=timezone.now())

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """That one is signed in can be seen; it needs no message."""
