"""What the pages about deployments take in. The services check the same again."""

from typing import Any, Final

from django import forms

from registry.catalog.models import Environment, Model, ModelVersion

OFFERED: Final = 200
"""Versions to choose from, newest first; the API takes every one."""


class EnvironmentChoice(forms.Form):
    """An environment."""

    environment = forms.ModelChoiceField(
        label="Environment", queryset=Environment.objects.order_by("slug"), empty_label=None
    )


class DeployForm(EnvironmentChoice):
    """A version of this model, and where it is to be live."""

    version = forms.ChoiceField(label="Version")
    field_order = ("version", "environment")

    def __init__(self, model: Model, posted: Any = None, **options: Any) -> None:
        super().__init__(posted, **options)
        versions = ModelVersion.objects.filter(model=model).order_by("-pk")
        self.versions = {name: pk for pk, name in versions.values_list("pk", "version")[:OFFERED]}
        self.fields["version"].choices = [(name, name) for name in self.versions]  # type: ignore[attr-defined]  # django-stubs knows fields by their base only


class MomentForm(forms.Form):
    """A moment to look back at."""

    at = forms.DateTimeField(
        label="As it was at", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
