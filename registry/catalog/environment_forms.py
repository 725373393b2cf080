"""What the pages about environments take in. The services check the same again."""

from typing import Any, Final

from django import forms

from registry.catalog.models import Environment
from registry.catalog.reading import LONGEST_REGION, MOST_REGIONS
from registry.systems.forms import SlugField

KINDS: Final = (
    ("production", "production"),
    ("staging", "staging"),
    ("development", "development"),
)
MODES: Final = (
    ("block", "Block: nothing goes live without what it needs"),
    ("warn", "Warn: it goes live, and what is missing is said"),
    ("allow", "Allow: everything goes live"),
)


class EnvironmentForm(forms.Form):
    """What is said about an environment."""

    kind = forms.ChoiceField(label="Kind", choices=KINDS)
    mode = forms.ChoiceField(label="Gate", choices=MODES)
    regions = forms.CharField(
        label="Regions", required=False, help_text="Where its machines stand. Separated by commas."
    )
    enforce_at_intake = forms.BooleanField(
        label="Enforce at intake",
        required=False,
        help_text="Predictions of versions that lack an approval go to a person here.",
    )

    def __init__(self, environment: Environment | None = None, posted: Any = None) -> None:
        super().__init__(posted, initial=_said(environment) if environment else {"enforce_at_intake": True})
        if environment and environment.kind not in dict(KINDS):
            self.fields["kind"].choices = [*KINDS, (environment.kind, environment.kind)]  # type: ignore[attr-defined]  # django-stubs knows fields by their base only

    def clean_regions(self) -> list[str]:
        """Each once, in the order given."""
        regions = list(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["regions"].split(",")))))
        if len(regions) > MOST_REGIONS or any(len(region) > LONGEST_REGION for region in regions):
            raise forms.ValidationError(
                f"At most {MOST_REGIONS} regions of at most {LONGEST_REGION} characters."
            )
        return regions

    def said(self) -> dict[str, Any]:
        """As the services take it."""
        return dict(self.cleaned_data)


class NewEnvironmentForm(EnvironmentForm):
    """A new environment."""

    slug = SlugField(taken_by=Environment)
    field_order = ("slug", "kind", "mode", "regions", "enforce_at_intake")


def _said(environment: Environment) -> dict[str, Any]:
    return {
        "kind": environment.kind,
        "mode": environment.mode,
        "regions": ", ".join(environment.regions),
        "enforce_at_intake": environment.enforce_at_intake,
    }
