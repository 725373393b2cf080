"""What the page for new evidence takes in."""

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from governance.evidence.reading import ITEM, ITEM_WORDS, LARGEST_FILE, NewEvidence
from registry.systems.selectors import person_with


class EvidenceForm(forms.Form):
    """A file about a version."""

    item = forms.CharField(
        label="Item", max_length=100, validators=[RegexValidator(rf"\A{ITEM}\Z", ITEM_WORDS)],
        help_text="Short name; the same one again is the next revision. Such as test-report.",
    )  # fmt: skip
    title = forms.CharField(label="Title", max_length=200)
    file = forms.FileField(label="File", max_length=300, help_text="At most 25 MiB. Kept with its digest.")
    valid_until = forms.DateField(
        label="Valid until", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    owner = forms.CharField(
        label="Owner", required=False, max_length=254, help_text="E-mail of whoever keeps it up to date.",
        widget=forms.EmailInput(),
    )  # fmt: skip
    note = forms.CharField(
        label="Note", required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError("A file has at most 25 MiB.")
        return file

    def clean_owner(self) -> str:
        email = str(self.cleaned_data["owner"]).strip()
        if email and person_with(email) is None:
            raise forms.ValidationError("Nobody with an active account here has this address.")
        return email

    def clean_valid_until(self) -> dt.datetime | None:
        day = self.cleaned_data["valid_until"]
        end = dt.datetime.combine(day, dt.time(23, 59, 59), dt.UTC) if day else None
        if end is not None and end <= dt.datetime.now(dt.UTC):
            raise forms.ValidationError("This is out of date already.")
        return end

    def said(self) -> NewEvidence:
        """As the service takes it."""
        given: dict[str, Any] = self.cleaned_data
        return NewEvidence(
            item=given["item"],
            title=given["title"],
            kind="file",
            filename=given["file"].name,
            content=given["file"].read(),
            valid_until=given["valid_until"],
            owner=given["owner"],
            note=given["note"],
        )
