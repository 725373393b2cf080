"""What the pages about assessments take in. The services check the same again."""

import datetime as dt
from typing import Any

from django import forms

from governance.risk.pack import Pack
from governance.risk.reading import LONGEST_NOTE
from governance.risk.showing import class_title
from governance.risk.standing import rank
from registry.systems.selectors import person_with


class DayField(forms.DateField):
    """A day in the future."""

    def __init__(self, *, today: dt.date, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **options)
        self.today = today

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is not None and day <= self.today:
            raise forms.ValidationError("A day in the future is needed.")
        return day


class ReasonForm(forms.Form):
    """One reason."""

    reason = forms.CharField(
        label="Reason", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )


class OverrideForm(forms.Form):
    """Another class, why, and until when."""

    def __init__(self, pack: Pack, stands_as: str, today: dt.date, posted: Any = None) -> None:
        super().__init__(posted, prefix="override")
        exempt = pack.document.get("exemption", {}).get("class")
        self.pack, self.stands_as = pack, stands_as
        choices = [("", "Choose…")] + [
            (each, title) for each, title in pack.classes.items() if each not in (exempt, stands_as)
        ]
        self.fields["to_class"] = forms.ChoiceField(label="Class", choices=choices)
        self.fields["reason"] = forms.CharField(
            label="Reason", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
        )
        self.fields["expires_on"] = DayField(
            label="Last day",
            today=today,
            required=False,
            help_text="Needed for a lighter class. A lighter class also needs a second person.",
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        chosen = said.get("to_class")
        lighter = chosen is not None and rank(self.pack, chosen) > rank(self.pack, self.stands_as)
        if lighter and not said.get("expires_on") and "expires_on" not in self.errors:
            title = class_title(self.pack, str(chosen))
            self.add_error("expires_on", f"To stand as {title}, a last day is needed.")
        return said


class ExemptionForm(forms.Form):
    """The statements of an exemption."""

    def __init__(self, pack: Pack, today: dt.date, posted: Any = None) -> None:
        super().__init__(posted, prefix="exemption")
        for each in pack.document["exemption"]["statements"]:
            self.fields[each["id"]] = forms.CharField(
                label=each["text"], max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 2})
            )
        self.fields["expires_on"] = DayField(label="Last day", today=today, required=False)

    def statements(self) -> dict[str, str]:
        return {name: text for name, text in self.cleaned_data.items() if name != "expires_on"}


class HandOverForm(forms.Form):
    """Who goes on with a questionnaire."""

    to = forms.CharField(label="Hand over to", max_length=254, help_text="E-mail of another model owner.")

    def __init__(self, posted: Any = None) -> None:
        super().__init__(posted)
        self.fields["to"].widget.input_type = "email"

    def clean_to(self) -> Any:
        person = person_with(self.cleaned_data["to"])
        if person is None:
            raise forms.ValidationError("Nobody with an active account here has this address.")
        return person
