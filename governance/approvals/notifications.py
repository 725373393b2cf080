"""What approvals tell people, after commit: workers write the messages."""

from uuid import UUID

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

AWAITED = "governance.approvals.tasks.tell_awaited"
POLICY = "governance.approvals.tasks.tell_policy_drafted"
DECIDED = "governance.approvals.tasks.tell_decided"


def tell_awaited(request_id: UUID) -> None:
    """Tell those who can sign now. By name: the task itself stands above the services."""
    _send(AWAITED, request_id=request_id)


def tell_decided(request_id: UUID) -> None:
    """Tell who asked, and who owns the system, what became of it."""
    _send(DECIDED, request_id=request_id)


def tell_policy_drafted(policy_id: UUID) -> None:
    """Tell those who can publish it."""
    _send(POLICY, policy_id=policy_id)


def _send(task: str, **ids: UUID) -> None:
    """What was signed stands, also when nobody can be told: the inbox and the calendar still say it."""
    try:
        current_app.send_task(task, kwargs={name: str(id_) for name, id_ in ids.items()})
    except (OperationalError, OSError) as error:
        log.warning("task.not_sent", task=task, exc_info=error)
