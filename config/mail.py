"""Mail without a mail server: kept where an administrator can read it."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from config.models import StoredMail


class StoredMailBackend(BaseEmailBackend):
    """Used while EMAIL_URL is not set."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        StoredMail.objects.bulk_create(
            StoredMail(
                at=timezone.now(),
                sender=message.from_email,
                recipients=", ".join(message.recipients()),
                subject=str(message.subject),
                body=str(message.body),
            )
            for message in email_messages
        )
        return len(email_messages)
