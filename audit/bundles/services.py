"""Everything that changes a bundle.

A run of a worker is fenced by the version of the event that began it, as runs of exports are.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit.bundles import files, notifications, policies, selectors
from audit.bundles.asking import Asked
from audit.bundles.errors import BundleFinished, IllegalBundleMove
from audit.bundles.models import Bundle
from audit.bundles.states import ENDED, EVENTS, TRANSITIONS, BundleState
from audit.prepared import execute
from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import CLOCK, Actor
from audit.trail.models import Opening
from audit.verifier import FORMAT, REQUESTED

SILENT_FOR = dt.timedelta(seconds=60)
"""A run without a sign of life for so long is taken over."""
WAITED_FOR = dt.timedelta(seconds=5)
MOST_RUNS = 5
LENGTH_OF_ID = 36


class Overtaken(Exception):
    """This run is no longer the bundle's: it was cancelled, or another run took over. Not a refusal."""


class Run(NamedTuple):
    """A worker's hold on a bundle."""

    bundle: Bundle
    token: int


@transaction.atomic
def ask(*, asked: Asked, actor: Actor, now: dt.datetime) -> Bundle:
    """Queue a bundle, as `actor`; a worker makes it.

    The event says what was asked for, so that the bundle can be held against the log itself. A data subject
    is committed to there and kept beside the log, erasable.

    Raises:
        NotPermitted: the events, or the openings, are not the actor's to read.
    """
    if reason := policies.why_not_ask(actor, system_id=asked.system_id, openings=asked.openings):
        raise NotPermitted(reason)
    bundle = Bundle(
        request={
            "filter": dict(asked.filter),
            "openings": asked.openings,
            "format": FORMAT,
            "software": settings.SOFTWARE,
        },
        system_id=asked.system_id,
        requested_by=actor.audit_ref,
        requested_at=now,
    )
    said: dict[str, Any] = {}
    if asked.subject is not None:
        committed = trail.commit_to(entity=bundle, name="subject", value=asked.subject)
        bundle.request["filter"]["subject"] = said["subject"] = committed
    trail.record(kind=REQUESTED, actor=actor, entity=bundle, details={**bundle.request, **said}, now=now)
    transaction.on_commit(lambda: notifications.wake_worker(bundle.pk), robust=True)
    return bundle


def subject_of(bundle: Bundle) -> str | None:
    """The data subject that was asked for; an empty one when it was erased since."""
    if bundle.request["filter"]["subject"] is None:
        return None
    found = Opening.objects.filter(entity_type=bundle.audit_type, entity_id=bundle.pk, name="subject").first()
    return "" if found is None else found.value


@transaction.atomic
def take(*, bundle_id: UUID, now: dt.datetime) -> Run | None:
    """Begin a run, if the bundle waits for one; None when somebody else is at it or it has ended."""
    bundle = (
        Bundle.objects.select_for_update(skip_locked=True).filter(_waiting(), pk=bundle_id).first()
    )  # fmt: skip
    if bundle is None:
        return None
    if bundle.event_version > MOST_RUNS:
        bundle.failure = "The worker died of it several times. Narrow the filter, or see the worker's log."
        _move(bundle, to=BundleState.FAILED, actor=CLOCK, now=now)
        return None
    bundle.started_at = now
    if bundle.state == BundleState.QUEUED:
        _move(bundle, to=BundleState.RUNNING, actor=CLOCK, now=now)
    else:
        trail.record(kind="audit.bundle.restarted", actor=CLOCK, entity=bundle, details={}, now=now)
    run = Run(bundle, bundle.event_version)
    beat(run, done=0, total=0)
    return run


def beat(run: Run, *, done: int, total: int) -> None:
    """Say how far a run is, and that it lives. The database's clock counts.

    Raises:
        Overtaken: the bundle is no longer this run's.
    """
    mine = Bundle.objects.filter(pk=run.bundle.pk, event_version=run.token, state=BundleState.RUNNING)
    if not mine.update(done=done, total=total, heartbeat_at=Now()):
        raise Overtaken


@transaction.atomic
def finish(run: Run, *, manifest: Mapping[str, Any], publish: Callable[[], None], now: dt.datetime) -> Bundle:
    """Put the file in place and say that it is there.

    Raises:
        Overtaken: the bundle is no longer this run's; nothing was put in place.
    """
    bundle = _lock_for(run)
    publish()  # under the lock: of two runs, only the one that may say so moves its file
    bundle.manifest = dict(manifest)
    details = {"sha256": manifest["sha256"], "bytes": manifest["bytes"], "counts": manifest["counts"]}
    _move(bundle, to=BundleState.DONE, actor=CLOCK, now=now, **details)
    return bundle


@transaction.atomic
def fail(run: Run, *, failure: str, now: dt.datetime) -> Bundle:
    """Give up, with a sentence for whoever asked.

    Raises:
        Overtaken: the bundle is no longer this run's.
    """
    bundle = _lock_for(run)
    bundle.failure = failure
    _move(bundle, to=BundleState.FAILED, actor=CLOCK, now=now)
    return bundle


@transaction.atomic
def cancel(*, bundle_id: UUID, actor: Actor, now: dt.datetime) -> Bundle:
    """Stop a bundle; a run notices within a tile.

    Raises:
        NotFound, NotPermitted: not the actor's to read.
        BundleFinished: it has ended.
    """
    bundle = _lock(bundle_id, actor)
    if reason := policies.too_late_to_cancel(bundle):
        raise BundleFinished(reason)
    _move(bundle, to=BundleState.CANCELLED, actor=actor, now=now)
    return bundle


@transaction.atomic
def hand_out(*, bundle_id: UUID, first: int, last: int, actor: Actor, now: dt.datetime) -> Bundle:
    """Say in the trail that bytes `first` to `last` of the file leave, before they do.

    Raises:
        NotFound, NotPermitted: not the actor's to read.
        BundlePurged, BundleNotDone, BundleFileMissing: there is no file.
    """
    bundle = _lock(bundle_id, actor)
    manifest, _ = selectors.file_of(bundle)
    details = {"sha256": manifest["sha256"], "first": first, "last": last}
    trail.record(kind="audit.bundle.downloaded", actor=actor, entity=bundle, details=details, now=now)
    return bundle


@transaction.atomic
def purge_erased(*, bundle_id: UUID, erasure_id: UUID, actor: Actor, now: dt.datetime) -> bool:
    """Delete the file of a bundle that holds erased openings, or let a run that may have read them begin
    again. The manifest and its digest stay.

    Answers whether a file was deleted. The caller has judged whether `actor` may. Safe to repeat.
    """
    bundle = Bundle.objects.select_for_update().get(pk=bundle_id)
    if bundle.state == BundleState.RUNNING:
        details = {"erasure": erasure_id}
        trail.record(kind="audit.bundle.restarted", actor=actor, entity=bundle, details=details, now=now)
        # The version fences the run that is at it; without a sign of life the sweeper finds another.
        Bundle.objects.filter(pk=bundle.pk).update(heartbeat_at=Now() - 2 * SILENT_FOR)
        return False
    if bundle.state != BundleState.DONE:
        return False
    _move(bundle, to=BundleState.PURGED, actor=actor, now=now, erasure=erasure_id)
    # If we die in between, the sweeper deletes it.
    transaction.on_commit(lambda: files.path_of(bundle.pk).unlink(missing_ok=True), robust=True)
    return True


@transaction.atomic
def forget_subject(*, bundle_id: UUID, erasure_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """Delete which data subject a bundle was asked for; the commitment stays. The caller has judged that."""
    bundle = Bundle.objects.select_for_update().get(pk=bundle_id)
    details = {"erasure": erasure_id}
    trail.record(kind="audit.bundle.subject_erased", actor=actor, entity=bundle, details=details, now=now)
    execute("SELECT audit_forget_bundle_subject(%s)", [bundle.pk])


def waiting() -> QuerySet[Bundle]:
    """Bundles that a worker should take, and whose message may be lost."""
    return Bundle.objects.filter(_waiting()).exclude(
        state=BundleState.QUEUED, requested_at__gt=Now() - WAITED_FOR
    )


def sweep_files() -> int:
    """Delete what runs that died, and purges that did, left on this machine's disk; answer how many files.

    Safe beside a run: only files of runs that are no longer the bundle's.
    """
    swept = 0
    for path in files.root().glob("*.partial"):
        id_, _, token = path.name.removesuffix(".partial").partition(".")
        if not token.isdigit() or len(id_) != LENGTH_OF_ID:
            continue
        alive = Bundle.objects.filter(pk=id_, event_version=int(token), state=BundleState.RUNNING)
        if not alive.exists():
            path.unlink(missing_ok=True)
            swept += 1
    for purged in Bundle.objects.filter(state=BundleState.PURGED):
        if (path := files.path_of(purged.pk)).exists():
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _waiting() -> Q:
    return Q(state=BundleState.QUEUED) | Q(state=BundleState.RUNNING, heartbeat_at__lt=Now() - SILENT_FOR)


def _lock(bundle_id: UUID, actor: Actor) -> Bundle:
    """Load a bundle so that nobody else can change it before we commit."""
    selectors.bundle_for(actor, bundle_id)
    return Bundle.objects.select_for_update().get(pk=bundle_id)


def _lock_for(run: Run) -> Bundle:
    bundle = Bundle.objects.select_for_update().get(pk=run.bundle.pk)
    if bundle.event_version != run.token or bundle.state != BundleState.RUNNING:
        raise Overtaken
    return bundle


def _move(bundle: Bundle, *, to: BundleState, actor: Actor, now: dt.datetime, **details: Any) -> None:
    """Change a bundle's state, and say so in the trail. `bundle` must be locked in this transaction."""
    came_from = BundleState(bundle.state)
    if to not in TRANSITIONS[came_from]:
        raise IllegalBundleMove(f"A bundle that is {came_from.label} cannot be {to.label}.")
    bundle.state = to
    if to in ENDED:
        bundle.finished_at = now
    trail.record(
        kind=EVENTS[to], actor=actor, entity=bundle, details={"from": came_from, "to": to, **details}, now=now
    )
