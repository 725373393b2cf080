"""What the clock starts: snoozed reviews whose date has come."""

from celery import shared_task
from django.utils import timezone

from reviews.queue import services


@shared_task(acks_late=True)
def wake_snoozed() -> int:
    """Let every snoozed review wait again whose date has come; answer how many that was.

    Safe to run twice or on two workers at once: an item that another one has locked is left to it.
    """
    now = timezone.now()
    woken = 0
    while batch := services.wake(now=now):
        woken += batch
    return woken
