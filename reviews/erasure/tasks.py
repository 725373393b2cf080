"""What workers and the clock do for erasures."""

from uuid import UUID

import structlog
from celery import shared_task
from django.utils import timezone

from reviews.erasure import notifications, running, services
from reviews.erasure.models import Erasure
from reviews.erasure.states import ErasureState

log = structlog.get_logger(__name__)

RESEND_EVERY = 10
"""Seconds between two rounds of the sweeper; a message nobody took by then is dropped."""


@shared_task(acks_late=True)
def run_erasure(*, erasure_id: str) -> None:
    """Do one erasure to its end.

    Safe to run twice or on two workers at once, and to die at any point: the next run goes on from there.
    """
    id_ = UUID(erasure_id)
    try:
        running.begin(id_, now=timezone.now())
        while running.step(id_, now=timezone.now()):
            pass
        running.finish(id_, now=timezone.now())
    except running.Elsewhere:
        log.info("erasure.elsewhere", erasure=erasure_id)


@shared_task
def resend_waiting() -> int:
    """Wake a worker for every erasure whose message or worker was lost, or whose holds are lifted.

    Answers how many that was. Safe to run twice: a message too many finds nothing to do.
    """
    services.wake_held(now=timezone.now())
    waiting = Erasure.objects.filter(state__in=[ErasureState.QUEUED, ErasureState.RUNNING])
    ids = list(waiting.values_list("pk", flat=True))
    for erasure_id in ids:
        notifications.wake_worker(erasure_id, expires=RESEND_EVERY)
    return len(ids)
