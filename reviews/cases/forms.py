"""What the pages about predictions ask for."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from reviews.judging.codes import CODES
from reviews.queue.releasing import LONGEST_REASON


class ReasonForm(forms.Form):
    """Why somebody does something; kept beside the log, where it can be erased."""

    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why."},
    )


class FlagForm(ReasonForm):
    """A dispute: who doubts the outcome, and why."""

    by = forms.ChoiceField(
        label="Who disputes it",
        choices=[("staff", "somebody here"), ("customer", "a customer")],
        initial="staff",
    )

    def __init__(self, given: QueryDict | None = None) -> None:
        super().__init__(given, auto_id="flag-%s")


class ReopenForm(ReasonForm):
    """A decision that should be looked at again."""

    def __init__(self, given: QueryDict | None = None) -> None:
        super().__init__(given, auto_id="reopen-%s")


MINE, QUEUES = "mine", "queues"


class DecidedForm(forms.Form):
    """What decided work is looked for. Nothing but these fields is read from the address."""

    whose = forms.ChoiceField(label="Whose", required=False)
    queue = forms.ChoiceField(label="Queue", required=False)
    reviewer = forms.ChoiceField(label="Reviewer", required=False)
    answer = forms.CharField(
        label="Class",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "suggested or answered", "autocomplete": "off"}),
    )
    changed = forms.ChoiceField(
        label="Answer", required=False, choices=[("", "any"), ("yes", "changed"), ("no", "confirmed")]
    )
    reason = forms.ChoiceField(
        label="Reason",
        required=False,
        choices=[("", "any"), *((reason.code, reason.label) for reason in CODES.values())],
    )
    begin = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(
        self,
        given: QueryDict,
        *,
        queues: Sequence[tuple[str, str]],
        reviewers: Sequence[tuple[str, str]] | None,
    ) -> None:
        """`queues` and `reviewers` are choices; without reviewers there is only one's own work."""
        super().__init__(given)
        fields: Any = self.fields
        fields["queue"].choices = [("", "all"), *queues]
        if reviewers is None:
            del fields["whose"], fields["reviewer"]
        else:
            fields["whose"].choices = [(QUEUES, "my queues'"), (MINE, "my own")]
            fields["reviewer"].choices = [("", "anybody"), *reviewers]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begin, end = cleaned.get("begin"), cleaned.get("end")
        if begin and end and end < begin:
            self.add_error("end", "The last day lies before the first.")
        return cleaned


def start_of(day: dt.date | None) -> dt.datetime | None:
    """Midnight at the beginning of a day, in the person's own zone."""
    return None if day is None else timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def end_of(day: dt.date | None) -> dt.datetime | None:
    """Midnight at the end of a day, in the person's own zone."""
    return start_of(day + dt.timedelta(days=1)) if day and day < dt.date.max else None
