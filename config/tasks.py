"""What the clock starts for the hall itself."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config.models import Landmark, StoredMail

MAIL_KEPT = timedelta(days=30)


@shared_task
def maintain_partitions() -> None:
    """Keep partitions ahead of the calendar, and forget old mail and sessions.

    Safe to run twice: the database function makes what is missing, the rest deletes what is over.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT maintain_partitions()")
    StoredMail.objects.filter(at__lt=timezone.now() - MAIL_KEPT).delete()
    call_command("clearsessions")


@shared_task
def give_sign_of_life() -> None:
    """Beat sent a message, the broker kept it, a worker took it: `/readyz` looks at when that was last.

    Safe to run twice.
    """
    Landmark.objects.update_or_create(name=Landmark.WORKER_SEEN, defaults={"at": timezone.now()})
