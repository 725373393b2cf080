"""The Celery application. PostgreSQL holds the state; Celery only wakes workers up."""

import os
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = structlog.get_logger(__name__)


class WakeUp(Task):  # type: ignore[type-arg]  # generic in the stubs only
    """A task whose message may get lost.

    What it is about is committed before it is sent, and a sweeper sends again. So a broker that is away
    must not make an answer out of a committed change into an error.
    """

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().apply_async(*args, **kwargs)
        except (OperationalError, OSError) as error:
            log.warning("task.not_sent", task=self.name, exc_info=error)
            return None


app = Celery("countersign", task_cls=WakeUp)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "audit.bundles",
        "audit.checking",
        "config",
        "config.idempotency",
        "audit.fingerprint",
        "governance.access",
        "governance.approvals",
        "governance.suspensions",
        "reviews.erasure",
        "reviews.exports",
        "reviews.judging",
        "reviews.queue",
        "reviews.retention",
    ]
)


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Settings have set it up; a receiver of this signal stops Celery from doing so again."""
