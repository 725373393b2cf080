"""What the pages about suspensions take in. The services check the same again."""

from django import forms

from governance.suspensions.reading import LONGEST_REASON


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Everybody who works with it reads this. No personal data.",
    )


class SuspendForm(ReasonForm):
    """Why, and that the consequences were read."""

    confirm = forms.BooleanField(
        label="I have read what follows, and stop it now",
        error_messages={"required": "Confirm it: from that moment people decide all of it."},
    )
