"""What the clock starts for the schema's fingerprint."""

from celery import shared_task
from django.utils import timezone

from audit.fingerprint import services


@shared_task
def look_at_the_schema() -> None:
    """Record a change of the schema, and once a day that there was none. Safe to run twice."""
    services.look(now=timezone.now())
