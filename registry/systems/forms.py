"""What the pages about AI systems take in. The services check the same again."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from registry.systems.models import AISystem
from registry.systems.reading import LONGEST_PURPOSE, OWNER_TITLES, SLUG, SLUG_WORDS
from registry.systems.selectors import differing, person_with


class SlugField(forms.CharField):
    """A slug that nothing of its kind has yet."""

    def __init__(self, *, taken_by: Any, **options: Any) -> None:
        self.taken_by = taken_by
        options.setdefault("help_text", "Its name in addresses and in the API, for good. " + SLUG_WORDS)
        super().__init__(
            label="Slug", max_length=100, validators=[RegexValidator(rf"\A{SLUG}\Z", SLUG_WORDS)], **options
        )
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}

    def clean(self, value: Any) -> Any:
        slug = super().clean(value)
        if self.taken_by._default_manager.filter(slug=slug).exists():
            raise forms.ValidationError("This slug is in use.")
        return slug


class OwnerField(forms.CharField):
    """The e-mail address of somebody with an active account, or nothing."""

    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(label=label, help_text=help_text, max_length=254, required=False)
        self.widget.input_type = "email"
        self.widget.attrs |= {"autocomplete": "off"}

    def clean(self, value: Any) -> str | None:
        email = str(super().clean(value)).strip()
        if email and person_with(email) is None:
            raise forms.ValidationError("Nobody with an active account here has this address.")
        return email or None


class SystemForm(forms.Form):
    """What is said about a system."""

    name = forms.CharField(label="Name", max_length=200)
    purpose = forms.CharField(
        label="Purpose",
        max_length=LONGEST_PURPOSE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What it decides or prepares, about whom, and what for.",
    )
    business_sponsor = OwnerField("Business sponsor", "E-mail. Answers for why it is used.")
    product_owner = OwnerField("AI product owner", "E-mail. Answers for what it does.")
    technical_lead = OwnerField("Technical lead", "E-mail. Answers for how it works.")

    def owners(self) -> dict[str, str | None]:
        """By title."""
        return {title: self.cleaned_data[title] for title in OWNER_TITLES}


class NewSystemForm(SystemForm):
    """A new system."""

    slug = SlugField(taken_by=AISystem)
    field_order = ("name", "slug")


class ChangeSystemForm(SystemForm):
    """What can be changed about a system, with what it says now."""

    shares_payloads = forms.BooleanField(
        label="Owners and compliance may see inputs and labels",
        required=False,
        help_text="Otherwise only those who work its queues do.",
    )

    def __init__(self, system: AISystem, posted: Any = None) -> None:
        owners = {title: owner.email if (owner := getattr(system, title)) else "" for title in OWNER_TITLES}
        said = {name: getattr(system, name) for name in ("name", "purpose", "shares_payloads")}
        super().__init__(posted, initial={**said, **owners})
        self.system = system

    def changes(self) -> dict[str, Any]:
        """Only what differs; empty when nothing does."""
        said = {name: self.cleaned_data[name] for name in ("name", "purpose", "shares_payloads")}
        return differing(self.system, {**said, "owners": self.owners()})
