"""What the page about waivers takes in."""

import datetime as dt

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from governance.waivers.models import REQUIREMENT, REQUIREMENT_WORDS
from registry.catalog.models import Environment


class WaiverForm(forms.Form):
    """A proposal that one requirement need not hold for a while."""

    environment = forms.ModelChoiceField(
        label="Environment", queryset=Environment.objects.order_by("slug"), initial="production",
        empty_label=None,
    )  # fmt: skip
    requirement = forms.CharField(
        label="What need not hold",
        max_length=200,
        validators=[RegexValidator(rf"\A(?:{REQUIREMENT})\Z", REQUIREMENT_WORDS)],
        help_text=REQUIREMENT_WORDS,
    )
    until = forms.DateField(
        label="Until, inclusive", widget=forms.DateInput(attrs={"type": "date"}), help_text="Within a year."
    )
    reason = forms.CharField(label="Reason", max_length=5_000, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_until(self) -> dt.datetime:
        day = dt.datetime.combine(self.cleaned_data["until"], dt.time())
        return timezone.make_aware(day) + dt.timedelta(days=1)
