"""What bundles tell others, after commit."""

from uuid import UUID

from celery import current_app

TASK = "audit.bundles.tasks.run_bundle"


def wake_worker(bundle_id: UUID, *, expires: float | None = None) -> None:
    """Tell a worker that a bundle waits. By name: the task itself stands above the services."""
    current_app.send_task(TASK, kwargs={"bundle_id": str(bundle_id)}, expires=expires)
