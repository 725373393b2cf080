"""What a person can do with the item in front of them, read from the form and done by one service each."""

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import orjson
from django.http import HttpRequest
from django.utils import timezone

from audit.refusals import BadInput, FieldError, NotFound
from governance.access.models import Person
from reviews.judging import drafts
from reviews.judging import services as judging
from reviews.judging.codes import CODES
from reviews.judging.shapes import faults_of_reasons
from reviews.judging.submission import LARGEST_DRAFT, Submission
from reviews.labels.diff import ABSENT
from reviews.labels.form_answers import parse_form
from reviews.queue import moves
from reviews.queue import services as queue
from reviews.queue.claims import Taken
from reviews.queue.errors import LeaseLost, TooManyLeases
from reviews.queue.models import ReviewItem
from reviews.queue.policies import why_not_work
from reviews.queue.states import Verdict
from reviews.workbench import session
from reviews.workbench.item_view import Case, case_of, differs_from_start, typed_of_post

HOLD_SECONDS = 10
"""For so long a decision made on the page can be taken back."""


class Done(NamedTuple):
    """What came of it: the strip that says so, and the id that names a judgement in an address."""

    submission: str
    strip: Mapping[str, Any]


def act(request: HttpRequest, item_id: UUID) -> Done:
    """Do what the form's `action` says.

    Raises:
        BadInput: something in the form has to be corrected.
        LeaseLost: the lease ended; what was typed is kept as draft.
    """
    person, now = session.person_of(request), timezone.now()
    try:
        return _act(request, item_id, person, now)
    except LeaseLost:
        # As it was typed, which is more than the answer that judging keeps.
        _save_typed(request, item_id, person, now)
        raise


def _act(request: HttpRequest, item_id: UUID, person: Person, now: dt.datetime) -> Done:
    match request.POST.get("action", "decide"):
        case "escalate":
            reason = _said_why(request, "Say why you escalate: choose a reason or write a comment.")
            item = judging.escalate(
                item_id=item_id, token=token_of(request), reason=reason, actor=person, now=now
            )
            return Done("", session.saved_view(item, "escalated"))
        case "skip":
            return _skip(request, item_id, person, now)
        case "decide" | "confirm" | "cannot_tell" as action:
            return _judge(request, item_id, person, now, action)
    raise BadInput([FieldError("/action", "BAD_VALUE", "The page sent an unknown action; load it again.")])


def undo(request: HttpRequest, item_id: UUID, *, now: dt.datetime) -> Taken:
    """Take a decision back; lease the item to its person again.

    Raises:
        TooLate: it is final.
        TooManyLeases: it is taken back, but they hold two others by now.
    """
    person = session.person_of(request)
    submission_id = uuid_of(request.POST.get("submission_id", ""))
    taken = judging.undo(item_id=item_id, submission_id=submission_id, actor=person, now=now)
    if taken.lease.token:
        return taken
    try:
        return queue.claim_named(item_id=item_id, actor=person, now=now)
    except TooManyLeases as refusal:
        raise TooManyLeases(
            "The decision is taken back and the review waits again; your answer is kept as its draft. "
            "You hold two others, so decide or release one of them first."
        ) from refusal


def keep_draft(request: HttpRequest, item_id: UUID) -> None:
    """Keep the form as typed, also what is no answer yet.

    Raises:
        LeaseLost: it is kept, but the lease is not theirs any more.
    """
    person = session.person_of(request)
    judging.keep_draft(
        item_id=item_id,
        token=token_of(request),
        body=_typed_text(request, _case(item_id, person)),
        actor=person,
        now=timezone.now(),
    )


def pause(request: HttpRequest, item_id: UUID) -> None:
    """Give an item back and keep what was typed for it, if anything was."""
    person, now = session.person_of(request), timezone.now()
    case = _case(item_id, person)
    if differs_from_start(typed_of_post(_posted(request), case), case):
        drafts.save(item_id=item_id, person=person, body=_typed_text(request, case), now=now)
    # A lease that has ended needs not be given back.
    with suppress(LeaseLost):
        queue.release(item_id=item_id, token=token_of(request), actor=person, now=now)


def token_of(request: HttpRequest) -> int:
    """The fencing token that the page was given."""
    text = request.POST.get("token", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def uuid_of(text: str) -> UUID:
    """An id from the form.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _judge(request: HttpRequest, item_id: UUID, person: Person, now: dt.datetime, action: str) -> Done:
    reasons = request.POST.getlist("reasons")
    comment = request.POST.get("comment", "").strip()
    output: object = ABSENT
    verdict = Verdict.ANSWER
    if action == "cannot_tell":
        verdict = Verdict.CANNOT_TELL
        if not reasons and comment:
            reasons = ["other"]
    else:
        output = _answer(_case(item_id, person), request, confirm=action == "confirm")
    submission = Submission(
        submission_id=_submission_id(request),
        token=token_of(request),
        output=output,
        verdict=verdict.value,
        reasons=reasons,
        comment=comment,
        hold_seconds=HOLD_SECONDS,
    )
    judgement = judging.judge(item_id=item_id, submission=submission, actor=person, via="page", now=now)
    return Done(str(judgement.submission_id), session.saved_judgement(judgement, now=now))


def _answer(case: Case, request: HttpRequest, *, confirm: bool) -> object:
    suggestion = case.payload.get("output", ABSENT)
    if confirm:
        if suggestion is ABSENT:
            raise BadInput([FieldError("/output", "REQUIRED", "There is no suggestion to confirm.")])
        return suggestion
    answer = parse_form(case.form, _posted(request), suggestion)
    if answer.errors:
        raise BadInput(
            [FieldError(f"/output{each.pointer}", each.code, each.detail) for each in answer.errors]
        )
    return answer.output


def _skip(request: HttpRequest, item_id: UUID, person: Person, now: dt.datetime) -> Done:
    hours = request.POST.get("snooze_until", "")
    until = now + dt.timedelta(hours=int(hours)) if hours in {"1", "4", "24"} else None
    reason = _said_why(request, "Say why you skip it: choose a reason or write a comment.")
    item = queue.release(
        item_id=item_id, token=token_of(request), actor=person, reason=reason, snooze_until=until, now=now
    )
    return Done("", session.saved_view(item, "put off" if until else "skipped"))


def _said_why(request: HttpRequest, otherwise: str) -> str:
    """The comment, else the labels of the chosen reasons."""
    comment = request.POST.get("comment", "").strip()
    codes = request.POST.getlist("reasons")
    if errors := faults_of_reasons(codes, comment):
        raise BadInput(errors)
    labels = [CODES[code].label for code in codes]
    if not comment and not labels:
        raise BadInput([FieldError("/reasons", "REASON_REQUIRED", otherwise)])
    return comment or ", ".join(labels)


def _save_typed(request: HttpRequest, item_id: UUID, person: Person, now: dt.datetime) -> None:
    text = _typed_text(request, _case(item_id, person))
    if len(text) <= LARGEST_DRAFT:
        drafts.save(item_id=item_id, person=person, body=text, now=now)


def _typed_text(request: HttpRequest, case: Case) -> str:
    """The draft that holds the form as typed."""
    typed = typed_of_post(_posted(request), case)
    body = {"form": typed.answers, "reasons": list(typed.reasons), "comment": typed.comment}
    return orjson.dumps(body).decode()


def _case(item_id: UUID, person: Person) -> Case:
    """The prediction behind an item, for somebody with a role on its queue.

    Raises:
        NotFound: there is none, or it is not theirs to know.
        NotPermitted: they see it, and do not work on it.
    """
    item = ReviewItem.objects.select_related("queue").filter(pk=item_id).first()
    if item is None:
        raise NotFound
    moves.refuse(why_not_work(person, item), person, item)
    return case_of(item)


def _submission_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("submission_id", ""))
    except ValueError:
        return uuid4()


def _posted(request: HttpRequest) -> Mapping[str, Sequence[str]]:
    return {name: [str(text) for text in texts] for name, texts in request.POST.lists()}
