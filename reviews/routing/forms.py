"""The simple form of a routing policy: the same members as in the API, checked by the same function."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.forms import BoundField

from audit.refusals import BadInput
from registry.catalog.models import Model
from registry.catalog.schemas import why_no_class
from registry.catalog.selectors import classes_in_force, schema_in_force
from reviews.queue.models import Queue
from reviews.routing.selectors import queues_for
from reviews.routing.validation import DEFAULT_DEADLINE_MINUTES, LONGEST_DEADLINE_MINUTES, validate_policy
from reviews.routing.words import number

MOST_CLASSES: Final = 60
"""Above this, classes are typed as text instead of having a row each."""
_SHARE: Final = {"min": "0", "max": "1", "step": "any", "inputmode": "decimal"}
_PER_CENT: Final = Decimal(100)


class PolicyForm(forms.Form):
    """A draft. `said` are the members of a policy body to begin with."""

    threshold = forms.FloatField(
        label="Accept without a person from confidence",
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs=_SHARE),
    )
    queue = forms.ChoiceField(label="The others wait in", help_text="A queue of the same AI system.")
    qa_percent = forms.DecimalField(
        label="Random check, in %",
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"min": "0", "max": "100", "step": "any", "inputmode": "decimal"}),
        help_text="Drawn from all predictions. Only these show how often accepted ones are wrong.",
    )
    qa_blocks = forms.BooleanField(
        label="A random check holds the prediction back until it is decided", required=False
    )
    deadline_minutes = forms.IntegerField(
        label="Decide within, in minutes",
        min_value=1,
        max_value=LONGEST_DEADLINE_MINUTES,
        help_text="After that a review is overdue; it can still be decided.",
    )
    escalation_queue = forms.ChoiceField(label="Escalate to", required=False)
    class_thresholds = forms.CharField(
        label="Thresholds of their own",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "fraud = 0.95"}),
        help_text="One line for each class: class = threshold.",
    )
    always_review = forms.CharField(
        label="Always to a person",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One class on each line.",
    )

    def __init__(self, model: Model, said: Mapping[str, Any] | None, posted: Any = None) -> None:
        self.queues: dict[str, Queue] = queues_for(model)
        self.classes = classes_in_force(model)
        self.listed = self.classes if self.classes and len(self.classes) <= MOST_CLASSES else ()
        self.body: dict[str, object] = {}
        super().__init__(posted, initial=_initial(said or {}, self.listed))
        choices = [(slug, f"{queue.name} ({slug})") for slug, queue in self.queues.items()]
        self._choices("queue", choices)
        self._choices("escalation_queue", [("", "nowhere"), *choices])
        if self.listed or not self._may_have_classes(model, said or {}):
            del self.fields["class_thresholds"], self.fields["always_review"]
        for n, name in enumerate(self.listed):
            self.fields[f"threshold_{n}"] = forms.FloatField(
                label=f"Threshold for {name}",
                min_value=0,
                max_value=1,
                required=False,
                widget=forms.NumberInput(attrs=_SHARE),
            )
            self.fields[f"always_{n}"] = forms.BooleanField(
                label=f"{name} always to a person", required=False
            )

    def class_rows(self) -> Iterator[tuple[str, BoundField, BoundField]]:
        """Each class with its two fields."""
        for n, name in enumerate(self.listed):
            yield name, self[f"threshold_{n}"], self[f"always_{n}"]

    def class_texts(self) -> Iterator[BoundField]:
        """The fields for classes where they are typed."""
        return (self[name] for name in ("class_thresholds", "always_review") if name in self.fields)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        body = self._body(said)
        if self.errors:
            return said
        classes = None if self.classes is None else frozenset(self.classes)
        try:
            self.body = validate_policy(body, classes=classes, queues=self.queues)
        except BadInput as refusal:
            for error in refusal.errors:
                self.add_error(self._field_at(error.pointer), error.detail)
        return said

    def _may_have_classes(self, model: Model, said: Mapping[str, Any]) -> bool:
        """Whether classes can be told apart at all, or the policy names some nevertheless."""
        schema = schema_in_force(model).output_schema
        named = said.get("class_thresholds") or said.get("always_review")
        return bool(named) or why_no_class(schema, model.class_field) is None

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _body(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The members of the contract."""
        return {
            "queue": said["queue"],
            "threshold": said["threshold"],
            "class_thresholds": self._class_thresholds(said),
            "always_review": self._always_review(said),
            "qa_rate": float(said["qa_percent"] / _PER_CENT),
            "qa_blocks": said["qa_blocks"],
            "deadline_minutes": said["deadline_minutes"],
            "escalation_queue": said["escalation_queue"] or None,
        }

    def _class_thresholds(self, said: Mapping[str, Any]) -> dict[str, float]:
        if self.listed:
            own = {name: said[f"threshold_{n}"] for n, name in enumerate(self.listed)}
            return {name: threshold for name, threshold in own.items() if threshold is not None}
        found: dict[str, float] = {}
        for line in _lines(said.get("class_thresholds", "")):
            name, _, text = line.rpartition("=")
            try:
                found[name.strip()] = float(text)
            except ValueError:
                self.add_error("class_thresholds", f"{line[:60]!r} is not of the form class = threshold.")
        return found

    def _always_review(self, said: Mapping[str, Any]) -> list[str]:
        if self.listed:
            return [name for n, name in enumerate(self.listed) if said[f"always_{n}"]]
        return list(_lines(said.get("always_review", "")))

    def _field_at(self, pointer: str) -> str | None:
        """Which field shows an error; None: the form as a whole."""
        name = pointer.removeprefix("/").partition("/")[0]
        name = "qa_percent" if name == "qa_rate" else name
        return name if name in self.fields else None


def _lines(text: str) -> Iterable[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _initial(said: Mapping[str, Any], listed: Iterable[str]) -> dict[str, Any]:
    """A body as the form's fields have it."""
    own, always = said.get("class_thresholds", {}), said.get("always_review", [])
    found: dict[str, Any] = {
        "threshold": said.get("threshold"),
        "queue": said.get("queue"),
        "qa_percent": number(said.get("qa_rate", 0.0) * 100),
        "qa_blocks": said.get("qa_blocks", False),
        "deadline_minutes": said.get("deadline_minutes", DEFAULT_DEADLINE_MINUTES),
        "escalation_queue": said.get("escalation_queue") or "",
        "class_thresholds": "\n".join(f"{name} = {number(share)}" for name, share in own.items()),
        "always_review": "\n".join(always),
    }
    for n, name in enumerate(listed):
        found[f"threshold_{n}"] = own.get(name)
        found[f"always_{n}"] = name in always
    return found
