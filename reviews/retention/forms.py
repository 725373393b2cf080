"""What the page about retention asks for. The service checks the same again."""

from typing import Any

from django import forms

from audit.refusals import BadInput
from reviews.retention.models import FLOOR_DAYS


class RetentionForm(forms.Form):
    """After how many days."""

    days = forms.IntegerField(
        label="After how many days",
        required=False,
        help_text=f"At least {FLOOR_DAYS}: six months, Art. 19(1) and 26(6) of Regulation (EU) 2024/1689. "
        "Empty: it is kept without end.",
    )

    def add_refusal(self, refusal: BadInput) -> None:
        """Show what was wrong beside the field."""
        for error in refusal.errors:
            self.add_error("days", error.detail)

    @classmethod
    def of(cls, days: int | None) -> "RetentionForm":
        """As it stands."""
        return cls(initial={"days": days})

    @property
    def said(self) -> Any:
        return self.cleaned_data["days"]
