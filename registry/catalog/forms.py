"""What the pages about models take in. The services check the same again."""

import json
from collections.abc import Iterable
from typing import Any

from django import forms

from audit.refusals import FieldError
from registry.catalog import schemas, selectors, services
from registry.catalog.models import Model, SchemaVersion
from registry.systems.body import fault_of_structure
from registry.systems.forms import SlugField
from registry.systems.models import AISystem

EXAMPLE = {
    "type": "object",
    "properties": {"label": {"enum": ["approve", "decline"]}},
    "required": ["label"],
    "additionalProperties": False,
}


class JSONText(forms.CharField):
    """JSON as text; its errors say line and column."""

    def __init__(self, *, rows: int, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "class": "mono"})
        super().__init__(widget=widget, max_length=2 * schemas.LARGEST, strip=False, **options)

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value))
        if not text.strip():
            return None
        try:
            return json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_no_number)
        except json.JSONDecodeError as error:
            where = f"Line {error.lineno}, column {error.colno}"
            raise forms.ValidationError(f"{where}: {error.msg}.") from error
        except RecursionError as error:
            raise forms.ValidationError("This is nested too deeply.") from error
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class ModelForm(forms.Form):
    """What is said about a model."""

    task = forms.CharField(
        label="Task", max_length=100, help_text="Such as classification, extraction or scoring."
    )
    output_schema = JSONText(
        rows=17,
        label="Output schema",
        help_text="JSON Schema 2020-12. It checks outputs and makes reviewers' forms.",
    )
    input_schema = JSONText(
        rows=6,
        label="Input schema",
        required=False,
        help_text="The data contract. Inputs against it go to a person. Empty: any JSON object will do.",
    )
    class_field = forms.CharField(
        label="Class field",
        max_length=100,
        required=False,
        help_text="The member of the output that holds the class. Empty: label.",
    )
    queue = forms.CharField(
        label="Default queue",
        max_length=100,
        required=False,
        help_text="Where predictions wait while no policy is published. Empty: the system's inbox.",
    )

    def __init__(self, system: AISystem, *args: Any, **options: Any) -> None:
        self.system = system
        super().__init__(*args, **options)
        self.fields["queue"].widget.attrs["placeholder"] = f"{system.slug}-inbox"
        self.fields["class_field"].widget.attrs["placeholder"] = services.DEFAULT_CLASS_FIELD

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        output_schema, class_field = said.get("output_schema"), said.get("class_field")
        faults: list[FieldError] = []
        if output_schema is not None:
            faults = services.faults_of_schemas(output_schema, said.get("input_schema"))
            if class_field and not faults:
                faults = services.faults_of_class_field(output_schema, class_field)
        if queue := said.get("queue"):
            faults += services.faults_of_queue(self.system, queue)
        self._show(faults)
        return said

    def _show(self, faults: Iterable[FieldError]) -> None:
        for fault in faults:
            name, _, where = fault.pointer.removeprefix("/").partition("/")
            self.add_error(name, f"At /{where}: {fault.detail}" if where else fault.detail)


class NewModelForm(ModelForm):
    """A new model of a system."""

    slug = SlugField(taken_by=Model)
    field_order = ("slug", "task", "output_schema", "class_field", "input_schema", "queue")

    def __init__(self, system: AISystem, posted: Any = None) -> None:
        super().__init__(system, posted, initial={"output_schema": _as_text(EXAMPLE)})


class ChangeModelForm(ModelForm):
    """What can be changed about a model, with what it says now."""

    field_order = ("task", "output_schema", "class_field", "input_schema", "queue")

    def __init__(self, model: Model, posted: Any = None) -> None:
        self.model = model
        self.in_force: SchemaVersion = selectors.schema_in_force(model)
        says = {
            "task": model.task,
            "class_field": model.class_field,
            "queue": model.queue_slug,
            "output_schema": _as_text(self.in_force.output_schema),
            "input_schema": _as_text(self.in_force.input_schema) if self.in_force.input_schema else "",
        }
        super().__init__(model.system, posted, initial=says)

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not said.get("class_field"):
            said["class_field"] = services.DEFAULT_CLASS_FIELD
        return said

    def changes(self) -> dict[str, Any]:
        """Only what differs, however it is spelled; empty when nothing does."""
        said = self.cleaned_data
        return selectors.differing(self.model, {name: said[name] for name in services.CHANGEABLE})


class CardForm(forms.Form):
    """What a version's card is to say from now on, beginning with what it says."""

    card = JSONText(rows=20, label="Card", help_text="A JSON object. The earlier ones stay readable.")

    def __init__(self, says: Any, posted: Any = None) -> None:
        super().__init__(posted, initial={"card": _as_text(says)})

    def clean_card(self) -> Any:
        card = self.cleaned_data["card"]
        if not isinstance(card, dict):
            raise forms.ValidationError("A card is a JSON object.")
        if fault := fault_of_structure(card, largest=schemas.LARGEST):
            where, _, detail = fault
            raise forms.ValidationError(f"At {where}: {detail}" if where else detail)
        return card


def _as_text(schema: Any) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"The member {twice!r} stands twice in one object.")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number.")
