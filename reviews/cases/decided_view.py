"""Decided items as rows: for the page and for its CSV. A fixed number of queries for any number of rows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.urls import reverse

from audit.spreadsheets import line, title_line
from governance.access.models import Person
from governance.access.roles import MANAGE_QUEUE, VIEW_REVIEWERS
from registry.catalog.models import Model
from reviews.cases import words
from reviews.intake.models import Prediction
from reviews.queue.models import Judgement, ReviewItem
from reviews.queue.policies import why_not_reopen
from reviews.queue.states import Verdict
from reviews.workbench.session import answer_text

CSV_COLUMNS = (
    "decided_at", "queue", "model", "version", "external_id", "prediction", "suggested_class",
    "answered_class", "changed", "reasons", "reviewer", "seconds", "round",
)  # fmt: skip
"""No payload: neither inputs nor whole outputs, only the classes that policies speak of."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decided item with its deciding judgement."""

    item: ReviewItem
    prediction: Prediction
    judgement: Judgement
    model: Model


def load(ids: Sequence[UUID]) -> list[Decided]:
    """The items of these ids, in their order."""
    items = ReviewItem.objects.select_related("queue").in_bulk(list(ids))
    predictions = {
        each.pk: each
        for each in Prediction.objects.filter(pk__in=[item.prediction_id for item in items.values()])
    }
    models = Model.objects.in_bulk({each.model_id for each in predictions.values()})
    found = Judgement.objects.filter(item_id__in=items, undone_at=None, verdict=Verdict.ANSWER)
    judgements = {
        (each.item_id, each.round, each.reviewer_id): each for each in found.select_related("reviewer")
    }
    rows = []
    for id_ in ids:
        item = items[id_]
        prediction = predictions.get(item.prediction_id)
        judgement = judgements.get((id_, item.round, item.decided_by_id or id_))
        if prediction is not None and judgement is not None:
            rows.append(Decided(item, prediction, judgement, models[prediction.model_id]))
    return rows


def row(each: Decided, person: Person, *, now: dt.datetime) -> dict[str, Any]:
    """One row of the page."""
    item, judgement = each.item, each.judgement
    return {
        "item_id": item.pk,
        "external_id": each.prediction.external_id,
        "url": reverse("page-prediction", args=[item.prediction_id]),
        "model": each.model.slug,
        "version": each.prediction.version_name,
        "queue": item.queue.name,
        "suggested": ", ".join(each.prediction.classes),
        "answer": answer_text(judgement.output),
        "changed": item.changed,
        "reasons": words.reasons_said(judgement),
        "comment": judgement.comment,
        "reviewer": reviewer_name(each, person),
        "decided_at": item.decided_at,
        "round": item.round,
        "why_not_reopen": why_not_reopen(person, item, now=now),
    }


def reviewer_name(each: Decided, person: Person) -> str:
    """The name for those who may know it, else the pseudonym."""
    if each.judgement.reviewer_id == person.pk:
        return person.name
    named = person.has_perm(VIEW_REVIEWERS, each.item) or person.has_perm(MANAGE_QUEUE, each.item)
    return each.judgement.reviewer.name if named else each.judgement.reviewer.pseudonym


def csv_title() -> str:
    """The first line of the file."""
    return title_line(CSV_COLUMNS)


def csv_line(each: Decided, person: Person) -> str:
    """One line of the file; texts that a spreadsheet would run are defused."""
    item, judgement = each.item, each.judgement
    assert item.decided_at is not None  # reviews_decided_says_when
    return line(
        {
            "decided_at": item.decided_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
            "queue": item.queue.slug,
            "model": each.model.slug,
            "version": each.prediction.version_name,
            "external_id": each.prediction.external_id,
            "prediction": str(item.prediction_id),
            "suggested_class": " | ".join(each.prediction.classes),
            "answered_class": " | ".join(_classes(judgement.output, each.model.class_field)),
            "changed": item.changed,
            "reasons": " ".join(judgement.reasons),
            "reviewer": reviewer_name(each, person),
            "seconds": judgement.seconds,
            "round": item.round,
        },
        CSV_COLUMNS,
    )


def _classes(output: str | None, field: str) -> list[str]:
    """The class of an answer, or its classes."""
    value = orjson.loads(output) if output else None
    found = value.get(field) if isinstance(value, dict) else None
    if isinstance(found, str):
        return [found]
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
