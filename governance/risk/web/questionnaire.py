"""The questionnaire: step by step, kept as it is answered, with the class so far beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.pages import render, signed_in
from audit.refusals import NotFound
from governance.access.models import Person
from governance.access.web.asking import asking
from governance.risk import drafting, policies, selectors, showing
from governance.risk.answers import fault_of
from governance.risk.forms import HandOverForm
from governance.risk.models import AssessmentDraft
from governance.risk.pack import Pack, Question
from governance.risk.reading import LONGEST_NOTE
from registry.systems.models import AISystem
from registry.systems.selectors import require, system_for


@require_POST
@signed_in
def begin(request: HttpRequest, slug: str, pack: str) -> HttpResponse:
    """Open the questionnaire of a pack, or the one that is open already."""
    actor, system = _asked(request, slug)
    drafting.begin(system_id=system.pk, actor=actor, pack=selectors.known_pack(pack), now=timezone.now())
    return HttpResponseRedirect(_address(system, pack))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def answer(request: HttpRequest, slug: str, pack: str) -> HttpResponse:
    """One step: its questions, and what follows so far."""
    actor, system = _asked(request, slug)
    draft = selectors.draft_of(system, pack)
    if draft is None:
        return HttpResponseRedirect(reverse("page-risk", args=[slug]))
    found = selectors.known_pack(draft.pack, draft.pack_version)
    step = _step(request, found, draft)
    if request.method != "POST":
        return _page(request, actor, found, draft, step)
    questions = [each for each in showing.due_questions(found, draft.answers) if each.step == step]
    posted = {each.id: request.POST.getlist(each.id) for each in questions}
    given, errors = _read(questions, posted)
    if errors:
        return _page(request, actor, found, draft, step, posted=posted, errors=errors)
    draft = drafting.answer(draft_id=draft.pk, actor=actor, given=given, asked=posted, now=timezone.now())
    return HttpResponseRedirect(_address(system, pack, _following(found, draft, step, posted)))


@require_POST
@signed_in
def file(request: HttpRequest, slug: str, pack: str) -> HttpResponse:
    """Make it an assessment."""
    actor, system = _asked(request, slug)
    now = timezone.now()
    note = request.POST.get("note", "").replace("\x00", "")[:LONGEST_NOTE]
    made = drafting.file(draft_id=_draft(system, pack).pk, actor=actor, note=note, on=now.date(), now=now)
    messages.success(request, f"Assessment {made.number} is kept and in force.")
    return HttpResponseRedirect(reverse("page-risk-assessment", args=[slug, made.number]))


@require_POST
@signed_in
def hand_over(request: HttpRequest, slug: str, pack: str) -> HttpResponse:
    """Give the draft to somebody else; without a name, take it oneself."""
    actor, system = _asked(request, slug)
    draft = _draft(system, pack)
    if "to" not in request.POST:
        drafting.hand_over(draft_id=draft.pk, actor=actor, to=actor, now=timezone.now())
        messages.success(request, "The questionnaire is yours now.")
        return HttpResponseRedirect(_address(system, pack))
    form = HandOverForm(request.POST)
    if form.is_valid():
        to = form.cleaned_data["to"]
        drafting.hand_over(draft_id=draft.pk, actor=actor, to=to, now=timezone.now())
        messages.success(request, f"{to.name} has the questionnaire now.")
    else:
        messages.error(request, " ".join(str(each) for each in form.errors["to"]))
    return HttpResponseRedirect(_address(system, pack, showing.REVIEW))


@require_POST
@signed_in
def discard(request: HttpRequest, slug: str, pack: str) -> HttpResponse:
    """Put the draft away."""
    actor, system = _asked(request, slug)
    drafting.discard(draft_id=_draft(system, pack).pk, actor=actor)
    messages.info(request, "The questionnaire is put away. Nothing about the classification has changed.")
    return HttpResponseRedirect(reverse("page-risk", args=[slug]))


def _asked(request: HttpRequest, slug: str) -> tuple[Person, AISystem]:
    actor = asking(request)
    system = system_for(actor, slug)
    require(policies.why_not_assess(actor, system))
    return actor, system


def _draft(system: AISystem, pack: str) -> AssessmentDraft:
    draft = selectors.draft_of(system, pack)
    if draft is None:
        raise NotFound(drafting.NO_DRAFT)
    return draft


def _step(request: HttpRequest, pack: Pack, draft: AssessmentDraft) -> str:
    """The step asked for; without one, the first that is not done."""
    steps = showing.steps_of(pack, draft, showing.due_questions(pack, draft.answers))
    wanted = request.GET.get("step", "")
    if wanted == showing.REVIEW or any(each["id"] == wanted for each in steps):
        return wanted
    return next((str(each["id"]) for each in steps if each["done"] < each["due"]), showing.REVIEW)


def _read(
    questions: Sequence[Question], posted: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers that were given, and what is wrong, by question."""
    given: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for question in questions:
        if not posted[question.id]:
            continue
        given[question.id] = showing.answer_of(question, posted[question.id])
        if fault := fault_of(question, given[question.id]):
            alone = fault[0] in ("CONTRADICTION", "BAD_VALUE")
            errors[question.id] = '"None of these" and "I don\'t know" stand alone.' if alone else fault[1]
    return given, errors


def _following(pack: Pack, draft: AssessmentDraft, step: str, shown: Mapping[str, Any]) -> str:
    """Where to go on: here, if the answers call for more of this step."""
    due = showing.due_questions(pack, draft.answers)
    if any(each.step == step and each.id not in shown for each in due):
        return step
    return showing.step_after(showing.steps_of(pack, draft, due), step)


def _page(
    request: HttpRequest,
    actor: Person,
    pack: Pack,
    draft: AssessmentDraft,
    step: str,
    *,
    posted: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    due = showing.due_questions(pack, draft.answers)
    asked_names = {question.id for question in due}
    context = {
        "system": draft.system,
        "draft": draft,
        "pack": pack,
        "steps": showing.steps_of(pack, draft, due),
        "step": step,
        "title": pack.steps.get(step, "Look it over"),
        "fields": [
            showing.field_of(question, draft, posted=posted or {}, errors=errors or {})
            for question in due
            if question.step == step
        ],
        "is_review": step == showing.REVIEW,
        "open": [each for each in due if each.id not in draft.answers],
        "unconfirmed": [each for each in due if each.id in draft.unconfirmed],
        "answered": showing.answered(
            pack, {name: value for name, value in draft.answers.items() if name in asked_names}
        ),
        "so_far": showing.conclusion(pack, showing.so_far(pack, draft.answers)),
        "why_not": policies.why_not_draft(actor, draft),
        "hand_over": HandOverForm(),
        "errors": errors,
    }
    return render(request, "governance/risk/questions.html", context, status=422 if errors else 200)


def _address(system: AISystem, pack: str, step: str = "") -> str:
    at = reverse("page-risk-answer", args=[system.slug, pack])
    return f"{at}?step={step}" if step else at
