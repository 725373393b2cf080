"""What workers do for exports."""

from contextlib import suppress
from functools import partial
from uuid import UUID

import structlog
from celery import shared_task
from django.db import Error as DatabaseError
from django.utils import timezone

from reviews.exports import files, notifications, services
from reviews.exports.making import Order, make
from reviews.exports.services import Overtaken, Run

log = structlog.get_logger(__name__)

RESEND_EVERY = 10
"""Seconds between two rounds of the sweeper; a message nobody took by then is dropped."""


@shared_task(acks_late=True)
def run_export(*, export_id: str) -> None:
    """Make one export.

    Safe to run twice or on two workers at once: the second finds that it is taken and does nothing. Safe
    to die at any point: the next run begins again, with the same bytes.
    """
    run = services.take(export_id=UUID(export_id), now=timezone.now())
    if run is None:
        return
    folder = files.partial_folder(run.export.pk, run.token)
    try:
        _make(run)
    except Overtaken:
        log.info("export.overtaken", export=export_id)
    except DatabaseError:
        # Nothing could be written down either: the sweeper starts it again.
        raise
    except Exception as error:
        log.exception("export.failed", export=export_id)
        with suppress(Overtaken):
            services.fail(run, failure=_sentence(error), now=timezone.now())
    finally:
        files.discard(folder)


def _make(run: Run) -> None:
    export = run.export
    folder = files.partial_folder(export.pk, run.token)
    folder.mkdir(parents=True)
    order = Order(
        request=export.request,
        through=export.through,
        model_id=export.model_id,
        created_at=timezone.now(),
    )

    def beat(done: int, total: int) -> None:
        services.beat(run, done=done, total=total)

    manifest = make(order, folder, beat)
    services.finish(
        run,
        manifest=manifest,
        publish=partial(files.publish, folder, files.folder_of(export.pk)),
        now=timezone.now(),
    )


def _sentence(error: Exception) -> str:
    """For whoever asked. What an exception says may quote a label, so only its kind is told."""
    if isinstance(error, OSError):
        return f"The files could not be written ({error.strerror or type(error).__name__})."
    return f"Something went wrong here ({type(error).__name__}); the worker's log says more."


@shared_task
def resend_waiting() -> int:
    """Wake a worker for every export whose message or worker was lost; answer how many that was.

    Safe to run twice: a message too many finds nothing to do.
    """
    waiting = services.waiting().values_list("pk", flat=True)
    for export_id in waiting:
        notifications.wake_worker(export_id, expires=RESEND_EVERY)
    services.sweep_files()
    return len(waiting)
