"""Everything that changes predictions: posted, disputed, withdrawn. Concluding them is in `outcomes`."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import transaction

from audit.refusals import Busy, FieldError, NotFound, NotPermitted, Refusal
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.roles import FLAG_PREDICTION, POST_PREDICTIONS
from governance.access.selectors import require
from reviews.intake import bulk, catalogue, outcomes, statements
from reviews.intake.arrival import CANNOT_POST, Arrival, arrival_of
from reviews.intake.callers import still_holds
from reviews.intake.catalogue import Catalogue
from reviews.intake.errors import ExternalIdConflict, KeyEnded, NotFinal, TooMuch, UnknownModel
from reviews.intake.models import ERASED_DIGEST, Prediction, Status
from reviews.intake.reading import Reading, read
from reviews.intake.standing import Standing, answer_of_arrival, answer_of_standing, standings_of
from reviews.queue import moves
from reviews.queue import services as queue
from reviews.queue.models import Queue, ReviewItem
from reviews.queue.services import inbox_slug
from reviews.routing.models import RoutingPolicy
from reviews.routing.reasons import FLAGGED

T = TypeVar("T")

LARGEST_PREDICTION: Final = 1024 * 1024
"""Bytes of one prediction's JSON."""
ATTEMPTS: Final = 8
"""How often a post is judged again because the catalogue changed under it."""
CHANGING: Final = "The registry is being changed at this moment. Nothing was stored; send it again."
CONFLICT: Final = "Another prediction of this model has the external_id {!r}; its content differs."
ERASED: Final = (
    "The prediction with the external_id {!r} was erased, so nothing can be compared with it. New data needs "
    "an external_id of its own."
)
CANNOT_FLAG: Final = (
    "Only whoever answers for this AI system, or a key of its services, can dispute an outcome."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch: where it stood, and what became of it."""

    number: int
    kept: Arrival | Standing | None = None
    refusal: Exception | None = None


def post(*, raw: bytes, caller: Any, now: dt.datetime) -> tuple[bool, dict[str, Any]]:
    """Store, route and answer one prediction; whether it is new, and the answer.

    Nothing is between the answer and losing it: the row, its payload, its review and its events commit first.

    Raises:
        MalformedJson, UnknownField, BadInput, UnknownModel, NotPermitted: refused, nothing is kept.
        ExternalIdConflict: the model has another prediction of that name.
        KeyEnded: the caller's key was revoked or has expired meanwhile.
        Busy: the registry changed at every attempt.
    """
    reading = read(raw)
    known = catalogue.current()
    for _ in range(ATTEMPTS):
        try:
            arrival = arrival_of(reading, catalogue=known, caller=caller, now=now)
        except (UnknownModel, NotPermitted):
            if catalogue.stands(known):
                raise
            known = catalogue.renewed(known)
            continue
        gate, stored = statements.store(arrival, epoch=known.epoch, caller=caller)
        if not gate.live:
            raise KeyEnded
        if stored:
            return True, answer_of_arrival(arrival)
        if gate.epoch == known.epoch:
            standing = _standing_of([arrival])[arrival.name]
            _refuse_other_content(arrival, standing.digest)
            return False, answer_of_standing(standing, warnings=arrival.posted.warnings)
        known = catalogue.renewed(known)
    raise Busy(CHANGING)


def post_many(*, lines: Sequence[tuple[int, bytes]], caller: Any, now: dt.datetime) -> list[Line]:
    """Store a batch in one transaction; what became of each line, in their order.

    A line that is refused takes no other with it.

    Raises:
        KeyEnded, Busy: as `post`; nothing is kept.
    """
    readings = [(number, _read_line(raw)) for number, raw in lines]
    known = catalogue.current()
    for _ in range(ATTEMPTS):
        judged = [(number, _judged(each, known, caller, now)) for number, each in readings]
        first: dict[tuple[UUID, str], Arrival] = {}
        for _number, each in judged:
            if isinstance(each, Arrival):
                first.setdefault(each.name, each)
        stored = _store_batch(list(first.values()), known, caller)
        if stored is not None:
            return _lines(judged, first, stored)
        known = catalogue.renewed(known)
    raise Busy(CHANGING)


def flag(*, prediction_id: UUID, reason: str, by: str, actor: Actor, now: dt.datetime) -> None:
    """Dispute an outcome: people look at the prediction, and the outcome stays in force meanwhile.

    Raises:
        NotFound, NotPermitted: not the actor's to know, or to dispute.
        PredictionErased: there is nothing left to look at.
        NotFinal: there is no outcome to dispute.
        AlreadyOpen: people are at it already.
    """
    with transaction.atomic():
        item, prediction = _lock_both(prediction_id)
        require(actor, FLAG_PREDICTION, item or prediction, CANNOT_FLAG)
        outcomes.refuse_erased(prediction.pk)
        if prediction.status != Status.FINAL:
            raise NotFinal(f"This prediction is {prediction.status}; there is no outcome to dispute.")
        details = {"by": by, "outcome": prediction.outcome_version}
        trail.record(
            kind="reviews.prediction.flagged", actor=actor, entity=prediction, details=details, now=now
        )
        queue.open_round(
            prediction_id=prediction.pk,
            model_id=prediction.model_id,
            policy_id=prediction.policy_id,
            queue=_queue_of(prediction),
            reason=FLAGGED,
            note=reason,
            poster_person_id=prediction.poster_person_id,
            actor=actor,
            now=now,
        )


def cancel(*, prediction_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Withdraw a prediction that waits for people.

    Raises:
        NotFound, NotPermitted: not the actor's to know, or to withdraw.
        AlreadyFinal: it has been decided, or withdrawn.
    """
    with transaction.atomic():
        item = moves.lock_of_prediction(prediction_id)
        require(actor, POST_PREDICTIONS, item or _lock(prediction_id), CANNOT_POST)
        outcomes.conclude(
            prediction_id=prediction_id,
            judgement=None,
            status=Status.CANCELLED,
            source=outcomes.NONE,
            actor=actor,
            now=now,
        )
        if item is not None:
            queue.cancel(item_id=item.pk, reason=reason, actor=actor, now=now)


def _lock(prediction_id: UUID) -> Prediction:
    try:
        return outcomes.lock(prediction_id)
    except Prediction.DoesNotExist:
        raise NotFound from None


def _lock_both(prediction_id: UUID) -> tuple[ReviewItem | None, Prediction]:
    """The item, if there is one, and then the prediction: in the order of everybody.

    Whoever waits for the prediction may find, when he gets it, that an item has come meanwhile. Locking it
    then would be the wrong way round (two disputes at once would wait for each other), so he lets go of the
    prediction and begins again. Items are never deleted: the second time is the last.
    """
    while True:
        item = moves.lock_of_prediction(prediction_id)
        with transaction.atomic():  # going back to this point gives back the prediction's lock
            prediction = _lock(prediction_id)
            if item is not None or not ReviewItem.objects.filter(prediction_id=prediction_id).exists():
                return item, prediction
            transaction.set_rollback(True)


def _queue_of(prediction: Prediction) -> Queue:
    """Where its policy sends predictions, else the model's own queue."""
    if prediction.policy_id is not None:
        return RoutingPolicy.objects.select_related("queue").get(pk=prediction.policy_id).queue
    model = prediction.model
    return Queue.objects.get(slug=model.queue_slug or inbox_slug(model.system))


def _read_line(raw: bytes) -> Reading | Exception:
    if len(raw) > LARGEST_PREDICTION:
        return TooMuch(
            [FieldError("", "TOO_LARGE", f"A prediction has at most {LARGEST_PREDICTION >> 10} KiB.")]
        )
    return _or_refusal(partial(read, raw))


def _judged(
    reading: Reading | Exception, known: Catalogue, caller: Any, now: dt.datetime
) -> Arrival | Exception:
    if isinstance(reading, Exception):
        return reading
    return _or_refusal(partial(arrival_of, reading, catalogue=known, caller=caller, now=now))


def _or_refusal(act: Callable[[], T]) -> T | Refusal:
    """What the domain refuses of one line is that line's answer, not the batch's."""
    try:
        return act()
    except Refusal as refusal:
        return refusal


def _store_batch(arrivals: Sequence[Arrival], known: Catalogue, caller: Any) -> set[UUID] | None:
    """Store those whose external id is free; their ids. None: the catalogue has changed, and nothing is."""
    if not arrivals:
        if not still_holds(caller):
            raise KeyEnded
        return set() if catalogue.stands(known) else None
    with transaction.atomic():
        gate, taken = bulk.take_many(arrivals, epoch=known.epoch, caller=caller)
        if not gate.live:
            raise KeyEnded
        if gate.epoch != known.epoch:
            return None
        bulk.copy_many([each for each in arrivals if each.id in taken])
    return taken


def _lines(
    judged: Sequence[tuple[int, Arrival | Exception]],
    first: dict[tuple[UUID, str], Arrival],
    stored: set[UUID],
) -> list[Line]:
    """What became of each line: kept, a repetition of what was kept, in conflict with it, or refused."""
    earlier = _standing_of([each for each in first.values() if each.id not in stored])
    lines = []
    for number, each in judged:
        if isinstance(each, Exception):
            lines.append(Line(number, refusal=each))
            continue
        kept: Arrival | Standing = earlier.get(each.name) or first[each.name]
        if each.digest == kept.digest:
            lines.append(Line(number, kept=kept))
        else:
            lines.append(Line(number, refusal=_conflict(each, kept.digest)))
    return lines


def _standing_of(arrivals: Sequence[Arrival]) -> dict[tuple[UUID, str], Standing]:
    return standings_of(each.name for each in arrivals)


def _refuse_other_content(arrival: Arrival, digest: bytes) -> None:
    if arrival.digest != digest:
        raise _conflict(arrival, digest)


def _conflict(arrival: Arrival, digest: bytes) -> ExternalIdConflict:
    if digest == ERASED_DIGEST:
        return ExternalIdConflict(ERASED.format(arrival.posted.external_id))
    return ExternalIdConflict(CONFLICT.format(arrival.posted.external_id))
