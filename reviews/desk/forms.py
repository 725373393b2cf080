"""What a queue manager fills in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from reviews.queue.releasing import LONGEST_REASON

EVERYBODY = "everybody"
MOST_AT_ONCE = 100


class AssignForm(forms.Form):
    """Some reviews, the person they are kept for (or everybody again), and why."""

    items = forms.Field(widget=forms.MultipleHiddenInput, required=False)
    person = forms.ChoiceField(label="To", error_messages={"required": "Choose whom to assign to."})
    reason = forms.CharField(label="Why", max_length=LONGEST_REASON, error_messages={"required": "Say why."})

    def __init__(self, given: QueryDict | None, *, people: Sequence[tuple[str, str]]) -> None:
        super().__init__(given, auto_id="assign-%s")
        field: Any = self.fields["person"]
        field.choices = [("", "choose…"), (EVERYBODY, "everybody again"), *people]

    def clean_items(self) -> list[str]:
        chosen: list[str] = list(dict.fromkeys(self.cleaned_data["items"] or []))
        if not chosen:
            raise forms.ValidationError("Choose at least one review of the list.")
        if len(chosen) > MOST_AT_ONCE:
            raise forms.ValidationError(f"At most {MOST_AT_ONCE} at once.")
        return chosen


class UnlockForm(forms.Form):
    """Why a review is taken from whoever holds it."""

    reason = forms.CharField(max_length=LONGEST_REASON)
