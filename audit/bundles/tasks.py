"""What workers do for bundles."""

import datetime as dt
from contextlib import suppress
from functools import partial
from typing import BinaryIO, cast
from uuid import UUID

import structlog
from celery import shared_task
from django.db import Error as DatabaseError
from django.utils import timezone

from audit.bundles import files, layout, making, notifications, services
from audit.bundles.models import Bundle
from audit.bundles.services import Overtaken, Run
from audit.canonical import utc_text

log = structlog.get_logger(__name__)

RESEND_EVERY = 10
"""Seconds between two rounds of the sweeper; a message nobody took by then is dropped."""
WAITS_FOR_SIGNATURE = dt.timedelta(seconds=150)
"""The signer needs a minute. A bundle that was asked for longer ago is made without its own request in it."""
NOTHING_SIGNED = (
    "Nothing in the log is signed yet: is the signer running? Ask again once the log page shows a checkpoint."
)
BEAT_EVERY = 16


@shared_task(acks_late=True)
def run_bundle(*, bundle_id: str) -> None:
    """Make one bundle, once a signed checkpoint covers the event that asked for it.

    Safe to run twice or on two workers at once: the second finds that it is taken and does nothing. Safe
    to die at any point: the next run begins again.
    """
    wanted = Bundle.objects.filter(pk=bundle_id).first()
    if wanted is None or _has_to_wait(wanted):
        return
    run = services.take(bundle_id=UUID(bundle_id), now=timezone.now())
    if run is None:
        return
    partial_file = files.partial_path_of(run.bundle.pk, run.token)
    try:
        _make(run)
    except Overtaken:
        log.info("bundle.overtaken", bundle=bundle_id)
    except DatabaseError:
        # Nothing could be written down either: the sweeper starts it again.
        raise
    except Exception as error:
        log.exception("bundle.failed", bundle=bundle_id)
        with suppress(Overtaken):
            services.fail(run, failure=_sentence(error), now=timezone.now())
    finally:
        partial_file.unlink(missing_ok=True)


def _has_to_wait(bundle: Bundle) -> bool:
    """The signature is worth waiting for: then the bundle proves what it was asked for."""
    extent = making.extent_for(bundle.pk)
    is_covered = extent is not None and extent.request is not None
    return not is_covered and timezone.now() - bundle.requested_at < WAITS_FOR_SIGNATURE


def _make(run: Run) -> None:
    bundle = run.bundle
    extent = making.extent_for(bundle.pk)
    if extent is None:
        services.fail(run, failure=NOTHING_SIGNED, now=timezone.now())
        return
    order = layout.Order(
        bundle.pk, utc_text(bundle.requested_at), bundle.request["filter"], bundle.request["openings"],
        bundle.request["software"], extent.request,
    )  # fmt: skip
    tiles = 0

    def beat(done: int, total: int) -> None:
        nonlocal tiles
        tiles += 1
        if tiles % BEAT_EVERY == 0 or done == total:
            services.beat(run, done=done, total=total)

    path = files.partial_path_of(bundle.pk, run.token)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb", buffering=files.BLOCK) as opened:
        file = files.Hashing(opened)
        subject = services.subject_of(bundle)
        found = making.write(cast(BinaryIO, file), order, extent, subject=subject, beat=beat)
    services.finish(
        run,
        manifest={**found, "bytes": file.bytes, "sha256": file.sha256},
        publish=partial(files.publish, path, files.path_of(bundle.pk)),
        now=timezone.now(),
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The file could not be written ({error.strerror or type(error).__name__})."
    return f"Something went wrong here ({type(error).__name__}); the worker's log says more."


@shared_task
def resend_waiting() -> int:
    """Wake a worker for every bundle whose message or worker was lost, or that waits for a signature.

    Safe to run twice: a message too many finds nothing to do. Answers how many that was.
    """
    waiting = list(services.waiting().values_list("pk", flat=True))
    for bundle_id in waiting:
        notifications.wake_worker(bundle_id, expires=RESEND_EVERY)
    services.sweep_files()
    return len(waiting)
