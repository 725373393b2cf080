"""What erasures tell others, after commit."""

from uuid import UUID

from celery import current_app

TASK = "reviews.erasure.tasks.run_erasure"


def wake_worker(erasure_id: UUID, *, expires: float | None = None) -> None:
    """Tell a worker that an erasure waits. By name: the task itself stands above the services."""
    current_app.send_task(TASK, kwargs={"erasure_id": str(erasure_id)}, expires=expires)
