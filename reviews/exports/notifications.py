"""What exports tell others, after commit."""

from uuid import UUID

from celery import current_app

TASK = "reviews.exports.tasks.run_export"


def wake_worker(export_id: UUID, *, expires: float | None = None) -> None:
    """Tell a worker that an export waits. By name: the task itself stands above the services."""
    current_app.send_task(TASK, kwargs={"export_id": str(export_id)}, expires=expires)
