"""One leased item as the workbench shows it: everything a decision needs, as plain values."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.urls import reverse

from audit.refusals import FieldError
from governance.access.models import Person
from reviews.intake.models import Payload, Prediction
from reviews.intake.reading import read_json
from reviews.judging.codes import CODES
from reviews.judging.shapes import form_of
from reviews.judging.submission import draft_of
from reviews.labels.form_answers import Posted, fill, suggested_choices
from reviews.labels.schema_form import Form, form_fields
from reviews.queue.claims import Taken
from reviews.queue.models import Draft, ReviewItem
from reviews.routing.models import RoutingPolicy
from reviews.workbench.form_view import Typed, Wrong, form_view
from reviews.workbench.session import prediction_url
from reviews.workbench.showing import explanation_view, input_view
from reviews.workbench.words import reason_labels

DUE_SOON = dt.timedelta(hours=1)


class Case(NamedTuple):
    """What is known about a prediction under review."""

    prediction: Prediction
    payload: Mapping[str, Any]
    form: Form
    policy: RoutingPolicy | None

    @property
    def suggestion(self) -> Any:
        """The model's output; None when there is none to show."""
        return self.payload.get("output")


def case_of(item: ReviewItem) -> Case:
    """Load the prediction behind an item. An erased payload shows as an empty input."""
    prediction = Prediction.objects.select_related("model").get(pk=item.prediction_id)
    payload = Payload.objects.filter(pk=prediction.pk).first()
    posted = read_json(payload.body.encode()) if payload else {}
    return Case(
        prediction=prediction,
        payload=posted if isinstance(posted, dict) else {},
        form=form_fields(form_of(prediction.schema_id)),
        policy=RoutingPolicy.objects.filter(pk=item.policy_id).first() if item.policy_id else None,
    )


def item_view(
    taken: Taken,
    person: Person,
    *,
    stream: str,
    now: dt.datetime,
    typed: Typed | None = None,
    wrong: Wrong | None = None,
    submission_id: str = "",
) -> dict[str, Any]:
    """The context `item` of the workbench's templates. `stream` is the queue's slug, or `all`."""
    item, case = taken.item, case_of(taken.item)
    draft = Draft.objects.filter(item_id=item.pk, person_id=person.pk).first()
    if typed is None and draft is not None:
        typed = typed_of_draft(draft, case)
    posted_input = case.payload.get("input")
    return {
        "review_id": str(item.pk),
        "external_id": case.prediction.external_id,
        "thing": "Prediction",
        "model": case.prediction.model.slug,
        "version": case.prediction.version_name,
        "policy_number": case.policy.number if case.policy else None,
        "received_at": case.prediction.routed_at,
        "prediction_url": prediction_url(case.prediction.pk),
        "routing_reasons": reason_labels(
            item.reasons, policy=case.policy.body if case.policy else None, classes=case.prediction.classes
        ),
        "due_at": item.due_at,
        "overdue": item.due_at < now,
        "due_soon": item.due_at - now < DUE_SOON,
        "token": taken.lease.token,
        "lease_seconds": max(0, int((taken.lease.expires_at - now).total_seconds())),
        "resumed": taken.resumed,
        "submission_id": submission_id or str(uuid4()),
        "draft_saved_at": draft.updated_at if draft else None,
        "urls": urls_of(item.pk, stream),
        "input": input_view(posted_input if isinstance(posted_input, dict) else {}),
        "explanation": explanation_view(case.payload.get("explanation")),
        "form": form_of_case(case, typed, wrong or Wrong()),
    }


def form_of_case(case: Case, typed: Typed | None, wrong: Wrong) -> dict[str, Any]:
    """The context `item.form`."""
    view = form_view(
        case.form,
        suggestion=case.suggestion,
        scores=case.payload.get("scores"),
        confidence=case.payload.get("confidence"),
        reason_codes=list(CODES.values()),
        typed=typed,
        wrong=wrong,
    )
    view["snooze_choices"] = [("1", "in an hour"), ("4", "in four hours"), ("24", "tomorrow, at this time")]
    return view


def urls_of(item_id: UUID, stream: str) -> dict[str, str]:
    """Where the page sends what is done with the item."""
    names = {
        "decide": "workbench-decide",
        "heartbeat": "workbench-heartbeat",
        "draft": "workbench-draft",
        "release": "workbench-release",
    }
    urls = {verb: f"{reverse(name, args=[item_id])}?from={stream}" for verb, name in names.items()}
    return {**urls, "page": reverse("page-workbench-item", args=[item_id])}


def typed_of_draft(draft: Draft, case: Case) -> Typed:
    """What a draft puts back into the form: what was typed on a page, or an answer that lost its lease."""
    content = draft_of(draft.body)
    if not isinstance(content, dict):
        return Typed()
    reasons, comment = content.get("reasons"), content.get("comment")
    answers = content.get("form")
    if not isinstance(answers, dict):
        output = content.get("output")
        answers = {**fill(case.form, output), **suggested_choices(case.form, output)} if output else {}
    return Typed(
        answers={name: texts for name, texts in answers.items() if _is_texts(texts)},
        reasons=[code for code in reasons if isinstance(code, str)] if isinstance(reasons, list) else [],
        comment=comment if isinstance(comment, str) else "",
    )


def wrong_of(errors: list[FieldError]) -> Wrong:
    """Errors by the place on the page where they belong."""
    fields: dict[str, str] = {}
    general, reasons, comment = [], [], []
    for error in errors:
        if error.pointer.startswith("/output"):
            pointer = error.pointer.removeprefix("/output")
            fields.setdefault(pointer, error.detail)
        elif error.pointer.startswith("/reasons"):
            reasons.append(error.detail)
        elif error.pointer == "/comment":
            comment.append(error.detail)
        else:
            general.append(error.detail)
    return Wrong(fields=fields, general=general, reasons=" ".join(reasons), comment=" ".join(comment))


def _is_texts(texts: object) -> bool:
    return isinstance(texts, list) and all(isinstance(text, str) for text in texts)


def typed_of_post(post: Posted, case: Case) -> Typed:
    """What came with a form, to be shown again."""
    names = {field.input for field in case.form.fields}
    names |= {inner.input for field in case.form.fields for inner in field.fields}
    return Typed(
        answers={name: list(texts) for name, texts in post.items() if name in names},
        reasons=list(post.get("reasons", ())),
        comment=(list(post.get("comment", ())) or [""])[0],
    )


def differs_from_start(typed: Typed, case: Case) -> bool:
    """Whether somebody has typed or chosen anything. A form starts with the suggestion and nothing chosen."""
    start = fill(case.form, case.payload.get("output"))
    entered = {name: [_unix(text) for text in texts] for name, texts in typed.answers.items() if any(texts)}
    untouched = {name: [_unix(text) for text in texts] for name, texts in start.items() if any(texts)}
    return bool(typed.reasons or typed.comment.strip()) or entered != untouched


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
