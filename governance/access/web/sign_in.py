"""Signing in and out, and one's own password."""

from allauth.account.views import LoginView
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit.pages import render, signed_in
from governance.access import services
from governance.access.forms import PasswordForm, SignInForm
from governance.access.models import Person
from governance.access.sign_in import end
from governance.access.web.asking import asking, posted


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginView):  # type: ignore[misc]
    """Whoever is signed in goes on to where they wanted; nobody can open an account here."""

    form_class = SignInForm
    template_name = "account/login.html"
    http_method_names = ("get", "head", "post")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; without one there is nothing to end."""
    if isinstance(request.user, Person):
        end(person=request.user, now=timezone.now())
    logout(request)
    return HttpResponseRedirect(resolve_url("account_login"))


@sensitive_post_parameters("current", "new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password. Other sessions of the account end."""
    person = asking(request)
    form = PasswordForm(posted(request), person=person)
    if request.method == "POST" and form.is_valid():
        changed = services.set_password(
            person_id=person.pk, password=form.cleaned_data["new"], actor=person, now=timezone.now()
        )
        update_session_auth_hash(request, changed)
        messages.success(request, "Your password is changed. Your other sessions have ended.")
        return HttpResponseRedirect(resolve_url("/" if person.must_change_password else "page-profile"))
    context = {"form": form, "forced": person.must_change_password}
    return render(request, "account/password.html", context, status=422 if form.is_bound else 200)
