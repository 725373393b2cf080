"""Pages about service keys: which there are, what they may, who answers for them."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.pages import render, signed_in
from audit.refusals import NotFound, NotPermitted
from governance.access import credentials, policies, selectors
from governance.access.forms import KeyForm, RotateForm
from governance.access.models import Person, ServiceKey
from governance.access.roles import SCOPE_EXPLANATIONS
from governance.access.web.asking import asking, posted, unfinished
from registry.systems.models import AISystem

EXPIRES_SOON = dt.timedelta(days=14)


@require_safe
@signed_in
def listed(request: HttpRequest) -> HttpResponse:
    """All service keys."""
    actor = asking(request)
    _require(policies.why_not_view_keys(actor))
    now, state = timezone.now(), request.GET.get("state", "live")
    rows = [_row(key, now) for key in selectors.service_keys()]
    if state == "live":
        rows = [row for row in rows if row["live"]]
    context = {"rows": rows, "state": state, "why_not": policies.why_not_manage_keys(actor)}
    return render(request, "governance/keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Make a key; its secret is shown once."""
    actor = asking(request)
    _require(policies.why_not_manage_keys(actor))
    form = KeyForm(posted(request), initial={"expires": "365"})
    if request.method != "POST" or not form.is_valid():
        return unfinished(request, "governance/key_new.html", form)
    now, given = timezone.now(), form.cleaned_data
    key, secret = credentials.create_key(
        name=given["name"],
        scopes=given["scopes"],
        system_ids=[system.pk for system in given["systems"]],
        environments=[environment.pk for environment in given["environments"]],
        owner=given["owner"],
        expires_at=form.expires_at(now=now),
        actor=actor,
        now=now,
    )
    return render(request, "governance/key_secret.html", {"key": key, "secret": secret, "old": None})


@require_safe
@signed_in
def one(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """One key."""
    actor = asking(request)
    _require(policies.why_not_view_keys(actor))
    return _page(request, actor, _key(key_id))


@require_POST
@signed_in
def rotate(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Make its successor, shown once; the old secret works for a while longer."""
    actor = asking(request)
    _require(policies.why_not_manage_keys(actor))
    old, form = _key(key_id), RotateForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, old, form=form, status=422)
    overlap = dt.timedelta(hours=int(form.cleaned_data["overlap"]))
    key, secret = credentials.rotate_key(key_id=old.pk, actor=actor, now=timezone.now(), overlap=overlap)
    context = {"key": key, "secret": secret, "old": _key(key_id)}
    return render(request, "governance/key_secret.html", context)


@require_POST
@signed_in
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """End it at once."""
    actor = asking(request)
    _require(policies.why_not_manage_keys(actor))
    key = credentials.revoke_key(key_id=_key(key_id).pk, actor=actor, now=timezone.now())
    messages.success(request, f"The key {key.name!r} ({key.prefix}) has ended.")
    return HttpResponseRedirect(reverse("page-keys"))


def _page(
    request: HttpRequest, actor: Person, key: ServiceKey, *, form: RotateForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    names = selectors.names_of({key.created_by})
    context = {
        **_row(key, now),
        "created_by": names.get(key.created_by, key.created_by),
        "scopes": [SCOPE_EXPLANATIONS.get(scope, scope).partition(" · ")[::2] for scope in key.scopes],
        "systems": AISystem.objects.filter(pk__in=key.system_ids).order_by("slug"),
        "successor": ServiceKey.objects.filter(rotated_from=key).first(),
        "form": form or RotateForm(),
        "why_not_rotate": policies.why_not_rotate_key(actor, key),
        "why_not_revoke": policies.why_not_revoke_key(actor, key, now=now),
    }
    return render(request, "governance/key.html", context, status=status)


def _row(key: ServiceKey, now: dt.datetime) -> dict[str, Any]:
    live = key.is_live(now=now)
    if live and key.revoked_at:
        state, word = "due_soon", "rotated, works on"
    elif live and key.expires_at and key.expires_at - now < EXPIRES_SOON:
        state, word = "due_soon", "expires soon"
    elif live:
        state, word = "active", "active"
    else:
        ended = key.revoked_at is not None and key.revoked_at <= now
        state, word = ("revoked", "revoked") if ended else ("expired", "expired")
    return {"key": key, "live": live, "state": state, "word": word}


def _key(key_id: UUID) -> ServiceKey:
    key = ServiceKey.objects.select_related("owner", "rotated_from").filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such service key.")
    return key


def _require(why_not: str | None) -> None:
    if why_not:
        raise NotPermitted(why_not)
