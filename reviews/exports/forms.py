"""What the page for a new export takes in. It becomes the contract's body: one place knows the rules."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms

from audit.refusals import BadInput
from governance.access.models import Person
from registry.catalog.models import Model
from reviews.exports.body import Asked, read_request
from reviews.labels.selectors import readable_systems
from reviews.queue.models import Queue

FORMATS: Final = (("jsonl", "JSONL: one JSON object per line"), ("csv", "CSV: one column per member"))
CHANGED: Final = (("", "all labels"), ("true", "corrected by a person"), ("false", "confirmed as suggested"))

_SHARE = re.compile(r"\s*([^\s=:%]+)[\s=:]+([0-9]+(?:\.[0-9]+)?)\s*%?\s*")
_FIELD_OF: Final = {
    "decided_after": "decided_after",
    "decided_before": "decided_before",
    "versions": "versions",
    "changed": "changed",
    "queues": "queues",
    "classes": "classes",
}
"""Members of `filter` that the form asks for; any other refusal stands above the form."""


class ExportForm(forms.Form):
    """A new export."""

    model = forms.ModelChoiceField(
        label="Model", queryset=Model.objects.none(), to_field_name="slug", empty_label=None
    )
    format = forms.ChoiceField(label="Format", choices=FORMATS)
    decided_after = forms.DateTimeField(
        label="Decided from", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    decided_before = forms.DateTimeField(
        label="Decided before", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="In your time zone. Empty: no limit.",
    )  # fmt: skip
    changed = forms.ChoiceField(label="Corrected or confirmed", choices=CHANGED, required=False)
    versions = forms.CharField(
        label="Model versions", required=False, help_text="Names, separated by commas. Empty: all."
    )
    classes = forms.CharField(
        label="Classes", required=False, help_text="Of the label. Separated by commas. Empty: all."
    )
    queues = forms.MultipleChoiceField(
        label="Queues", required=False, help_text="Where the label was decided. None chosen: all."
    )
    split = forms.CharField(
        label="Split", required=False, widget=forms.TextInput(attrs={"placeholder": "train 80, test 20"}),
        help_text="Names and percentages that add up to 100. Empty: one file. One data subject never stands "
        "in two parts, in no export of this model.",
    )  # fmt: skip
    drop = forms.CharField(
        label="Drop", required=False, widget=forms.Textarea(attrs={"rows": 2, "placeholder": "/input/name"}),
        help_text="JSON pointers, one per line; * stands for every item of a list. A member of the answer is "
        "dropped from judgements and diff as well.",
    )  # fmt: skip
    pseudonymise = forms.CharField(
        label="Pseudonymise", required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "/input/customer"}),
        help_text="Equal values become equal pseudonyms within this export, and others in another.",
    )  # fmt: skip

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked: Asked | None = None
        systems = readable_systems(person)
        models = Model.objects.select_related("system").order_by("slug")
        queues = Queue.objects.order_by("slug")
        if systems is not None:
            models = models.filter(system_id__in=systems)
            queues = queues.filter(system_id__in=systems)
        self.fields["model"].queryset = models  # type: ignore[attr-defined]
        choices = [(queue.slug, queue.name) for queue in queues]
        self.fields["queues"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                self.asked = read_request(self._body(cleaned))
            except BadInput as refusal:
                self.add_refusal(refusal)
        return cleaned

    def add_refusal(self, refusal: BadInput) -> None:
        """Show what was refused beside the field it is about."""
        for error in refusal.errors:
            names = error.pointer.split("/")[1:]
            if names[:1] == ["filter"]:
                names = [_FIELD_OF.get(names[1], "")] if len(names) > 1 else []
            field = names[0] if names and names[0] in self.fields else None
            self.add_error(field, error.detail)

    def _body(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        filter_ = {
            name: moment.isoformat()
            for name in ("decided_after", "decided_before")
            if (moment := cleaned.get(name))
        }
        if cleaned.get("changed"):
            filter_["changed"] = cleaned["changed"] == "true"
        filter_ |= {name: _parted(cleaned[name], ",") for name in ("versions", "classes")}
        return {
            "model": cleaned["model"].slug,
            "format": cleaned["format"],
            "filter": {**filter_, "queues": cleaned["queues"]},
            "split": self._split(cleaned["split"]),
            "drop": _parted(cleaned["drop"], "\n"),
            "pseudonymise": _parted(cleaned["pseudonymise"], "\n"),
        }

    def _split(self, text: str) -> dict[str, float] | None:
        shares: dict[str, float] = {}
        for part in _parted(text, ","):
            found = _SHARE.fullmatch(part)
            if found is None or found[1] in shares:
                self.add_error("split", "Write names and percentages, such as train 80, test 20.")
                return None
            shares[found[1]] = float(found[2]) / 100
        return shares or None


def _parted(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]
