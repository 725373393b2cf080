"""What the pages show of packs, answers and conclusions, ready for templates."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.utils import timezone

from governance.risk import drafting, selectors
from governance.risk.answers import UNKNOWN, read_answers
from governance.risk.engine import UNDETERMINED, Classification, classify, questions_to_ask
from governance.risk.models import Assessment, AssessmentDraft
from governance.risk.pack import BOOLEAN, MULTI, Choice, Pack, Question
from governance.risk.packs import pack_at
from registry.systems.selectors import names_behind

REVIEW: Final = "review"
"""The last step: everything that was answered, and what follows."""
DO_NOT_KNOW: Final = Choice(UNKNOWN, "I don't know")
YES_NO: Final = (Choice("yes", "Yes"), Choice("no", "No"))


def choices_of(question: Question) -> tuple[Choice, ...]:
    """What can be chosen, "I don't know" last."""
    return (*(YES_NO if question.type == BOOLEAN else question.choices), DO_NOT_KNOW)


def chosen(question: Question, answers: Mapping[str, Any]) -> list[str]:
    """The choices that an answer is, as a form sends them."""
    if question.id not in answers:
        return []
    answer = answers[question.id]
    if answer is None:
        return [UNKNOWN]
    if isinstance(answer, bool):
        return ["yes" if answer else "no"]
    return list(answer) if isinstance(answer, list) else [str(answer)]


def answer_of(question: Question, values: Sequence[str]) -> Any:
    """The answer that a form sent, to be checked; None for "I don't know"."""
    if list(values) == [UNKNOWN]:
        return None
    if question.type == BOOLEAN and len(values) == 1:
        return {"yes": True, "no": False}.get(values[0], values[0])
    return list(values) if question.type == MULTI else values[0]


def in_words(question: Question, answers: Mapping[str, Any]) -> str:
    """An answer as people read it."""
    texts = {choice.id: choice.text for choice in choices_of(question)}
    return "; ".join(texts.get(each, each) for each in chosen(question, answers))


def field_of(
    question: Question,
    draft: AssessmentDraft,
    *,
    posted: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
) -> dict[str, Any]:
    """A question as a group of choices."""
    now = set(posted[question.id] if question.id in posted else chosen(question, draft.answers))
    return {
        "question": question,
        "input": "checkbox" if question.type == MULTI else "radio",
        "choices": [
            {"choice": choice, "checked": choice.id in now, "is_unknown": choice is DO_NOT_KNOW}
            for choice in choices_of(question)
        ],
        "unconfirmed": question.id in draft.unconfirmed,
        "error": errors.get(question.id, ""),
    }


def due_questions(pack: Pack, answers: Mapping[str, Any]) -> list[Question]:
    """The questions that these answers call for."""
    return questions_to_ask(pack, read_answers(pack, drafting.asked_answers(pack, answers)))


def steps_of(pack: Pack, draft: AssessmentDraft, due: Iterable[Question]) -> list[dict[str, Any]]:
    """The steps that have questions to ask, with how many are done."""
    found = []
    asked = list(due)
    for step, title in pack.steps.items():
        here = [question.id for question in asked if question.step == step]
        done = [name for name in here if name in draft.answers and name not in draft.unconfirmed]
        if here:
            found.append({"id": step, "title": title, "done": len(done), "due": len(here)})
    return found


def step_after(steps: Sequence[Mapping[str, Any]], step: str) -> str:
    """The step that follows; after the last one comes the review."""
    ids = [each["id"] for each in steps]
    following = ids.index(step) + 1 if step in ids else 0
    return str(ids[following]) if following < len(ids) else REVIEW


def so_far(pack: Pack, answers: Mapping[str, Any]) -> Classification:
    """What follows from the answers up to now."""
    read = read_answers(pack, drafting.asked_answers(pack, answers))
    return classify(pack, read, on=timezone.now().date())


def class_title(pack: Pack | None, class_: str) -> str:
    """What people call a class."""
    return pack.classes.get(class_, class_.replace("_", " ")) if pack else class_.replace("_", " ")


def conclusion(pack: Pack, found: Classification) -> dict[str, Any]:
    """What a questionnaire concludes so far."""
    return {
        "class": found.class_,
        "title": class_title(pack, found.class_),
        "possible": [class_title(pack, each) for each in found.possible]
        if found.class_ == UNDETERMINED
        else [],
        "points": found.result.get("points", []),
        "trace": [each.as_json() for each in found.trace],
        "missing": [pack.by_id[each] for each in found.undetermined],
    }


def assessment_row(assessment: Assessment) -> dict[str, Any]:
    """An assessment in a list."""
    pack = pack_at(assessment.pack, assessment.pack_version)
    return {
        "assessment": assessment,
        "pack": pack.title if pack else assessment.pack,
        "title": class_title(pack, assessment.class_id),
        "by": names_behind([assessment.by])[assessment.by],
    }


def answered(pack: Pack, answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every answer in words, by question, in order."""
    return [
        {"question": question, "answer": in_words(question, answers)}
        for question in pack.questions
        if question.id in answers
    ]


def duties(obligations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The duties with their days, those that come first first."""
    today = timezone.now().date()
    found = []
    for each in obligations:
        since = dt.date.fromisoformat(each["applies_from"]) if each["applies_from"] else None
        found.append({**each, "applies_from": since, "in_force": since is not None and since <= today})
    return sorted(found, key=lambda each: (each["applies_from"] or dt.date.max, each["who"]))


def standing_line(assessment: Assessment | None) -> dict[str, Any] | None:
    """How a system stands by a pack."""
    if assessment is None:
        return None
    standing = selectors.standing_of(assessment.system_id, pack=assessment.pack)
    pack = pack_at(assessment.pack, assessment.pack_version)
    class_ = standing.class_ if standing else assessment.class_id
    return {
        **assessment_row(assessment),
        "class": class_,
        "stands_as": class_title(pack, class_),
        "set_by_hand": class_ != assessment.class_id,
    }
