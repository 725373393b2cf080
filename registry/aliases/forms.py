"""What the pages about aliases take in. The services check the same again."""

from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator

from registry.aliases import hooks
from registry.aliases.reading import LONGEST_CLASS, MOST_CLASSES, PATTERN, PATTERN_WORDS
from registry.catalog.models import Environment, Model, ModelVersion
from registry.systems.reading import SLUG, SLUG_WORDS

OFFERED: Final = 200
"""Versions to choose from, newest first; the API takes every one."""


class MoveForm(forms.Form):
    """An alias, and the version that it is to point to."""

    alias = forms.CharField(
        label="Alias",
        max_length=100,
        validators=[RegexValidator(rf"\A{SLUG}\Z", SLUG_WORDS)],
        help_text="Such as champion. One that exists is moved.",
    )
    version = forms.ChoiceField(label="Version")

    def __init__(self, model: Model, posted: Any = None) -> None:
        super().__init__(posted)
        versions = ModelVersion.objects.filter(model=model).order_by("-pk")
        self.versions = {name: pk for pk, name in versions.values_list("pk", "version")[:OFFERED]}
        self.fields["version"].choices = [(name, name) for name in self.versions]  # type: ignore[attr-defined]  # django-stubs knows fields by their base only


class ProtectionForm(forms.Form):
    """A new protection."""

    pattern = forms.CharField(
        label="Pattern",
        max_length=100,
        validators=[RegexValidator(rf"\A{PATTERN}\Z", PATTERN_WORDS)],
        help_text="Aliases it is for: champion, or prod-* for all that begin so.",
    )
    role = forms.ChoiceField(label="Moved only by holders of", choices=list)
    environment = forms.ModelChoiceField(
        label="Only to versions approved in",
        queryset=Environment.objects.order_by("slug"),
        empty_label=None,
    )
    classes = forms.CharField(
        label="Risk classes",
        required=False,
        help_text="Of the systems it is for, separated by commas. Empty: all. Unclassified ones count.",
    )

    def __init__(self, posted: Any = None) -> None:
        super().__init__(posted)
        self.fields["role"].choices = [(role, role.replace("_", " ")) for role in hooks.roles]  # type: ignore[attr-defined]  # as above

    def clean_classes(self) -> list[str]:
        """Each once, in the order given."""
        classes = list(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["classes"].split(",")))))
        if len(classes) > MOST_CLASSES or any(len(name) > LONGEST_CLASS for name in classes):
            raise forms.ValidationError(f"At most {MOST_CLASSES} classes of {LONGEST_CLASS} characters.")
        return classes
