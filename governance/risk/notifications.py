"""What the classification tells people, after commit: workers write the messages."""

from uuid import UUID

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

HANDED_OVER = "governance.risk.tasks.tell_handed_over"
PROPOSED = "governance.risk.tasks.tell_proposed"


def tell_handed_over(draft_id: UUID) -> None:
    """Tell whoever has the questionnaire now. By name: the task itself stands above the services."""
    _send(HANDED_OVER, draft_id=draft_id)


def tell_proposed(override_id: UUID) -> None:
    """Tell those who can be the second person."""
    _send(PROPOSED, override_id=override_id)


def _send(task: str, **ids: UUID) -> None:
    """What was done stands, also when nobody can be told: the pages still say it."""
    try:
        current_app.send_task(task, kwargs={name: str(id_) for name, id_ in ids.items()})
    except (OperationalError, OSError) as error:
        log.warning("task.not_sent", task=task, exc_info=error)
