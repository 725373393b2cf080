"""The form that asks for a bundle or a sample: the members of the API, as a page has them."""

from typing import Any

from django import forms

from audit.bundles.asking import Asked, read_request, read_sample
from audit.bundles.choosing import POPULATIONS
from audit.refusals import BadInput

_LOCAL = forms.DateTimeInput(attrs={"type": "datetime-local"})


class BundleForm(forms.Form):
    """Everything is optional: an empty form asks for the whole log."""

    since = forms.DateTimeField(label="From", required=False, widget=_LOCAL)
    until = forms.DateTimeField(
        label="Until", required=False, widget=_LOCAL,
        help_text="Not including that moment. Times are in your zone, which stands at the foot of the page.",
    )  # fmt: skip
    system = forms.CharField(
        label="AI system",
        required=False,
        max_length=200,
        help_text="Its slug, as in the address of its page, or its id.",
    )
    subject = forms.CharField(
        label="Data subject",
        required=False,
        max_length=200,
        help_text="Exactly as services post it in the member subject.",
    )
    openings = forms.BooleanField(
        label="Take openings along", required=False,
        help_text="Reasons, names and comments that events only commit to; never payloads.",
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="Only a random sample of", required=False,
        choices=[("", "no: everything"), *((name, name) for name in POPULATIONS)],
    )  # fmt: skip
    seed = forms.CharField(
        label="Seed",
        required=False,
        max_length=200,
        help_text="A word of yours: with it anybody draws the same sample again.",
    )
    size = forms.IntegerField(label="Size", required=False, min_value=1, max_value=10_000)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.asked()
            except BadInput as refusal:
                self.add_refusal(refusal)
        if not cleaned.get("kind") and (cleaned.get("seed") or cleaned.get("size")):
            self.add_error("kind", "Say of what the sample is to be drawn, or empty size and seed.")
        return cleaned

    def asked(self) -> Asked:
        """What the form asks for.

        Raises:
            BadInput: it cannot be asked for.
        """
        given = self.cleaned_data
        body = {
            "from": given["since"].isoformat() if given["since"] else None,
            "to": given["until"].isoformat() if given["until"] else None,
            "system": given["system"], "subject": given["subject"], "openings": given["openings"],
        }  # fmt: skip
        if not given["kind"]:
            return read_request(body)
        return read_sample(body | {"kind": given["kind"], "seed": given["seed"], "size": given["size"]})

    def add_refusal(self, refusal: BadInput) -> None:
        """Show what was wrong beside its field."""
        names = {"from": "since", "to": "until"}
        for error in refusal.errors:
            name = error.pointer.lstrip("/")
            field = names.get(name, name)
            self.add_error(field if field in self.fields else None, error.detail)
