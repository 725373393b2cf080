"""Forgets kept answers whose time is over."""

from celery import shared_task
from django.utils import timezone

from config.idempotency.models import KeptAnswer


@shared_task
def forget_old_answers() -> int:
    """Delete answers past their time; safe to run twice or on two workers at once."""
    deleted, _ = KeptAnswer.objects.filter(expires_at__lt=timezone.now()).delete()
    return deleted
