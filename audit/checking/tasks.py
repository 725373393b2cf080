"""What the clock starts to check the log."""

import structlog
from celery import shared_task
from django.utils import timezone

from audit.checking import services
from audit.checking.models import CheckState

log = structlog.get_logger(__name__)


@shared_task
def check_since_last() -> bool:
    """Check what is new, reconcile what it touched, and keep the result; answer whether all was well.

    Safe to run twice: it reads, and the later result stays.
    """
    findings, reached = services.verify(since_last=True, beat=lambda done, total: None)
    services.remember(CheckState.SINCE_LAST, findings, reached, now=timezone.now())
    if not findings.ok:
        log.error("audit.check_found", found=dict(findings.codes))
    return findings.ok
