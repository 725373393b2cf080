"""Pages of the administration that stand above every wing: health, and mail that went nowhere."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.pages import render, signed_in
from audit.refusals import NotFound, NotPermitted
from config import health
from config.models import Landmark, StoredMail
from config.version import VERSION
from governance.access.models import Person
from governance.access.roles import MANAGE_PEOPLE, VIEW_HEALTH
from governance.access.web.asking import asking

SHOWN = 100


@require_safe
@signed_in
def healthy(request: HttpRequest) -> HttpResponse:
    """How everything is doing."""
    if not asking(request).has_perm(VIEW_HEALTH):
        raise NotPermitted("Only an administrator or an auditor can see the health of Countersign.")
    found = health.look()
    context = {
        "report": found,
        "status": found.as_json()["status"],
        "checks": [(subject, CHECKED.get(subject, subject), said) for subject, said in found.checks.items()],
        "marks": Landmark.objects.order_by("name"),
        "mail": "kept here: EMAIL_URL is not set" if _keeps_mail() else f"sent by {settings.EMAIL_HOST}",
        "version": VERSION,
        "now": timezone.now(),
    }
    return render(request, "config/health.html", context)


@require_safe
@signed_in
def mail(request: HttpRequest) -> HttpResponse:
    """Messages that had no mail server to go to."""
    _require_administrator(asking(request))
    context = {"messages_kept": StoredMail.objects.order_by("-id")[:SHOWN], "keeps": _keeps_mail()}
    return render(request, "config/mail.html", context)


@require_safe
@signed_in
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One of them."""
    _require_administrator(asking(request))
    found = StoredMail.objects.filter(pk=message_id).first()
    if found is None:
        raise NotFound("There is no such message any more; they are kept for 30 days.")
    return render(request, "config/message.html", {"message": found})


CHECKED = {
    "database": "PostgreSQL answers",
    "migrations": "the database is at this version",
    "guards": "the trail's guards hold against the application's login",
    "schema": "the database's schema changed only by migrations",
    "partitions": "there is room for the months ahead",
    "sequencer": "facts get their place in the feeds",
    "log": "the audit log is signed, and seen outside the database",
    "broker": "work for the background can be handed over",
    "worker": "somebody takes that work",
}


def _keeps_mail() -> bool:
    return str(settings.EMAIL_BACKEND).startswith("config.")


def _require_administrator(person: Person) -> None:
    if not person.has_perm(MANAGE_PEOPLE):
        raise NotPermitted("Only an administrator can read mail that went nowhere.")
