"""Named reads of predictions: what each caller may see of one."""

from typing import Any, Final
from uuid import UUID

import orjson

from audit.prepared import execute
from audit.refusals import NotFound
from audit.trail.actors import Actor
from governance.access.models import Person, ServiceKey
from governance.access.roles import (
    POST_PREDICTIONS,
    READ_OUTCOMES,
    VIEW_PAYLOAD,
    VIEW_PAYLOAD_IF_SHARED,
    VIEW_PREDICTION,
)
from governance.access.selectors import require
from registry.catalog.models import Model
from reviews.intake import catalogue
from reviews.intake.errors import PredictionErased
from reviews.intake.models import ExternalId, Outcome
from reviews.intake.standing import Standing, answer_of_standing, as_fragment, standings
from reviews.queue import policies as queue_policies
from reviews.queue.models import Judgement, ReviewItem
from reviews.queue.states import OPEN

_ERASED: Final = """
SELECT x.at, x.event_id, p.n, x.erasure_id FROM reviews_erased x
LEFT JOIN audit_event e ON e.id = x.event_id
LEFT JOIN audit_position p ON p.feed = 1 AND p.ref = e.seq
WHERE x.prediction_id = %s"""
CANNOT_VIEW: Final = "You have no role that shows you predictions of this AI system."
CONTENT: Final = ("input", "output", "confidence", "scores", "explanation", "segment", "signals", "usage")
"""Members of the payload that only those who may see it are given."""


def prediction_for(actor: Actor, prediction_id: UUID) -> Standing:
    """How a prediction stands, for somebody who may know that.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but predictions are not.
    """
    standing = standings([prediction_id]).get(prediction_id)
    if standing is None or _outside_environments(actor, standing):
        raise NotFound
    require(actor, VIEW_PREDICTION, standing, CANNOT_VIEW)
    return standing


def prediction_id_of(model: str, external_id: str) -> UUID:
    """The prediction of that name. Says nothing about who may know.

    Raises:
        NotFound: there is none.
    """
    ids = ExternalId.objects.filter(
        model_id__in=Model.objects.filter(slug=model).values("id"), external_id=external_id
    ).values_list("prediction_id", flat=True)
    found = ids.first()
    if found is None:
        raise NotFound
    return found


def as_json(standing: Standing, actor: Actor) -> dict[str, Any]:
    """The prediction as this actor may see it: members that they may not see are absent."""
    full = sees_payload(actor, standing)
    knows_outcome = full or sees_outcome(actor, standing)
    warnings = catalogue.warnings_about(model=standing.model, environment=standing.environment)
    answer = answer_of_standing(standing, warnings=warnings, with_output=knows_outcome) | {
        "model": standing.model,
        "version": standing.version,
        "environment": standing.environment,
        "training_use": standing.training_use,
        "posted_at": standing.routed_at,
        "occurred_at": standing.occurred_at,
    }
    posted = standing.posted() if knows_outcome else {}
    if full:
        answer |= {name: as_fragment(posted.get(name)) for name in CONTENT}
        if not _sees_as_reviewer_only(actor, standing):
            answer["judgements"] = judgements_of(standing)
    if knows_outcome:
        answer["correlation"] = as_fragment(posted.get("correlation"))
        answer["outcomes"] = outcomes_of(standing, posted)
    if standing.body is None:
        answer["erased"] = erased_of(standing.id)
    return answer


def erased_of(prediction_id: UUID) -> dict[str, Any] | None:
    """When the content went, and which event says so; its place in the log is None until it has one."""
    row = execute(_ERASED, [prediction_id]).fetchone()
    return dict(zip(("at", "event", "position", "erasure"), row, strict=True)) if row else None


def refuse_if_erased(actor: Actor, item_id: UUID) -> None:
    """Say to whoever may work on a review that there is nothing left to work on; others learn nothing here.

    Raises:
        PredictionErased: what it was about is gone.
    """
    item = ReviewItem.objects.select_related("queue").filter(pk=item_id).first()
    if item is None or queue_policies.why_not_work(actor, item) is not None:
        return
    if (erased := erased_of(item.prediction_id)) is None:
        return
    event = f"event {erased['position']}" if erased["position"] else "an event"
    raise PredictionErased(f"What this review was about was erased by {event}: nothing is left to decide.")


def sees_payload(actor: Actor, standing: Standing) -> bool:
    """By role or scope; the key that posted it; who is to review it; owners where the system shares."""
    return (
        actor.has_perm(VIEW_PAYLOAD, standing)
        or has_posted(actor, standing)
        or (standing.shares_payloads and actor.has_perm(VIEW_PAYLOAD_IF_SHARED, standing))
        or is_to_review(actor, standing)
    )


def has_posted(actor: Actor, standing: Standing) -> bool:
    """Whether the key, or one that it took over from, posted the prediction."""
    key = actor if isinstance(actor, ServiceKey) else None
    while key is not None and key.audit_ref != standing.posted_by:
        key = key.rotated_from
    return key is not None


def sees_outcome(actor: Actor, standing: Standing) -> bool:
    """Services of the AI system are told what came out of it."""
    return actor.has_perm(READ_OUTCOMES, standing) or actor.has_perm(POST_PREDICTIONS, standing)


def is_to_review(actor: Actor, standing: Standing) -> bool:
    """Whether the prediction waits for people and this person may be one of them."""
    if not isinstance(actor, Person) or standing.item_id is None:
        return False
    item = ReviewItem.objects.select_related("queue").get(pk=standing.item_id)
    return item.state in OPEN and queue_policies.why_not_take(actor, item) is None


def outcomes_of(standing: Standing, posted: dict[str, Any]) -> list[dict[str, Any]]:
    """Every version of the outcome, oldest first."""
    if not standing.outcome_version:
        return []
    rows = list(Outcome.objects.filter(prediction_id=standing.id).order_by("version"))
    judged = dict(
        Judgement.objects.filter(pk__in=[row.judgement_id for row in rows if row.judgement_id]).values_list(
            "id", "output"
        )
    )
    return [
        {
            "version": row.version,
            "status": row.status,
            "output": _output_of(row, judged, posted),
            "source": row.source or None,
            "changed": row.changed,
            "supersedes": row.supersedes,
            "decided_at": row.decided_at,
        }
        for row in rows
    ]


def judgements_of(standing: Standing) -> list[dict[str, Any]]:
    """What people answered, under their pseudonyms; nothing that may still be taken back."""
    if standing.item_id is None or not standing.is_judged:
        return []
    found = Judgement.objects.filter(item_id=standing.item_id, undone_at=None).select_related("reviewer")
    if standing.review_state == "held":
        item = ReviewItem.objects.get(pk=standing.item_id)
        found = found.exclude(round=item.round)
    return [_judgement_json(row) for row in found.order_by("at", "id")]


def _judgement_json(row: Judgement) -> dict[str, Any]:
    return {
        "reviewer": row.reviewer.pseudonym,
        "verdict": row.verdict,
        "output": orjson.Fragment(row.output) if row.output is not None else None,
        "changed": row.changed,
        "diff": row.diff,
        "reasons": row.reasons,
        "comment": row.comment,
        "shown": {
            "sha256": row.shown_sha256,
            "mode": row.shown_mode,
            "suggestion": row.shown_suggestion,
        },
        "seconds": row.seconds,
        "via": row.via,
        "at": row.at,
    }


def _output_of(row: Outcome, judged: dict[UUID, str | None], posted: dict[str, Any]) -> Any:
    if row.judgement_id is not None:
        text = judged.get(row.judgement_id)
        return orjson.Fragment(text) if text is not None else None
    return as_fragment(posted.get("output")) if row.source == "model" else None


def _sees_as_reviewer_only(actor: Actor, standing: Standing) -> bool:
    """Whoever is still to judge must not be led by what others said."""
    return is_to_review(actor, standing) and not actor.has_perm(VIEW_PAYLOAD, standing)


def _outside_environments(actor: Actor, standing: Standing) -> bool:
    return (
        isinstance(actor, ServiceKey)
        and bool(actor.environments)
        and standing.environment not in actor.environments
    )
