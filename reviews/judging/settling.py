"""Making decisions final: outcome, label and state in one transaction, exactly once."""

import datetime as dt
from uuid import UUID

import orjson
from django.db import transaction

from audit.prepared import pipelined
from audit.trail.actors import CLOCK, Actor
from reviews.intake import outcomes
from reviews.intake.content import content_bytes
from reviews.intake.models import Prediction, Status
from reviews.labels import services as labels
from reviews.queue import moves
from reviews.queue.models import Judgement, ReviewItem
from reviews.queue.states import State, Verdict

SOURCE = "human"


@transaction.atomic
def settle(*, item_id: UUID, now: dt.datetime) -> bool:
    """Make a held decision final once its hold is over; answer whether this call did.

    Safe to run at any time, twice and on many workers: the item's lock decides, and the database's clock.
    """
    item = moves.lock(item_id)
    if item.state != State.HELD or item.held_until is None or item.held_until > moves.database_time():
        return False
    answers = answers_of(item)
    prediction = outcomes.lock(item.prediction_id)
    with pipelined():
        decide(item, answers, actor=CLOCK, now=now, prediction=prediction)
    return True


def decide(
    item: ReviewItem,
    answers: list[Judgement],
    *,
    actor: Actor,
    now: dt.datetime,
    prediction: Prediction,
) -> None:
    """Close the round: outcome, label and state in one go, or leave it to adjudication if answers differ.

    Item and prediction are locked by the caller, who may send all of it in one round trip.
    """
    last = answers[-1]
    if not agree(answers):
        moves.end_round(item)
        moves.move(item, to=State.ADJUDICATION, kind="disagreed", actor=actor, now=now)
        return
    outcomes.conclude(
        prediction_id=item.prediction_id,
        judgement=last,
        status=Status.FINAL,
        source=SOURCE,
        actor=actor,
        now=now,
        held=prediction,
    )
    label_id = labels.write(
        item=item, judgement=last, prediction=prediction, source=SOURCE, actor=actor, now=now
    )
    item.decided_at = now
    item.decided_by_id = last.reviewer_id
    item.changed = last.changed
    facts = {"judgement": last.pk, "label": label_id, "changed": last.changed}
    moves.end_round(item)
    moves.move(item, to=State.DECIDED, kind="decided", actor=actor, now=now, **facts)


def answers_of(item: ReviewItem) -> list[Judgement]:
    """The standing answers of the item's round, in the order of time."""
    standing = Judgement.objects.filter(item=item, round=item.round, undone_at=None, verdict=Verdict.ANSWER)
    return list(standing.order_by("at", "id"))


def agree(answers: list[Judgement]) -> bool:
    contents = {content_bytes(orjson.loads(answer.output or "null")) for answer in answers}
    return len(contents) == 1
