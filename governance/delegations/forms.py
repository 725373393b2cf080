"""What the page about delegations takes in."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone

from governance.access.models import Person
from governance.access.roles import Role, ScopeKind
from registry.systems.models import AISystem
from registry.systems.selectors import person_with


class DelegationForm(forms.Form):
    """Lending one's signature: one of the roles one holds oneself."""

    to = forms.CharField(label="To", max_length=254, help_text="E-mail.", widget=forms.EmailInput())
    role = forms.ChoiceField(label="Role")
    system = forms.ModelChoiceField(
        label="Only on", queryset=AISystem.objects.none(), required=False,
        empty_label="wherever I hold the role",
    )  # fmt: skip
    begins_at = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    ends_at = forms.DateField(
        label="Until, inclusive", widget=forms.DateInput(attrs={"type": "date"}),
        help_text="At most three months.",
    )  # fmt: skip
    reason = forms.CharField(label="Reason", max_length=5_000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = [each for each in person.rights.held if each.kind is not ScopeKind.QUEUE]
        roles = sorted({each.role for each in held}, key=list(Role).index)
        everywhere = any(each.kind is ScopeKind.EVERYWHERE for each in held)
        systems = AISystem.objects.order_by("slug")
        if not everywhere:
            systems = systems.filter(pk__in=[each.system_id for each in held])
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["system"].queryset = systems  # type: ignore[attr-defined]

    def clean_to(self) -> Person:
        found: Person | None = person_with(self.cleaned_data["to"])
        if found is None:
            raise forms.ValidationError("Nobody with an active account here has this address.")
        return found

    def clean_begins_at(self) -> dt.datetime:
        day = self.cleaned_data["begins_at"]
        return _midnight(day) if day else timezone.now()

    def clean_ends_at(self) -> dt.datetime:
        return _midnight(self.cleaned_data["ends_at"]) + dt.timedelta(days=1)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
