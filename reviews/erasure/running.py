"""What a worker does for an erasure: batch after batch, each one transaction with its event.

A crash in between loses nothing: what is gone is gone with its event, and the next run finds the rest. Two
workers at one erasure take turns.
"""

import datetime as dt
from uuid import UUID

import orjson
import structlog
from django.db import connection, transaction

from audit.bundles import services as bundles
from audit.bundles.models import Bundle
from audit.prepared import execute
from audit.trail import services as trail
from audit.trail.models import Opening
from reviews.erasure import hooks, matching, moves, receivers
from reviews.erasure.models import Erasure
from reviews.erasure.states import ErasureState, Ground
from reviews.exports import services as exports
from reviews.intake import outcomes
from reviews.intake.models import Status
from reviews.intake.subjects import subject_hashes
from reviews.labels import services as labels
from reviews.queue import moves as items
from reviews.queue import services as queue
from reviews.queue.states import OPEN

log = structlog.get_logger(__name__)

BATCH = 200
"""Predictions of one transaction, and of one event: 40 bytes each, of at most 65,535."""
KIND = "reviews.subject.erased"

_FORGET = """
UPDATE reviews_prediction SET event_version = %s, classes = '{}' WHERE id = %s
"""
_LEFT_BEHIND = """
DELETE FROM reviews_draft d USING reviews_reviewitem i, reviews_erased e
WHERE i.id = d.item_id AND e.prediction_id = i.prediction_id AND e.erasure_id = %s
"""


class Elsewhere(Exception):
    """Another worker is at it, or it has ended. Not a refusal."""


def begin(erasure_id: UUID, *, now: dt.datetime) -> None:
    """Take up an erasure that waits, or one whose worker was lost.

    Raises:
        Elsewhere: there is nothing to do here.
    """
    with transaction.atomic():
        erasure = _lock(erasure_id)
        if erasure.state == ErasureState.QUEUED:
            moves.move(erasure, to=ErasureState.RUNNING, kind="begun", now=now)
        elif erasure.state != ErasureState.RUNNING:
            raise Elsewhere


def step(erasure_id: UUID, *, now: dt.datetime) -> int:
    """Erase the next batch; answer how many predictions that was. 0: nothing is left that may go.

    Raises:
        Elsewhere: another worker is at it.
    """
    with transaction.atomic():
        erasure = _running(erasure_id)
        execute("SELECT pg_advisory_xact_lock_shared(hashtext('reviews_hold'))")
        found = matching.next_batch(erasure, BATCH)
        if not found:
            return 0
        counts = {"reviews_cancelled": 0, "labels_withdrawn": 0}
        for prediction_id in found:
            _close(erasure, prediction_id, counts, now=now)
        # Locked now: what another erasure has taken meanwhile is not this one's.
        ids = matching.with_content(found)
        if ids:
            _erase(erasure, ids, counts, now=now)
    return len(found)


def finish(erasure_id: UUID, *, now: dt.datetime) -> Erasure:
    """Purge exports and bundles, forget what is kept elsewhere, and say who had received it.

    Ends `done`, or `held` where holds keep a part. Safe to repeat.

    Raises:
        Elsewhere: another worker is at it, or a hold was lifted meanwhile and there is more to do.
    """
    with transaction.atomic():
        erasure = _running(erasure_id)
    counts = dict(erasure.counts)
    counts["exports_purged"] = counts.get("exports_purged", 0) + _purge_exports(erasure, now=now)
    counts["bundles_purged"] = counts.get("bundles_purged", 0) + _purge_bundles(erasure, now=now)
    gone = matching.ids(matching.erased_by(erasure))
    reviews = matching.items_of(gone)
    for name, forget in hooks.forgetters.items():
        counts[name] = counts.get(name, 0) + forget(gone, reviews)
    execute(_LEFT_BEHIND, [erasure.pk])
    found = None
    if erasure.ground == Ground.REQUEST:
        found = receivers.received(matching.erased_by(erasure))
    return _end(erasure_id, counts, found, now=now)


@transaction.atomic
def _end(
    erasure_id: UUID, counts: dict[str, int], found: dict[str, object] | None, *, now: dt.datetime
) -> Erasure:
    erasure = _running(erasure_id)
    if matching.next_batch(erasure, 1):
        raise Elsewhere
    erasure.counts, erasure.receivers = counts, found
    if held := matching.holds_on(erasure):
        moves.move(erasure, to=ErasureState.HELD, kind="held", now=now, holds=held, counts=counts)
        return erasure
    _forget_bundles_subject(erasure, now=now)
    erasure.subject_hashes, erasure.finished_at = None, now
    erasure.total = erasure.done
    moves.move(erasure, to=ErasureState.DONE, kind="done", now=now, counts=counts)
    if erasure.ground == Ground.REQUEST:
        execute("SELECT reviews_forget_subject('erasure', %s)", [erasure.pk])
    return erasure


def _close(erasure: Erasure, prediction_id: UUID, counts: dict[str, int], *, now: dt.datetime) -> None:
    """End what people and services wait for: the review, the outcome, the label."""
    actor = moves.on_behalf(erasure)
    item = items.lock_of_prediction(prediction_id)
    prediction = outcomes.lock(prediction_id)
    if not matching.with_content([prediction_id]):
        return
    if prediction.status == Status.PENDING:
        outcomes.conclude(
            prediction_id=prediction_id,
            judgement=None,
            status=Status.CANCELLED,
            source=outcomes.NONE,
            actor=actor,
            now=now,
            held=prediction,
        )
    if item is not None and item.state in OPEN:
        queue.cancel(item_id=item.pk, actor=actor, now=now)
        item = items.lock(item.pk)
        counts["reviews_cancelled"] += 1
    if item is not None and labels.withdraw_erased(item=item, erasure_id=erasure.pk, actor=actor, now=now):
        counts["labels_withdrawn"] += 1
    details = {"erasure": erasure.pk}
    trail.report(kind="reviews.prediction.erased", actor=actor, entity=prediction, details=details, now=now)
    execute(_FORGET, [prediction.event_version, prediction_id])


def _erase(erasure: Erasure, ids: list[UUID], counts: dict[str, int], *, now: dt.datetime) -> None:
    """The event, and then what it says: the database takes the content only in this order."""
    details = {
        "ground": erasure.ground,
        "predictions": ids,
        "count": len(ids),
        "of": {"done": erasure.done + len(ids), "total": erasure.total},
    }
    event_id = trail.record(
        kind=KIND, actor=moves.on_behalf(erasure), entity=erasure, details=details, now=now
    )
    row = execute("SELECT reviews_erase(%s, %s, %s::uuid[])::text", [erasure.pk, event_id, ids]).fetchone()
    gone = {**orjson.loads(row[0] if row else "{}"), **counts, "predictions": len(ids)}
    summed = {name: erasure.counts.get(name, 0) + n for name, n in gone.items()}
    # Exempt from the guard of audited rows: the event above says as much.
    Erasure.objects.filter(pk=erasure.pk).update(
        done=erasure.done + len(ids), counts={**erasure.counts, **summed}
    )


def _purge_exports(erasure: Erasure, *, now: dt.datetime) -> int:
    """Each in its own transaction; answers how many lost their files."""
    purged = 0
    for holding in receivers.exports_with(matching.erased_by(erasure)):
        purged += exports.purge_erased(
            export_id=holding.id, erasure_id=erasure.pk, actor=moves.on_behalf(erasure), now=now
        )
    if purged:
        log.info("erasure.exports_purged", erasure=str(erasure.pk), exports=purged)
    return purged


def _purge_bundles(erasure: Erasure, *, now: dt.datetime) -> int:
    """Each in its own transaction; answers how many lost their file."""
    return sum(
        bundles.purge_erased(
            bundle_id=holding.id, erasure_id=erasure.pk, actor=moves.on_behalf(erasure), now=now
        )
        for holding in receivers.bundles_with(matching.erased_by(erasure))
    )


def _forget_bundles_subject(erasure: Erasure, *, now: dt.datetime) -> None:
    """For whom bundles were asked stands beside the log in plain; it goes where it is this subject."""
    wanted = {bytes(each) for each in erasure.subject_hashes or ()}
    asked = Opening.objects.filter(entity_type=Bundle.audit_type, name="subject")
    for bundle_id, subject in asked.values_list("entity_id", "value").iterator() if wanted else ():
        if not wanted.isdisjoint(subject_hashes(subject)):
            bundles.forget_subject(
                bundle_id=bundle_id, erasure_id=erasure.pk, actor=moves.on_behalf(erasure), now=now
            )


def _running(erasure_id: UUID) -> Erasure:
    erasure = _lock(erasure_id)
    if erasure.state != ErasureState.RUNNING:
        raise Elsewhere
    return erasure


def _lock(erasure_id: UUID) -> Erasure:
    assert connection.in_atomic_block
    erasure = moves.lock(erasure_id)
    if erasure is None:
        raise Elsewhere
    return erasure
