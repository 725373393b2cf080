"""Everything that changes a questionnaire in the making, up to the assessment that it becomes.

A draft writes no events: it counts for nothing until it is filed, and filing writes the assessment's.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from governance.access.models import Person
from governance.risk import notifications, policies, selectors, services
from governance.risk.answers import as_json, fault_of, read_answers
from governance.risk.conditions import Answer
from governance.risk.engine import questions_to_ask
from governance.risk.errors import DraftChanged
from governance.risk.models import Assessment, AssessmentDraft
from governance.risk.pack import Pack

NO_DRAFT = "There is no questionnaire in the making here any more."


@transaction.atomic
def begin(*, system_id: UUID, actor: Person, pack: Pack, now: dt.datetime) -> AssessmentDraft:
    """Open the questionnaire, with the answers of the assessment before, to be confirmed one by one.

    If somebody has begun already, that one is answered, as it is.

    Raises:
        NotPermitted: `actor` may not assess this system.
    """
    system = services.lock_system(system_id)
    if reason := policies.why_not_assess(actor, system):
        raise NotPermitted(reason)
    if found := selectors.draft_of(system, pack.name):
        return found
    parent = selectors.newest_of(system.pk, pack.name)
    answers = carried_over(pack, parent.answers) if parent else {}
    return AssessmentDraft.objects.create(
        system=system,
        pack=pack.name,
        pack_version=pack.version,
        answers=answers,
        unconfirmed=sorted(answers),
        parent=parent,
        holder=actor,
        started_at=now,
        changed_at=now,
    )


@transaction.atomic
def answer(
    *, draft_id: UUID, actor: Person, given: Mapping[str, Any], asked: Iterable[str], now: dt.datetime
) -> AssessmentDraft:
    """Keep the answers to the questions in `asked`; those without an answer in `given` are taken away.

    Answering confirms. Raises:
        NotFound: it was filed or put away.
        NotPermitted, DraftChanged: `actor` may not assess, or somebody else has the draft.
        BadInput: an answer is none; nothing is kept then.
    """
    draft = _lock(draft_id, actor)
    pack = selectors.known_pack(draft.pack, draft.pack_version)
    read = as_json(read_answers(pack, dict(given)))
    shown = set(asked)
    draft.answers = {name: value for name, value in draft.answers.items() if name not in shown} | read
    draft.unconfirmed = [name for name in draft.unconfirmed if name not in shown]
    draft.changed_at = now
    draft.save()
    return draft


@transaction.atomic
def hand_over(*, draft_id: UUID, actor: Person, to: Person, now: dt.datetime) -> AssessmentDraft:
    """Give the draft to somebody else who may assess the system; or take it over oneself.

    Raises:
        NotFound: it was filed or put away.
        NotPermitted: `actor` may not assess this system.
        BadInput: `to` may not, or has it already.
    """
    draft = _lock_whoever_holds_it(draft_id)
    if reason := policies.why_not_assess(actor, draft):
        raise NotPermitted(reason)
    if policies.why_not_assess(to, draft):
        detail = f"{to.name} may not assess this AI system."
        raise BadInput([FieldError("/to", "BAD_VALUE", detail)])
    if to.pk == draft.holder_id:
        raise BadInput([FieldError("/to", "NOTHING_TO_CHANGE", f"{to.name} has it already.")])
    draft.holder = to
    draft.changed_at = now
    draft.save()
    if to.pk != actor.pk:
        transaction.on_commit(partial(notifications.tell_handed_over, draft.pk))
    return draft


@transaction.atomic
def discard(*, draft_id: UUID, actor: Person) -> None:
    """Put a draft away.

    Raises:
        NotFound: it was filed or put away.
        NotPermitted, DraftChanged: `actor` may not assess, or somebody else has the draft.
    """
    _lock(draft_id, actor).delete()


@transaction.atomic
def file(*, draft_id: UUID, actor: Person, note: str, on: dt.date, now: dt.datetime) -> Assessment:
    """Make the draft an assessment: the answers to the questions that are asked, and no others.

    Raises:
        NotFound: it was filed or put away.
        NotPermitted, DraftChanged: `actor` may not assess, or somebody else has the draft.
        BadInput: nothing is answered, or answers taken from before are not confirmed.
    """
    draft = _lock(draft_id, actor)
    pack = selectors.known_pack(draft.pack, draft.pack_version)
    answers = asked_answers(pack, draft.answers)
    if not answers:
        raise BadInput([FieldError("/answers", "REQUIRED", "Answer a question first.")])
    if waiting := [name for name in draft.unconfirmed if name in answers]:
        raise BadInput(
            [
                FieldError(f"/answers/{name}", "UNCONFIRMED", "Taken from before: confirm it.")
                for name in waiting
            ]
        )
    made = services.file(
        system=draft.system,
        actor=actor,
        pack=pack,
        answers=answers,
        on=on,
        now=now,
        parent=draft.parent,
        note=note,
    )
    draft.delete()
    return made


def asked_answers(pack: Pack, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to questions that the answers before them call for; others are left over from changes."""
    kept: dict[str, Any] = {}
    read: dict[str, Answer] = {}
    for question in pack.questions:
        if question.id in answers and question in questions_to_ask(pack, read):
            kept[question.id] = answers[question.id]
            read = read_answers(pack, kept)
    return kept


def carried_over(pack: Pack, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Those answers of another version that are still answers."""
    return {
        name: value
        for name, value in answers.items()
        if name in pack.by_id and fault_of(pack.by_id[name], value) is None
    }


def _lock(draft_id: UUID, actor: Person) -> AssessmentDraft:
    draft = _lock_whoever_holds_it(draft_id)
    if reason := policies.why_not_assess(actor, draft):
        raise NotPermitted(reason)
    if reason := policies.why_not_draft(actor, draft):
        raise DraftChanged(reason)
    return draft


def _lock_whoever_holds_it(draft_id: UUID) -> AssessmentDraft:
    """The draft, behind its system's lock."""
    system_id = AssessmentDraft.objects.filter(pk=draft_id).values_list("system_id", flat=True).first()
    if system_id is not None:
        services.lock_system(system_id)
    draft = (
        AssessmentDraft.objects.select_for_update(of=["self"])
        .select_related("system", "holder", "parent")
        .filter(pk=draft_id)
        .first()
    )
    if draft is None:
        raise NotFound(NO_DRAFT)
    return draft
