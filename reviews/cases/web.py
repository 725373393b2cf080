"""Pages about one prediction: found by its id or external id, looked at, disputed, reopened."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.pages import render, signed_in
from audit.refusals import NotPermitted
from reviews.cases import policies, selectors
from reviews.cases.forms import FlagForm, ReopenForm
from reviews.cases.prediction_view import prediction_view
from reviews.intake import openings
from reviews.intake import services as intake
from reviews.judging import services as judging
from reviews.workbench.session import person_of


@require_safe
@signed_in
def find(request: HttpRequest) -> HttpResponse:
    """Go to the prediction that is meant, or ask which."""
    model = request.GET.get("model", "").strip().replace("\x00", "")
    external_id = request.GET.get("external_id", "").strip().replace("\x00", "")
    found = []
    if external_id:
        found = selectors.predictions_named(person_of(request), model=model, external_id=external_id)
    if len(found) == 1:
        return HttpResponseRedirect(reverse("page-prediction", args=[found[0][0]]))
    context = {"model": model, "external_id": external_id, "found": found}
    missing = bool(external_id) and not found
    return render(request, "reviews/cases/find.html", context, status=404 if missing else 200)


@require_safe
@signed_in
def one(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Everything about one prediction."""
    return _page(request, prediction_id)


@require_POST
@signed_in
def flag(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Dispute the outcome, with the reason."""
    form = FlagForm(request.POST)
    if not form.is_valid():
        return _page(request, prediction_id, flag_form=form, status=422)
    intake.flag(
        prediction_id=prediction_id,
        reason=form.cleaned_data["reason"],
        by=form.cleaned_data["by"],
        actor=person_of(request),
        now=timezone.now(),
    )
    messages.success(request, "The outcome is disputed: people look at it again, and it stands meanwhile.")
    return HttpResponseRedirect(reverse("page-prediction", args=[prediction_id]))


@require_POST
@signed_in
def reopen(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Ask people again about what they decided, with the reason."""
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return _page(request, prediction_id, reopen_form=form, status=422)
    person, now = person_of(request), timezone.now()
    item = selectors.case_for(person, prediction_id).item
    if item is None:
        raise NotPermitted(policies.why_not_reopen(person, item, now=now) or "")
    judging.reopen(item_id=item.pk, reason=form.cleaned_data["reason"], actor=person, now=now)
    messages.success(request, "The review is open again; its outcome stands meanwhile.")
    return HttpResponseRedirect(reverse("page-prediction", args=[prediction_id]))


def _page(
    request: HttpRequest,
    prediction_id: UUID,
    *,
    flag_form: FlagForm | None = None,
    reopen_form: ReopenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    case = selectors.case_for(person, prediction_id)
    shows_payload = policies.why_not_see_payload(person, case.standing) is None
    if shows_payload:
        openings.open_payload(standing=case.standing, actor=person, via="page", now=now)
    context = prediction_view(case, person, now=now, shows_payload=shows_payload)
    context["flag_form"] = flag_form or FlagForm()
    context["reopen_form"] = reopen_form or ReopenForm()
    return render(request, "reviews/cases/prediction.html", context, status=status)
