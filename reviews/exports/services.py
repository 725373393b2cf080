"""Everything that changes an export.

A run of a worker is fenced by the version of the event that began it: whatever happens to the export after
that (cancelled, taken over because the worker seemed dead) raises the version, and the run may no longer
write anything.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import feeds, sequencer
from audit.trail import services as trail
from audit.trail.actors import CLOCK, Actor
from audit.trail.models import Feed
from registry.catalog.models import Model
from reviews.exports import files, notifications, policies, selectors
from reviews.exports.body import Asked
from reviews.exports.errors import ExportFinished, IllegalTransition
from reviews.exports.models import Export
from reviews.exports.states import TRANSITIONS, ExportState
from reviews.labels.selectors import model_for, readable_environments
from reviews.queue.models import Queue

SILENT_FOR = dt.timedelta(seconds=30)
"""A run without a sign of life for so long is taken over."""
WAITED_FOR = dt.timedelta(seconds=5)
"""A message to the worker may take so long before another is sent."""
MOST_RUNS = 5


class Overtaken(Exception):
    """This run is no longer the export's: it was cancelled, or another run took over. Not a refusal."""


class Run(NamedTuple):
    """A worker's hold on an export."""

    export: Export
    token: int


@transaction.atomic
def ask(*, asked: Asked, actor: Actor, now: dt.datetime) -> Export:
    """Queue an export, as `actor`; a worker makes it.

    Raises:
        NotFound, NotPermitted: the model's labels are not the actor's to read.
        BadInput: a queue of the filter is not one of the model's AI system.
    """
    model = model_for(actor, asked.model)
    # What names stand for today is kept with them, so that the request means the same for ever.
    request = {
        **asked.request,
        "class_field": model.class_field,
        "queue_ids": _queue_ids(model, asked.request["filter"]["queues"]),
        "environments": readable_environments(actor),
    }
    export = Export(
        model=model,
        request=request,
        through=_newest() if asked.through is None else asked.through,
        requested_by=actor.audit_ref,
        requested_at=now,
    )
    details = {"request": request, "through": export.through}
    trail.record(kind="reviews.export.requested", actor=actor, entity=export, details=details, now=now)
    # Robust, as the sweeper finds it when the broker does not answer. (A partial has no name, which Django
    # needs to report what went wrong.)
    transaction.on_commit(lambda: notifications.wake_worker(export.pk), robust=True)
    return export


def _newest() -> int:
    """The position of the newest label: what was committed before counts, sequenced or not."""
    sequencer.place(Feed.LABELS)
    return feeds.size(Feed.LABELS)


def _queue_ids(model: Model, slugs: list[str] | None) -> list[str] | None:
    if slugs is None:
        return None
    found = dict(Queue.objects.filter(system_id=model.system_id, slug__in=slugs).values_list("slug", "id"))
    if missing := [slug for slug in slugs if slug not in found]:
        detail = f"The AI system of this model has no queue {missing[0]!r}."
        raise BadInput([FieldError("/filter/queues", "UNKNOWN_QUEUE", detail)])
    return sorted(str(id_) for id_ in found.values())


@transaction.atomic
def take(*, export_id: UUID, now: dt.datetime) -> Run | None:
    """Begin a run, if the export waits for one; None when somebody else is at it or it has ended.

    An export that lost its worker more often than `MOST_RUNS` fails: it would kill the next one too.
    """
    export = (
        Export.objects.select_for_update(of=["self"], skip_locked=True)
        .filter(_waiting(), pk=export_id)
        .select_related("model")
        .first()
    )
    if export is None:
        return None
    if export.event_version > MOST_RUNS:
        export.failure = "The worker died of it several times. Narrow the filter, or see the worker's log."
        _move(export, to=ExportState.FAILED, actor=CLOCK, now=now)
        return None
    export.started_at = now
    if export.state == ExportState.QUEUED:
        _move(export, to=ExportState.RUNNING, actor=CLOCK, now=now)
    else:
        trail.record(kind="reviews.export.restarted", actor=CLOCK, entity=export, details={}, now=now)
    run = Run(export, export.event_version)
    beat(run, done=0, total=0)
    return run


def beat(run: Run, *, done: int, total: int) -> None:
    """Say how far a run is, and that it lives. The database's clock counts.

    Raises:
        Overtaken: the export is no longer this run's.
    """
    mine = Export.objects.filter(pk=run.export.pk, event_version=run.token, state=ExportState.RUNNING)
    if not mine.update(done=done, total=total, heartbeat_at=Now()):
        raise Overtaken


@transaction.atomic
def finish(run: Run, *, manifest: Mapping[str, Any], publish: Callable[[], None], now: dt.datetime) -> Export:
    """Put the files in place and say that they are there.

    Raises:
        Overtaken: the export is no longer this run's; nothing was put in place.
    """
    export = _lock_for(run)
    # Under the lock: of two runs, only the one that may say so moves its files.
    publish()
    export.manifest = dict(manifest)
    details = {
        "digest": manifest["digest"],
        "rows": manifest["rows"],
        "files": {entry["name"]: entry["sha256"] for entry in manifest["files"]},
    }
    _move(export, to=ExportState.DONE, actor=CLOCK, now=now, **details)
    return export


@transaction.atomic
def fail(run: Run, *, failure: str, now: dt.datetime) -> Export:
    """Give up, with a sentence for whoever asked.

    Raises:
        Overtaken: the export is no longer this run's.
    """
    export = _lock_for(run)
    export.failure = failure
    _move(export, to=ExportState.FAILED, actor=CLOCK, now=now)
    return export


@transaction.atomic
def cancel(*, export_id: UUID, actor: Actor, now: dt.datetime) -> Export:
    """Stop an export; a run notices within a few hundred rows.

    Raises:
        NotFound, NotPermitted: not the actor's to read.
        ExportFinished: it has ended.
    """
    export = _lock(export_id, actor)
    if reason := policies.why_not_cancel(actor, export):
        raise NotPermitted(reason)
    if reason := policies.too_late_to_cancel(export):
        raise ExportFinished(reason)
    _move(export, to=ExportState.CANCELLED, actor=actor, now=now)
    return export


@transaction.atomic
def purge(*, export_id: UUID, actor: Actor, now: dt.datetime) -> Export:
    """Delete the files of an export; its record, manifest and digest stay.

    Raises:
        NotFound, NotPermitted: not the actor's to delete.
        ExportPurged: they are deleted.
        ExportNotDone: there are none.
    """
    export = _lock(export_id, actor)
    if reason := policies.why_not_purge(actor, export):
        raise NotPermitted(reason)
    selectors.require_files(export)
    _move(export, to=ExportState.PURGED, actor=actor, now=now)
    # If we die in between, the sweeper deletes them.
    transaction.on_commit(lambda: files.discard(files.folder_of(export.pk)), robust=True)
    return export


@transaction.atomic
def purge_erased(*, export_id: UUID, erasure_id: UUID, actor: Actor, now: dt.datetime) -> bool:
    """Delete the files of an export that hold erased content, or let a run that may have read it begin again.

    Answers whether files were deleted. The caller has judged whether `actor` may. Safe to repeat.
    """
    export = Export.objects.select_for_update(of=["self"]).select_related("model__system").get(pk=export_id)
    if export.state == ExportState.RUNNING:
        details = {"erasure": erasure_id}
        trail.record(kind="reviews.export.restarted", actor=actor, entity=export, details=details, now=now)
        # The version fences the run that is at it; without a sign of life the sweeper finds another.
        Export.objects.filter(pk=export.pk).update(heartbeat_at=Now() - 2 * SILENT_FOR)
        return False
    if export.state != ExportState.DONE:
        return False
    _move(export, to=ExportState.PURGED, actor=actor, now=now, erasure=erasure_id)
    transaction.on_commit(lambda: files.discard(files.folder_of(export.pk)), robust=True)
    return True


@transaction.atomic
def hand_out(
    *, export_id: UUID, file: Mapping[str, Any], first: int, last: int, actor: Actor, now: dt.datetime
) -> Export:
    """Say in the trail that bytes `first` to `last` of a file leave, before they do.

    Raises:
        NotFound, NotPermitted: not the actor's to read.
        ExportPurged, ExportNotDone: there are no files any more.
    """
    export = _lock(export_id, actor)
    selectors.require_files(export)
    details = {"file": file["name"], "sha256": file["sha256"], "first": first, "last": last}
    trail.record(kind="reviews.export.downloaded", actor=actor, entity=export, details=details, now=now)
    return export


def waiting() -> QuerySet[Export]:
    """Exports that a worker should take, and whose message may be lost."""
    return Export.objects.filter(_waiting()).exclude(
        state=ExportState.QUEUED, requested_at__gt=Now() - WAITED_FOR
    )


def sweep_files() -> int:
    """Delete what runs that died, and purges that did, left on this machine's disk; answer how many.

    Safe beside a run: only folders of exports that have ended without files, and those of earlier runs.
    """
    folders = {path: path.name.partition(".") for path in files.root().glob("*-*-*-*-*")}
    ids = {UUID(id_) for id_, _, _ in folders.values() if _is_id(id_)}
    known = {str(each.pk): each for each in Export.objects.filter(pk__in=ids)}
    swept = 0
    for path, (id_, _, rest) in folders.items():
        export = known.get(id_)
        if export is None:  # of another database
            continue
        token = rest.removesuffix(files.PARTIAL)
        current = export.state == ExportState.RUNNING and token in ("", str(export.event_version))
        kept = export.state == ExportState.DONE and not rest
        if not current and not kept:
            files.discard(path)
            swept += 1
    return swept


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _waiting() -> Q:
    return Q(state=ExportState.QUEUED) | Q(state=ExportState.RUNNING, heartbeat_at__lt=Now() - SILENT_FOR)


def _lock(export_id: UUID, actor: Actor) -> Export:
    """Load an export so that nobody else can change it before we commit."""
    selectors.export_for(actor, export_id)
    return Export.objects.select_for_update(of=["self"]).select_related("model__system").get(pk=export_id)


def _lock_for(run: Run) -> Export:
    export = Export.objects.select_for_update(of=["self"]).select_related("model").get(pk=run.export.pk)
    if export.event_version != run.token or export.state != ExportState.RUNNING:
        raise Overtaken
    return export


def _move(export: Export, *, to: ExportState, actor: Actor, now: dt.datetime, **details: Any) -> None:
    """Change an export's state, and say so in the trail. `export` must be locked in this transaction."""
    came_from = ExportState(export.state)
    if to not in TRANSITIONS[came_from]:
        raise IllegalTransition(f"An export that is {came_from.label} cannot be {to.label}.")
    export.state = to
    if to in (ExportState.DONE, ExportState.FAILED, ExportState.CANCELLED):
        export.finished_at = now
    trail.record(
        kind=f"reviews.export.{to}",
        actor=actor,
        entity=export,
        details={"from": came_from, "to": to, **details},
        now=now,
    )
