"""What the pages about legal holds ask for. The services check the same again."""

from django import forms

from reviews.holds.reading import LONGEST_REASON, LONGEST_SUBJECT, About


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept for ever. Do not name the person here.",
        error_messages={"required": "Say why; an auditor will ask."},
    )


class AboutForm(forms.Form):
    """Whose predictions, and of what."""

    subject = forms.CharField(
        label="Data subject",
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Exactly as services post it in the member subject.",
    )
    system = forms.CharField(label="Only this AI system", required=False, max_length=100)
    model = forms.CharField(label="Only this model", required=False, max_length=100)

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if cleaned.get("system") and cleaned.get("model"):
            self.add_error("model", "Name a system or a model, not both.")
        return cleaned

    @property
    def about(self) -> About:
        return About(**{name: self.cleaned_data[name] for name in ("subject", "system", "model")})


class HoldForm(AboutForm, ReasonForm):
    """What is to be kept."""

    field_order = ("subject", "system", "model", "reason")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own
        self.fields["subject"].required = False

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in ("subject", "system", "model")) and not self.errors:
            self.add_error("subject", "Name a subject, a system or a model.")
        return cleaned
