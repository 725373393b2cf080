"""What the clock starts about access."""

from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone


@shared_task
def tidy() -> None:
    """Forget sessions that have ended and failed attempts that no lock counts any more.

    Safe to run twice or on two workers at once: both delete what is over.
    """
    call_command("clearsessions")
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()
