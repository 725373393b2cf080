"""What the pages about people and keys take in. The services check the same again."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.account.forms import LoginForm
from django import forms

from audit.refusals import BadInput
from governance.access import checks
from governance.access.models import Person, Scope
from governance.access.roles import SCOPE_EXPLANATIONS, Role, ScopeKind
from registry.catalog.models import Environment
from registry.systems.models import AISystem

THEME_CHOICES = (("system", "as the system says"), ("light", "light"), ("dark", "dark"))
EXPIRY_CHOICES = (("90", "in 90 days"), ("365", "in a year"), ("30", "in 30 days"), ("never", "never"))


class SignInForm(LoginForm):  # type: ignore[misc]
    """Address and password; allauth asks its adapter whether they belong together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = "E-mail", "Password"
        login.widget.attrs = {"autocomplete": "username", "autofocus": True}
        password.widget.attrs = {"autocomplete": "current-password"}
        password.help_text = ""


def _checked(check: Callable[..., Any], *arguments: Any) -> Any:
    """What a check of the services answers; its refusal becomes the field's error."""
    try:
        return check(*arguments)
    except BadInput as refusal:
        raise forms.ValidationError([error.detail for error in refusal.errors]) from refusal


class PersonForm(forms.Form):
    """A new account."""

    email = forms.CharField(label="E-mail", max_length=checks.LONGEST_EMAIL)
    name = forms.CharField(label="Name", max_length=checks.LONGEST_NAME, help_text="As colleagues know them.")

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        _checked(checks.email, email)
        if Person.objects.filter(email=email).exists():
            raise forms.ValidationError("Somebody with this e-mail address has an account already.")
        return email


class GrantForm(forms.Form):
    """A role at a scope."""

    role = forms.ChoiceField(label="Role", choices=[(role.value, role.label) for role in Role])
    scope = forms.ModelChoiceField(
        label="Where", queryset=Scope.objects.order_by("id"), empty_label=None,
        help_text="A role on an AI system holds on its queues too.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = _scope_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("role") and cleaned.get("scope"):
            _checked(checks.fits, Role(cleaned["role"]), cleaned["scope"])
        return cleaned


def _scope_choices() -> list[Any]:
    groups: dict[str, list[tuple[int, str]]] = {"Everywhere": [], "AI systems": [], "Queues": []}
    titles = {ScopeKind.EVERYWHERE: "Everywhere", ScopeKind.SYSTEM: "AI systems", ScopeKind.QUEUE: "Queues"}
    for pk, kind, label in Scope.objects.order_by("label").values_list("pk", "kind", "label"):
        groups[titles[ScopeKind(kind)]].append((pk, label))
    return [("", "choose where"), *((title, rows) for title, rows in groups.items() if rows)]


class GroupForm(forms.Form):
    """With whom somebody is not independent."""

    group = forms.CharField(
        label="Independence group", max_length=checks.LONGEST_GROUP, required=False,
        help_text="People in one group do not sign for each other's work. Empty: independent of everybody.",
    )  # fmt: skip


class ProfileForm(forms.Form):
    """How an account is shown and shows things."""

    name = forms.CharField(label="Name", max_length=checks.LONGEST_NAME)
    time_zone = forms.ChoiceField(label="Time zone", help_text="Times on every page are in it.")
    theme = forms.ChoiceField(label="Theme", choices=THEME_CHOICES)
    keys_enabled = forms.BooleanField(
        label="Single keys act in the workbench", required=False,
        help_text="Switch it off if a voice control or another program types single letters.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(checks.time_zones())
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]


class PasswordForm(forms.Form):
    """One's own new password."""

    current = forms.CharField(
        label="Password until now", strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    new = forms.CharField(
        label="New password", strip=False, help_text="At least 12 characters; a few words together do well.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    again = forms.CharField(
        label="New password again", strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_current(self) -> str:
        current = str(self.cleaned_data["current"])
        if not self.person.check_password(current):
            raise forms.ValidationError("This is not your password.")
        return current

    def clean_new(self) -> str:
        new = str(self.cleaned_data["new"])
        _checked(checks.password, new, self.person)
        return new

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        new = cleaned.get("new")
        if new and new != cleaned.get("again"):
            self.add_error("again", "The two new passwords differ.")
        if new and new == cleaned.get("current"):
            self.add_error("new", "This is the password you have; choose another.")
        return cleaned


class ExpiryForm(forms.Form):
    """When a secret ends by itself."""

    expires = forms.ChoiceField(label="Ends", choices=EXPIRY_CHOICES)

    def expires_at(self, *, now: dt.datetime) -> dt.datetime | None:
        days = self.cleaned_data["expires"]
        return None if days == "never" else now + dt.timedelta(days=int(days))


class TokenForm(ExpiryForm):
    """A personal token."""

    name = forms.CharField(label="What for", max_length=100, help_text="So that you know which one to end.")
    field_order = ("name", "expires")


class KeyForm(ExpiryForm):
    """A service key."""

    name = forms.CharField(label="Name", max_length=100, help_text="Says which service uses it.")
    scopes = forms.MultipleChoiceField(
        label="It may", choices=list(SCOPE_EXPLANATIONS.items()), widget=forms.CheckboxSelectMultiple
    )
    systems = forms.ModelMultipleChoiceField(
        label="Only on these AI systems", queryset=AISystem.objects.order_by("slug"), required=False,
        widget=forms.CheckboxSelectMultiple, help_text="None chosen: on all of them, also on future ones.",
    )  # fmt: skip
    environments = forms.ModelMultipleChoiceField(
        label="Only in these environments", queryset=Environment.objects.order_by("slug"), required=False,
        widget=forms.CheckboxSelectMultiple, help_text="None chosen: in all of them.",
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        label="Owner", queryset=Person.objects.filter(is_active=True).order_by("name"), required=False,
        empty_label="nobody", help_text="Answers for it; counts as author of what it submits.",
    )  # fmt: skip
    field_order = ("name", "scopes", "systems", "environments", "owner", "expires")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["environments"].label_from_instance = lambda row: row.slug  # type: ignore[attr-defined]
        self.fields["systems"].label_from_instance = lambda row: f"{row.name} ({row.slug})"  # type: ignore[attr-defined]


class RotateForm(forms.Form):
    """How long the old secret works beside the new one."""

    overlap = forms.ChoiceField(
        label="The old secret goes on working for",
        choices=(("24", "24 hours"), ("168", "7 days"), ("1", "1 hour"), ("0", "no time: it ends now")),
    )
