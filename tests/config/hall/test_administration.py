"""Health and kept mail, for those who run the place."""

from typing import Any

import pytest
from django.core.mail import send_mail
from django.test import Client

from config.models import StoredMail
from tests import factories

pytestmark = pytest.mark.django_db


def as_(role: str) -> Client:
    client = Client()
    client.force_login(factories.person(role), backend="governance.access.backend.RoleBackend")
    return client


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_shows_how_everything_is_doing(role: str) -> None:
    page = as_(role).get("/administration/health")

    assert page.status_code == 200
    assert "PostgreSQL answers" in page.content.decode()


def test_keeps_mail_for_administrators(settings: Any) -> None:
    settings.EMAIL_BACKEND = "config.mail.StoredMailBackend"  # the suite has one of its own
    send_mail("Hello", "Read <b>me</b>", None, ["ada@example.org"])
    kept = StoredMail.objects.get()

    assert b"Hello" in as_("administrator").get("/administration/mail").content
    assert b"Read &lt;b&gt;me" in as_("administrator").get(f"/administration/mail/{kept.pk}").content
    assert as_("auditor").get("/administration/mail").status_code == 403
    assert as_("auditor").get(f"/administration/mail/{kept.pk}").status_code == 403


def test_nobody_else_sees_health() -> None:
    assert as_("reviewer").get("/administration/health").status_code == 403
