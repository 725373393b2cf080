"""Everything that settles what people think of a prediction: judging, taking back, settling, passing on."""

import datetime as dt
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction

from audit.ids import uuid7
from audit.prepared import execute, pipelined
from audit.refusals import BadInput, FieldError, NotFound
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person
from reviews.intake.content import stored_text
from reviews.judging import drafts, passing, shapes
from reviews.judging.drafts import keep_draft
from reviews.judging.errors import SubmissionConflict
from reviews.judging.passing import escalate, reopen
from reviews.judging.settling import agree, answers_of, decide, settle
from reviews.judging.shown import shown
from reviews.judging.statements import (
    CLOSE_SLOT,
    FREE_SLOT,
    TAKE_BACK,
    UNDO,
    Situation,
    insert,
    open_for,
)
from reviews.judging.submission import LARGEST_DRAFT, Submission
from reviews.labels.diff import ABSENT, diff
from reviews.queue import claims, moves, policies
from reviews.queue.claims import Lease, Taken
from reviews.queue.errors import LeaseLost, TooLate
from reviews.queue.models import Judgement, ReviewItem
from reviews.queue.states import OPEN, PassedOver, State, Verdict

__all__ = ["escalate", "judge", "keep_draft", "reopen", "settle", "undo"]

SUBMISSION_KEY = "reviews_judgement_submission_id_key"


def judge(*, item_id: UUID, submission: Submission, actor: Actor, via: str, now: dt.datetime) -> Judgement:
    """Take a person's answer to an item they hold. `via` is `api` or `page`.

    Checked in this order: rights; whether it was sent before; lease; shape. What was submitted without a
    lease is kept as the person's draft.

    Raises:
        NotFound, NotPermitted: not theirs to judge.
        SubmissionConflict: the submission id was used for something else.
        LeaseLost: the lease ended; the answer is kept as draft.
        BadInput: the answer does not fit the schema, or a reason or comment is missing.
    """
    try:
        return _judge(item_id=item_id, submission=submission, actor=actor, via=via, now=now)
    except LeaseLost:
        # In a transaction of its own: the one that found the lease lost is rolled back.
        if isinstance(actor, Person) and len(body := submission.as_draft()) <= LARGEST_DRAFT:
            drafts.save(item_id=item_id, person=actor, body=body, now=now)
        raise
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is not None and diagnosis.constraint_name == SUBMISSION_KEY:
            raise SubmissionConflict from None  # somebody else used the id at this very moment
        raise


@transaction.atomic
def _judge(*, item_id: UUID, submission: Submission, actor: Actor, via: str, now: dt.datetime) -> Judgement:
    if not isinstance(actor, Person):
        theirs = moves.lock(item_id)
        moves.refuse(policies.why_not_work(actor, theirs), actor, theirs)
    assert isinstance(actor, Person)  # why_not_work says so
    opening = open_for(item_id=item_id, person_id=actor.pk, submission_id=submission.submission_id)
    item, here = opening.item, opening.situation
    if item is None or here is None:
        raise NotFound
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    digest = submission.digest(item.pk)
    if opening.known:
        known = Judgement.objects.get(pk=opening.known)
        if known.reviewer_id != actor.pk or bytes(known.submission_digest) != digest:
            raise SubmissionConflict
        return known
    if not here.holds(submission.token) or item.state != State.WAITING:
        raise LeaseLost
    if errors := _faults(submission, here):
        raise BadInput(errors)
    judgement = _judgement(item, actor, submission, here, digest=digest, via=via)
    if judgement.verdict == Verdict.CANNOT_TELL:
        insert(judgement)
        facts = _facts(item, judgement, submission)
        drafts.forget(item, actor)
        passing.pass_on(item, actor, why=PassedOver.CANNOT_TELL, kind="cannot_tell", now=now, **facts)
    else:
        with pipelined():
            insert(judgement)
            facts = _facts(item, judgement, submission)
            after = _take_answer(item, judgement, here, actor=actor, now=now, facts=facts)
            if after in {State.DECIDED, State.ADJUDICATION}:
                answers = answers_of(item) if item.reviewers > 1 else [judgement]
                decide(item, answers, actor=actor, now=now, prediction=here.prediction)
    return judgement


def undo(*, item_id: UUID, submission_id: UUID, actor: Actor, now: dt.datetime) -> Taken:
    """Take a judgement back within its hold. The review is the person's again, the answer is their draft.

    Where they hold two others by now, it waits for anybody instead: the lease's token is then 0.

    Raises:
        NotFound: there is no such judgement of theirs.
        TooLate: it is final; if nobody had settled it yet, it is settled now.
    """
    try:
        return _undo(item_id=item_id, submission_id=submission_id, actor=actor, now=now)
    except TooLate:
        settle(item_id=item_id, now=now)
        raise


@transaction.atomic
def _undo(*, item_id: UUID, submission_id: UUID, actor: Actor, now: dt.datetime) -> Taken:
    claims.lock_person_of(actor)
    item = moves.lock(item_id)
    moves.refuse(policies.why_not_work(actor, item), actor, item)
    assert isinstance(actor, Person)  # why_not_work says so
    judgement = Judgement.objects.filter(submission_id=submission_id, item=item, reviewer=actor).first()
    if judgement is None:
        raise NotFound
    own = claims.own_leases(actor.pk, [item.queue_id])
    if judgement.undone_at and (mine := next((each for each in own if each.item.pk == item.pk), None)):
        mine.item.queue = item.queue
        return mine  # sent again: it was taken back, and the review is still theirs
    if item.state not in OPEN or not execute(UNDO, {"judgement": judgement.pk}).rowcount:
        raise TooLate  # also where the prediction was withdrawn meanwhile
    moves.include(item, actor.pk, PassedOver.JUDGED)
    lease = _take_back(item, judgement, actor if len(own) < claims.LEASES_AT_ONCE else None)
    draft = Submission(
        submission_id=submission_id,
        token=0,
        output=orjson.loads(judgement.output or "null"),
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        comment=judgement.comment,
    )
    drafts.save(item_id=item.pk, person=actor, body=draft.as_draft(), now=now)
    facts = {"judgement": judgement.pk, "token": lease.token}
    if item.state == State.HELD:
        moves.move(item, to=State.WAITING, kind="undone", actor=actor, now=now, **facts)
    else:
        moves.note(item, kind="undone", actor=actor, now=now, **facts)
    return Taken(item=item, lease=lease)


def _faults(submission: Submission, here: Situation) -> list[FieldError]:
    """What is wrong with the shape of a submission, all at once."""
    errors = [
        FieldError(f"/{name}", "UNKNOWN_FIELD", "There is no such member.") for name in submission.unknown
    ]
    if submission.verdict not in Verdict.values:
        return [*errors, FieldError("/verdict", "BAD_VALUE", "The verdict is answer or cannot_tell.")]
    errors += shapes.faults_of_hold(submission.hold_seconds)
    faults_of_reasons = shapes.faults_of_reasons(submission.reasons, submission.comment)
    errors += faults_of_reasons
    if submission.verdict == Verdict.CANNOT_TELL:
        if submission.output is not ABSENT and submission.output is not None:
            errors.append(FieldError("/output", "NOT_EXPECTED", "Who cannot tell gives no output."))
        needs_reason = True
    elif submission.output is ABSENT:
        return [*errors, FieldError("/output", "REQUIRED", "Give your answer as output.")]
    else:
        faults_of_output = shapes.faults_of_output(submission.output, here.prediction.schema_id)
        errors += faults_of_output
        needs_reason = not faults_of_output and bool(_diff(submission.output, here))
    said = submission.reasons or (submission.verdict == Verdict.CANNOT_TELL and submission.comment)
    if needs_reason and not faults_of_reasons and not said:
        errors.append(FieldError("/reasons", "REASON_REQUIRED", "Say why: give at least one reason code."))
    return errors


def _diff(output: object, here: Situation) -> list[dict[str, object]]:
    return [dict(change) for change in diff(here.payload.get("output", ABSENT), output)]


def _judgement(
    item: ReviewItem, person: Person, submission: Submission, here: Situation, *, digest: bytes, via: str
) -> Judgement:
    """The judgement to be inserted, with the answer to its submission. The insert itself enforces N."""
    # `holds` and `_faults` have been asked.
    assert here.n is not None
    assert here.leased_at is not None
    assert isinstance(submission.reasons, list)
    assert isinstance(submission.comment, str)
    assert isinstance(submission.hold_seconds, int | float)
    tells = submission.verdict == Verdict.ANSWER
    changes = _diff(submission.output, here) if tells else []
    seen = shown(here.payload, shapes.form_of(here.prediction.schema_id))
    hold = dt.timedelta(seconds=submission.hold_seconds if tells else 0)
    judgement = Judgement(
        id=uuid7(),
        submission_id=submission.submission_id,
        submission_digest=digest,
        item=item,
        round=item.round,
        n=here.n,
        reviewer=person,
        verdict=str(submission.verdict),
        output=stored_text(submission.output) if tells else None,
        changed=bool(changes) if tells else None,
        diff=changes,
        reasons=submission.reasons,
        comment=submission.comment,
        shown_sha256=seen.sha256,
        shown_mode=seen.mode,
        shown_suggestion=seen.suggestion,
        seconds=round((here.at - here.leased_at).total_seconds(), 3),
        via=via,
        token=submission.token,
        at=here.at,
        final_at=here.at + hold,
    )
    state = _state_after(item, judgement, here)
    judgement.answer = {
        "judgement": str(judgement.pk),
        "changed": judgement.changed,
        "diff": changes,
        "final_at": judgement.final_at.isoformat().replace("+00:00", "Z"),
        "review": {"id": str(item.pk), "state": state.value},
    }
    return judgement


def _state_after(item: ReviewItem, judgement: Judgement, here: Situation) -> State:
    if judgement.verdict == Verdict.CANNOT_TELL or here.open_slots > 1:
        return State.WAITING
    answers = [*answers_of(item), judgement] if item.reviewers > 1 else [judgement]
    if max(answer.final_at for answer in answers) > here.at:
        return State.HELD
    return State.DECIDED if agree(answers) else State.ADJUDICATION


def _take_answer(
    item: ReviewItem,
    judgement: Judgement,
    here: Situation,
    *,
    actor: Person,
    now: dt.datetime,
    facts: dict[str, object],
) -> State:
    """Free the slot and tell the trail; answer what the item is to become."""
    after = State(judgement.answer["review"]["state"])
    held = judgement.final_at > here.at
    execute(CLOSE_SLOT if held else FREE_SLOT, {"item": item.pk, "person": actor.pk, "slot": here.slot_id})
    if item.reviewers > 1:
        moves.exclude(item, actor.pk, PassedOver.JUDGED, now=now)
    if after is State.HELD:
        answers = answers_of(item) if item.reviewers > 1 else [judgement]
        item.held_until = max(answer.final_at for answer in answers)
        moves.move(item, to=State.HELD, kind="judged", actor=actor, now=now, until=item.held_until, **facts)
    else:
        moves.note(item, kind="judged", actor=actor, now=now, **facts)
    return after


def _facts(item: ReviewItem, judgement: Judgement, submission: Submission) -> dict[str, object]:
    """What the event says. The answer itself is committed to, and lies outside the log."""
    return {
        "judgement": judgement.pk,
        "round": judgement.round,
        "slot": judgement.n,
        "verdict": judgement.verdict,
        "changed": judgement.changed,
        "reasons": judgement.reasons,
        "token": judgement.token,
        "final_at": judgement.final_at,
        "shown_sha256": judgement.shown_sha256,
        "via": judgement.via,
        "content_commitment": trail.commit_to(
            entity=item, name="judgement", value=stored_text(submission.content())
        ),
    }


def _take_back(item: ReviewItem, judgement: Judgement, person: Person | None) -> Lease:
    """Open the slot of a judgement that was taken back, leased to the person if they may hold another."""
    parameters = {
        "item": item.pk,
        "n": judgement.n,
        "person": person.pk if person else None,
        "lease": claims.LEASE_SECONDS,
    }
    row = execute(TAKE_BACK, parameters).fetchone()
    assert row is not None  # a judgement under its hold has its closed slot
    if person is None:
        return Lease(row[0], row[1], 0, judgement.at, judgement.at)
    return Lease(*row)
