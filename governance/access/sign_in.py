"""Events of signing in and out. No address enters an event: an account's id, or nothing."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from audit.trail import services as trail
from governance.access.models import Person


@dataclass(frozen=True, slots=True)
class Stranger:
    """Whoever stands before the sign-in page. May nothing."""

    audit_ref: str = "stranger"

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False


@transaction.atomic
def succeed(*, person: Person, now: dt.datetime) -> None:
    """Somebody has signed in."""
    trail.remark(kind="access.sign_in.done", actor=person, entity_type="sign_in", details={}, now=now)


@transaction.atomic
def refuse(*, email: str, locked: bool, now: dt.datetime) -> None:
    """An attempt was refused: no such account, another password, or locked after too many attempts."""
    person = Person.objects.filter(email__iexact=email).first() if "\x00" not in email else None
    trail.remark(
        kind="access.sign_in.refused",
        actor=Stranger(),
        entity_type="sign_in",
        details={"person": person.audit_ref if person else None, "locked": locked},
        now=now,
    )


@transaction.atomic
def end(*, person: Person, now: dt.datetime) -> None:
    """Somebody has signed out."""
    trail.remark(kind="access.sign_in.ended", actor=person, entity_type="sign_in", details={}, now=now)


def answer_deactivated(request: HttpRequest, *, person: Person, now: dt.datetime) -> HttpResponse:
    """The right password of a closed account: says so, since only its holder can have typed it."""
    refuse(email=person.email, locked=False, now=now)
    messages.error(request, "This account is deactivated. An administrator can tell you why.")
    return HttpResponseRedirect(reverse("account_login"))
