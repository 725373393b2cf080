"""One's own page: name, how things are shown, tokens, and what one may do."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.pages import render, signed_in
from audit.refusals import NotFound
from governance.access import credentials, selectors, services
from governance.access.forms import ProfileForm, TokenForm
from governance.access.models import Person, PersonalToken
from governance.access.roles import ROLE_EXPLANATIONS, Role
from governance.access.web.asking import asking

ANOTHER_PREFIX = "token-%s"
"""Two forms of the page ask for a name."""


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own profile."""
    person = asking(request)
    if request.method != "POST":
        return _page(request, person)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, person, form=form, status=422)
    services.change_profile(person_id=person.pk, actor=person, now=timezone.now(), **form.cleaned_data)
    messages.success(request, "Your profile is saved.")
    return HttpResponseRedirect(reverse("page-profile"))


@require_POST
@signed_in
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token that acts as oneself; it is shown once."""
    person, form = asking(request), TokenForm(request.POST, auto_id=ANOTHER_PREFIX)
    if not form.is_valid():
        return _page(request, person, token_form=form, status=422)
    now = timezone.now()
    token, secret = credentials.create_token(
        person_id=person.pk,
        name=form.cleaned_data["name"],
        expires_at=form.expires_at(now=now),
        actor=person,
        now=now,
    )
    return render(request, "governance/token_secret.html", {"token": token, "secret": secret})


@require_POST
@signed_in
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """End one of one's own tokens."""
    person = asking(request)
    if not PersonalToken.objects.filter(pk=token_id, person=person).exists():
        raise NotFound("You have no such token.")
    token = credentials.revoke_token(token_id=token_id, actor=person, now=timezone.now())
    messages.success(request, f"The token {token.name!r} has ended.")
    return HttpResponseRedirect(reverse("page-profile"))


def _page(
    request: HttpRequest,
    person: Person,
    *,
    form: ProfileForm | None = None,
    token_form: TokenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    held = list(selectors.roles_of(person))
    names = selectors.names_of({each.granted_by for each in held})
    fields = ("name", "time_zone", "theme", "keys_enabled")
    context = {
        "form": form or ProfileForm(initial={name: getattr(person, name) for name in fields}),
        "token_form": token_form or TokenForm(auto_id=ANOTHER_PREFIX),
        "held": [
            {
                "role": Role(each.role).label,
                "scope": each.scope.label,
                "may": ROLE_EXPLANATIONS[Role(each.role)],
                "since": each.granted_at,
                "by": names.get(each.granted_by, each.granted_by),
            }
            for each in held
        ],
        "tokens": [
            {"token": token, "live": token.is_live(now=now)}
            for token in person.tokens.order_by("-created_at")[:30]
        ],
    }
    return render(request, "governance/profile.html", context, status=status)
