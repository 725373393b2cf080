"""config.mail: without a mail server, messages are kept where an administrator can read them."""

import datetime as dt

import pytest
from django.core import mail
from django.utils import timezone

from config.models import StoredMail
from config.tasks import maintain_partitions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_a_server(settings):
    settings.EMAIL_BACKEND = "config.mail.StoredMailBackend"


def test_a_message_is_kept():
    mail.send_mail("Welcome", "Sign in at ...", "from@example.org", ["ada@example.org", "bob@example.org"])

    kept = StoredMail.objects.get()
    assert (kept.subject, kept.recipients) == ("Welcome", "ada@example.org, bob@example.org")
    assert kept.body == "Sign in at ..."


def test_is_forgotten_after_a_month():
    for days in (1, 31):
        StoredMail.objects.create(
            at=timezone.now() - dt.timedelta(days=days), sender="", recipients="", subject=f"{days}", body=""
        )

    maintain_partitions()

    assert StoredMail.objects.get().subject == "1"
