"""Everything that writes labels: versions are added, nothing is ever changed."""

import datetime as dt
from uuid import UUID

from django.db import connection, transaction

from audit.ids import uuid7
from audit.prepared import execute
from audit.refusals import NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from audit.trail.errors import OutsideTransaction
from governance.access.selectors import reaches
from reviews.intake.models import Prediction
from reviews.labels import policies
from reviews.labels.errors import LabelSuperseded, NothingToWithdraw
from reviews.labels.models import Label
from reviews.queue.models import Judgement, ReviewItem
from reviews.queue.states import Verdict

# One round trip: judging is a hot path. Two writers of one prediction cannot both pass
# `reviews_label_numbered`; they hold the item's lock anyway.
_INSERT = """
INSERT INTO reviews_label (id, prediction_id, model_id, version, item_id, round, queue_id, judgement_id,
    source, changed, propensity, sample_weight, supersedes, withdrawn, decided_at)
SELECT %(id)s, %(prediction)s, %(model)s, coalesce(max(version), 0) + 1, %(item)s, %(round)s, %(queue)s,
    %(judgement)s, %(source)s, %(changed)s, %(propensity)s, %(sample_weight)s,
    (array_agg(id ORDER BY version DESC))[1], false, %(now)s
FROM reviews_label WHERE prediction_id = %(prediction)s
"""


def write(
    *,
    item: ReviewItem,
    judgement: Judgement,
    prediction: Prediction,
    source: str,
    actor: Actor,
    now: dt.datetime,
) -> UUID | None:
    """Add the label that a settled round gives its prediction, and answer its id.

    None, and nothing is added, where `training_use` forbids labels.

    `item` is locked by the caller, who decides it in this very transaction. The label has no event of its
    own: its content is the judgement's, and the caller puts the label's id beside the judgement's into the
    event that decides the item (`reviews.review.decided`, detail `label`), so that a label without
    evidence cannot be committed by the one caller there is. `source` is `human` or `adjudication`.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("A label belongs into the transaction that decides its item.")
    if judgement.verdict != Verdict.ANSWER or judgement.item_id != item.pk:
        raise ValueError("A label needs an answer to its own item.")
    if not prediction.training_use:
        return None
    label_id = uuid7()
    execute(
        _INSERT,
        {
            "id": label_id,
            "prediction": prediction.pk,
            "model": prediction.model_id,
            "item": item.pk,
            "round": item.round,
            "queue": item.queue_id,
            "judgement": judgement.pk,
            "source": source,
            "changed": judgement.changed,
            "propensity": prediction.propensity,
            "sample_weight": _weight(item, prediction.propensity),
            "now": now,
        },
    )
    return label_id


def _weight(item: ReviewItem, propensity: float) -> float | None:
    """1/propensity where routing selected the item; somebody's doubt has no known probability."""
    if not item.selected_by_routing or propensity <= 0:
        return None
    return 1.0 / propensity


@transaction.atomic
def withdraw(*, label_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Label:
    """Say to everybody who follows the labels that this one must no longer be used; answer its tombstone.

    The event `reviews.label.withdrawn` is the review item's.

    Raises:
        NotFound: no such label, or not the actor's to know.
        NotPermitted: not a manager of its queue.
        LabelSuperseded: a later version stands already.
        NothingToWithdraw: it is withdrawn.
    """
    label = Label.objects.filter(id=label_id).first()
    if label is None:
        raise NotFound
    item = _lock(label.item_id)
    if refusal := policies.why_not_withdraw(actor, item):
        raise NotPermitted(refusal) if reaches(actor, item) else NotFound
    latest = Label.objects.filter(prediction_id=label.prediction_id).order_by("-version")[0]
    if latest.withdrawn:
        raise NothingToWithdraw
    if latest.pk != label.pk:
        raise LabelSuperseded
    tombstone = _bury(label, now=now)
    trail.record(
        kind="reviews.label.withdrawn",
        actor=actor,
        entity=item,
        details={
            "label": label.id,
            "tombstone": tombstone.id,
            # People's words may name people: beside the log, erasable.
            "reason": trail.commit_to(entity=item, name="reason", value=reason),
        },
        now=now,
    )
    return tombstone


def withdraw_erased(*, item: ReviewItem, erasure_id: UUID, actor: Actor, now: dt.datetime) -> bool:
    """Put a tombstone into the feed for a prediction whose content is erased in this very transaction.

    Answers whether there was a label in force. `item` is locked by the caller, who has judged whether
    `actor` may.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("A tombstone belongs into the transaction that erases.")
    label = Label.objects.filter(prediction_id=item.prediction_id).order_by("-version").first()
    if label is None or label.withdrawn:
        return False
    tombstone = _bury(label, now=now)
    details = {"label": label.id, "tombstone": tombstone.id, "erasure": erasure_id}
    trail.record(kind="reviews.label.withdrawn", actor=actor, entity=item, details=details, now=now)
    return True


def _bury(label: Label, *, now: dt.datetime) -> Label:
    """Add the tombstone of the latest label of a prediction; its item is locked."""
    return Label.objects.create(
        prediction_id=label.prediction_id,
        model_id=label.model_id,
        version=label.version + 1,
        item_id=label.item_id,
        round=label.round,
        queue_id=label.queue_id,
        judgement=None,
        source=label.source,
        propensity=label.propensity,
        supersedes=label.id,
        withdrawn=True,
        decided_at=now,
    )


def _lock(item_id: UUID) -> ReviewItem:
    return ReviewItem.objects.select_for_update(of=["self"]).select_related("queue").get(pk=item_id)
