"""What the calling service is told about a prediction, version after version.

An outcome is a row that is only added; its content lies in the payload (the model's own output) or in the
judgement it names. A later round publishes another version only when the answer differs.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg
from django.db import transaction

from audit.prepared import execute
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.catalog.models import Model
from reviews.intake.content import content_bytes
from reviews.intake.errors import AlreadyFinal, PredictionErased
from reviews.intake.models import Erased, Outcome, Payload, Prediction, Status
from reviews.queue.models import Judgement

MODEL = "model"
NONE = ""
"""The source of a version that takes the question back without an answer (cancelled, undecided)."""

_VERBS = {Status.FINAL: "decided", Status.CANCELLED: "cancelled", Status.UNDECIDED: "undecided"}


# By hand and prepared: every judgement comes through here.
_PREDICTION = Prediction._meta.concrete_fields
_MODEL = Model._meta.concrete_fields
_LOCK = f"""
SELECT {", ".join(f"p.{field.column}" for field in _PREDICTION)},
    {", ".join(f"m.{field.column}" for field in _MODEL)}
FROM reviews_prediction p JOIN registry_model m ON m.id = p.model_id
WHERE p.id = %s FOR NO KEY UPDATE OF p
"""
_LOCK_OF_ITEM = _LOCK.replace(
    "p.id = %s", "p.id = (SELECT prediction_id FROM reviews_reviewitem WHERE id = %s)"
)
_SAVE = """
UPDATE reviews_prediction SET event_version = %s, status = %s, outcome_version = %s, decided_at = %s
WHERE id = %s
"""
_PUBLISH = """
INSERT INTO reviews_outcome (prediction_id, model_id, version, status, source, judgement_id, changed,
    supersedes, immediate, decided_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, false, %s)
"""


@transaction.atomic(savepoint=False)
def conclude(
    *,
    prediction_id: UUID,
    judgement: Judgement | None,
    status: Status,
    source: str,
    actor: Actor,
    now: dt.datetime,
    held: Prediction | None = None,
) -> None:
    """End a round of a prediction: publish what came out of it, if that is news.

    A pending prediction takes `status` and its next outcome version. One that has an outcome gets another
    version only when the judgement's output differs from the outcome in force; else only an event.
    `held` is the prediction where the caller has locked it. Nothing is fetched for a pending prediction,
    so that all of it can be sent in one round trip.

    Raises:
        AlreadyFinal: it was withdrawn, or it has an outcome and there is no judgement to compare with it.
    """
    if status is Status.PENDING:
        raise ValueError(status)
    prediction = held or lock(prediction_id)
    if prediction.status == Status.FINAL and judgement is not None:
        _conclude_again(prediction, judgement, source=source, actor=actor, now=now)
    elif prediction.status in (Status.FINAL, Status.CANCELLED):
        raise AlreadyFinal(f"This prediction is {prediction.status} already.")
    else:
        _publish(
            prediction, judgement, status=status, source=source, verb=_VERBS[status], actor=actor, now=now
        )


def lock(prediction_id: UUID) -> Prediction:
    """Load a prediction so that nobody else can change it before we commit.

    Whoever locks a review item too locks the item first.
    """
    prediction = locked(ask_lock(prediction_id))
    if prediction is None:
        raise Prediction.DoesNotExist
    return prediction


def refuse_erased(prediction_id: UUID) -> None:
    """Let only predictions through that still have their content. To be called once it is locked.

    Raises:
        PredictionErased: it was erased.
    """
    if Erased.objects.filter(pk=prediction_id).exists():
        raise PredictionErased


def ask_lock(prediction_id: UUID) -> "psycopg.Cursor[Any]":
    """Send the statement that `lock` waits for; `locked` reads its answer. For pipelines."""
    return execute(_LOCK, [prediction_id])


def ask_lock_of(item_id: UUID) -> "psycopg.Cursor[Any]":
    """The same for the prediction of an item, which is locked before."""
    return execute(_LOCK_OF_ITEM, [item_id])


def locked(cursor: "psycopg.Cursor[Any]") -> Prediction | None:
    """The prediction that `ask_lock` locked, with its model."""
    row = cursor.fetchone()
    if row is None:
        return None
    prediction = Prediction.from_db(
        "default", [field.attname for field in _PREDICTION], row[: len(_PREDICTION)]
    )
    prediction.model = Model.from_db("default", [field.attname for field in _MODEL], row[len(_PREDICTION) :])
    return prediction


def in_force(prediction: Prediction) -> Outcome | None:
    """The outcome that stands, if there is one."""
    if not prediction.outcome_version:
        return None
    return Outcome.objects.get(prediction_id=prediction.pk, version=prediction.outcome_version)


def _conclude_again(
    prediction: Prediction, judgement: Judgement, *, source: str, actor: Actor, now: dt.datetime
) -> None:
    standing = in_force(prediction)
    if standing is None or _differs(standing, judgement):
        _publish(
            prediction, judgement, status=Status.FINAL, source=source, verb="revised", actor=actor, now=now
        )
        return
    details = {"judgement": judgement.pk, "outcome": standing.version}
    _tell(prediction, kind="reviews.prediction.confirmed", details=details, actor=actor, now=now)


def _publish(
    prediction: Prediction,
    judgement: Judgement | None,
    *,
    status: Status,
    source: str,
    verb: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    superseded = prediction.outcome_version or None
    prediction.status = status
    prediction.outcome_version += 1
    prediction.decided_at = now
    details = {
        "outcome": prediction.outcome_version,
        "source": source,
        "judgement": judgement.pk if judgement else None,
        "supersedes": superseded,
    }
    _tell(prediction, kind=f"reviews.prediction.{verb}", details=details, actor=actor, now=now)
    execute(
        _PUBLISH,
        [
            prediction.pk,
            prediction.model_id,
            prediction.outcome_version,
            status.value,
            source,
            details["judgement"],
            bool(judgement and judgement.changed),
            superseded,
            now,
        ],
    )


def _tell(
    prediction: Prediction, *, kind: str, details: Mapping[str, Any], actor: Actor, now: dt.datetime
) -> None:
    """Save what a conclusion changes of a locked prediction, and its event; without the ORM."""
    trail.report(kind=kind, actor=actor, entity=prediction, details=details, now=now)
    saved = [prediction.event_version, str(prediction.status), prediction.outcome_version]
    execute(_SAVE, [*saved, prediction.decided_at, prediction.pk])


def _differs(standing: Outcome, judgement: Judgement) -> bool:
    """Whether the judgement says otherwise than the outcome in force; numbers are compared by value."""
    if standing.judgement_id is not None:
        told = Judgement.objects.values_list("output", flat=True).get(pk=standing.judgement_id)
        return told is None or _content(told) != _content(judgement.output)
    if standing.source == MODEL:
        payload = Payload.objects.filter(pk=standing.prediction_id).first()
        if payload is None:  # erased: the reviewer's comparison is what is left
            return bool(judgement.changed)
        return content_bytes(json.loads(payload.body).get("output")) != _content(judgement.output)
    return True


def _content(text: str | None) -> bytes:
    value: Any = json.loads(text) if text is not None else None
    return content_bytes(value)
