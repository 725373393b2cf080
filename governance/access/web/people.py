"""Pages about people: who is here, what they may do, and since when by whose word."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.pages import render, signed_in
from audit.refusals import NotFound, NotPermitted
from governance.access import credentials, policies, secrets, selectors, services
from governance.access.forms import GrantForm, GroupForm, PersonForm
from governance.access.models import Person, PersonalToken
from governance.access.roles import ROLE_EXPLANATIONS, Role
from governance.access.web.asking import asking, posted, unfinished

SHOWN = 200


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """Everybody with an account."""
    actor = asking(request)
    _require(policies.why_not_view_people(actor))
    words, state = request.GET.get("q", "").strip().replace("\x00", ""), request.GET.get("state", "active")
    people = selectors.people()
    if words:
        people = people.filter(Q(name__icontains=words) | Q(email__icontains=words))
    if state in {"active", "deactivated"}:
        people = people.filter(is_active=state == "active")
    rows = [_row(person) for person in people[: SHOWN + 1]]
    context = {
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "words": words,
        "state": state,
        "why_not_manage": policies.why_not_manage_people(actor),
    }
    return render(request, "governance/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Open an account; its password is shown once."""
    actor = asking(request)
    _require(policies.why_not_manage_people(actor))
    form = PersonForm(posted(request))
    if request.method != "POST" or not form.is_valid():
        return unfinished(request, "governance/person_new.html", form)
    password = secrets.fresh_password()
    person = services.create_person(
        email=form.cleaned_data["email"],
        name=form.cleaned_data["name"],
        password=password,
        actor=actor,
        now=timezone.now(),
        must_change=True,
    )
    return render(
        request, "governance/person_secret.html", {"subject": person, "password": password, "fresh": True}
    )


@require_safe
@signed_in
def one(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """One account: roles, tokens, state, and what an administrator can do about it."""
    actor = asking(request)
    _require(policies.why_not_view_people(actor))
    return _page(request, actor, _person(person_id))


@require_POST
@signed_in
def grant(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Give a role."""
    actor = asking(request)
    _require(policies.why_not_manage_people(actor))
    person = _person(person_id)
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, person, grant_form=form, status=422)
    role, scope = Role(form.cleaned_data["role"]), form.cleaned_data["scope"]
    services.grant(person_id=person.pk, role=role, scope_id=scope.pk, actor=actor, now=timezone.now())
    messages.success(request, f"{person.name} is {role.label} ({scope.label}).")
    return _back(person)


@require_POST
@signed_in
def revoke(request: HttpRequest, person_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Take a role."""
    actor = asking(request)
    _require(policies.why_not_manage_people(actor))
    person = _person(person_id)
    held = person.assignments.select_related("scope").filter(pk=assignment_id).first()
    if held is None:
        raise NotFound
    role = Role(held.role)
    services.revoke(person_id=person.pk, role=role, scope_id=held.scope_id, actor=actor, now=timezone.now())
    messages.success(request, f"{person.name} is no longer {role.label} ({held.scope.label}).")
    return _back(person)


@require_POST
@signed_in
def deactivate(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Close the account."""
    actor = asking(request)
    _require(policies.why_not_manage_people(actor))
    person = services.deactivate(person_id=_person(person_id).pk, actor=actor, now=timezone.now())
    messages.success(request, f"The account of {person.name} is closed; sessions, tokens, roles have ended.")
    return _back(person)


@require_POST
@signed_in
def password(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Set a new password, shown once."""
    actor = asking(request)
    _require(policies.why_not_manage_people(actor))
    person = _person(person_id)
    _require(policies.why_not_reset_password(actor, person))
    text = secrets.fresh_password()
    services.set_password(person_id=person.pk, password=text, actor=actor, now=timezone.now())
    return render(
        request, "governance/person_secret.html", {"subject": person, "password": text, "fresh": False}
    )


@require_POST
@signed_in
def group(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Say with whom somebody is not independent."""
    actor = asking(request)
    _require(policies.why_not_manage_people(actor))
    person = _person(person_id)
    form = GroupForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, person, group_form=form, status=422)
    services.set_independence_group(
        person_id=person.pk, group=form.cleaned_data["group"], actor=actor, now=timezone.now()
    )
    messages.success(request, "The independence group is set.")
    return _back(person)


@require_POST
@signed_in
def revoke_token(request: HttpRequest, person_id: UUID, token_id: UUID) -> HttpResponse:
    """End a token of somebody else's account."""
    actor = asking(request)
    _require(policies.why_not_manage_people(actor))
    token = PersonalToken.objects.filter(pk=token_id, person_id=person_id).first()
    if token is None:
        raise NotFound
    credentials.revoke_token(token_id=token.pk, actor=actor, now=timezone.now())
    messages.success(request, f"The token {token.name!r} has ended.")
    return _back(_person(person_id))


def _page(
    request: HttpRequest,
    actor: Person,
    person: Person,
    *,
    grant_form: GrantForm | None = None,
    group_form: GroupForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    held = list(selectors.roles_of(person))
    past = list(
        person.assignments.exclude(revoked_at=None).select_related("scope").order_by("-revoked_at")[:20]
    )
    names = selectors.names_of({ref for each in [*held, *past] for ref in (each.granted_by, each.revoked_by)})
    context = {
        "subject": person,
        "held": [_assignment(each, names) for each in held],
        "past": [_assignment(each, names) for each in past],
        "tokens": [
            {"token": token, "live": token.is_live(now=now)}
            for token in person.tokens.order_by("-created_at")[:20]
        ],
        "grant_form": grant_form or GrantForm(),
        "group_form": group_form or GroupForm(initial={"group": person.independence_group}),
        "explanations": [(role.label, text) for role, text in ROLE_EXPLANATIONS.items()],
        "why_not_grant": policies.why_not_grant(actor, person),
        "why_not_revoke": policies.why_not_revoke(actor, person),
        "why_not_deactivate": policies.why_not_deactivate(actor, person),
        "why_not_reset": policies.why_not_reset_password(actor, person),
        "why_not_group": policies.why_not_set_group(actor, person),
        "why_not_manage": policies.why_not_manage_people(actor),
    }
    return render(request, "governance/person.html", context, status=status)


def _row(person: Person) -> dict[str, Any]:
    held = [each for each in person.assignments.all() if each.revoked_at is None]
    return {
        "person": person,
        "roles": sorted((Role(each.role).label, each.scope.label) for each in held),
    }


def _assignment(each: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "assignment": each,
        "role": Role(each.role).label,
        "scope": each.scope.label,
        "granted_by": names.get(each.granted_by, each.granted_by),
        "revoked_by": names.get(each.revoked_by, each.revoked_by),
    }


def _person(person_id: UUID) -> Person:
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise NotFound("There is no such account.")
    return person


def _back(person: Person) -> HttpResponse:
    return HttpResponseRedirect(reverse("page-person", args=[person.pk]))


def _require(why_not: str | None) -> None:
    if why_not:
        raise NotPermitted(why_not)
