"""What the clock starts about suspensions."""

from celery import shared_task
from django.utils import timezone

from governance.suspensions import telling


@shared_task(acks_late=True)
def tell_untold() -> int:
    """Write the mail about every suspension that was raised or lifted; answer how many that was.

    Safe to run twice or on two workers at once: one that another worker has locked is left to it.
    """
    told = 0
    while telling.tell_next(now=timezone.now()):
        told += 1
    return told
