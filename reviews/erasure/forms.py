"""What the pages about erasures ask for: first about whom, then, below what follows, the confirmation."""

from typing import Any

from django import forms

from reviews.holds.forms import AboutForm
from reviews.holds.reading import LONGEST_REASON, LONGEST_SUBJECT


class AskForm(AboutForm):
    """Whose data is to be erased."""


class ConfirmForm(AboutForm):
    """That it is meant: the subject typed once more, and why."""

    again = forms.CharField(
        label="The data subject once more",
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="What is erased cannot be brought back.",
    )
    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept for ever. Do not name the person here.",
        error_messages={"required": "Say why; an auditor will ask."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("subject", "system", "model"):
            self.fields[name].widget = forms.HiddenInput()

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        again = cleaned.get("again")
        if again is not None and again != cleaned.get("subject"):
            self.add_error("again", "This is not the data subject that you asked for.")
        return cleaned
