"""What the pages about approvals take in: the same members as in the API, read by the same functions."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from django import forms
from django.forms import BoundField

from audit.refusals import BadInput
from governance.access.roles import Role
from governance.approvals import bodies, conditions
from governance.approvals.bodies import Verdicted
from governance.approvals.states import Verdict

CONDITIONS: Final = 2
STAGES: Final = 4
ITEMS: Final = 4
SIGNING: Final = [
    (role.value, role.label)
    for role in (
        Role.RISK_OFFICER,
        Role.COMPLIANCE_OFFICER,
        Role.MODEL_OWNER,
        Role.QUEUE_MANAGER,
        Role.AUDITOR,
    )
]
CONDITION_FIELDS: Final = (
    ("name", "Name", 100),
    ("check", "Holds if (CEL)", conditions.LONGEST),
    ("text", "In words", 1_000),
)
STAGE_FIELDS: Final = ("stage", "quorum", "roles", "people", "deadline", "escalate")
VERDICTS: Final = (("approve", "Approve"), ("request_changes", "Ask for changes"), ("reject", "Reject"))


PROVE: Final = "Prove that it is you who signs."


def proof_field() -> forms.CharField:
    """The password, asked for with every act of signing."""
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(
        label="Your password",
        strip=False,
        error_messages={"required": PROVE},
        max_length=1_000,
        widget=widget,
    )


class SignForm(forms.Form):
    """A verdict with what it means, and the proof of who gives it."""

    verdict = forms.ChoiceField(label="Your decision", choices=VERDICTS, widget=forms.RadioSelect)
    meaning = forms.CharField(
        label="What your signature means", max_length=500, help_text="Printed with your name on the record."
    )
    comment = forms.CharField(
        label="Comment", required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed to reject, and to ask for changes: say what.",
    )  # fmt: skip
    password = proof_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(CONDITIONS):
            for name, label, longest in CONDITION_FIELDS:
                self.fields[f"{name}_{n}"] = forms.CharField(
                    label=f"{label}, condition {n + 1}", max_length=longest, required=False
                )
        self.said: Verdicted | None = None

    def condition_rows(self) -> Iterator[list[BoundField]]:
        """The fields of each condition."""
        for n in range(CONDITIONS):
            yield [self[f"{name}_{n}"] for name in ("name", "check", "text")]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        rows = [n for n in range(CONDITIONS) if said[f"check_{n}"] or said[f"name_{n}"]]
        body = {
            "verdict": said["verdict"],
            "meaning": said["meaning"],
            "comment": said["comment"],
            "conditions": [{name: said[f"{name}_{n}"] for name in ("name", "check", "text")} for n in rows],
        }
        try:
            self.said, _ = bodies.read_signature(body)
        except BadInput as refusal:
            add_errors(self, refusal, lambda pointer: _condition_field(pointer, rows))
        return said


class SignListForm(forms.Form):
    """One act of signing over several requests."""

    verdict = forms.ChoiceField(
        label="Your decision on all that are ticked", choices=VERDICTS, widget=forms.RadioSelect
    )
    meaning = forms.CharField(label="What your signature means", max_length=500)
    comment = forms.CharField(
        label="Comment", required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    password = proof_field()

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("verdict") not in (None, Verdict.APPROVE) and not said.get("comment"):
            self.add_error("comment", "Say why, or what has to change.")
        return said

    def verdicted(self) -> Verdicted:
        """As the service takes it."""
        said = self.cleaned_data
        return Verdicted(Verdict(said["verdict"]), said["meaning"], said["comment"], [], None)


class SubmitForm(forms.Form):
    """What goes with a submission."""

    note = forms.CharField(
        label="A note for those who sign", required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}), help_text="What is new, and what they should look at.",
    )  # fmt: skip


class PolicyForm(forms.Form):
    """An approval policy with up to four stages; more are written over the API."""

    valid_days = forms.IntegerField(label="An approval is valid for, in days", min_value=1, max_value=3_660)
    revalidate_days = forms.IntegerField(
        label="Looked at again after, in days", min_value=1, max_value=3_660, required=False,
        help_text="Empty: never. When it is overdue the gate warns, and after the days of grace it denies.",
    )  # fmt: skip
    grace_days = forms.IntegerField(label="Days of grace", min_value=0, max_value=3_660)
    distinct_signers = forms.BooleanField(label="Each person signs at one stage only", required=False)

    def __init__(self, said: Mapping[str, Any], posted: Any = None) -> None:
        super().__init__(posted, initial=_policy_initial(bodies.with_addresses(said)))
        for n in range(STAGES):
            self.fields |= _stage_fields(n)
        for n in range(ITEMS):
            self.fields |= _item_fields(n)
        self.body: dict[str, Any] = {}

    def stage_rows(self) -> Iterator[tuple[int, list[BoundField]]]:
        """The fields of each stage."""
        for n in range(STAGES):
            yield (
                n + 1,
                [self[f"{name}_{n}"] for name in STAGE_FIELDS],
            )

    def item_rows(self) -> Iterator[list[BoundField]]:
        """The fields of each item of the checklist."""
        for n in range(ITEMS):
            yield [self[f"{name}_{n}"] for name in ("item", "title", "required")]

    def general(self) -> Iterator[BoundField]:
        """What is said once."""
        return (self[name] for name in ("valid_days", "revalidate_days", "grace_days", "distinct_signers"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        stages = [n for n in range(STAGES) if said[f"stage_{n}"]]
        items = [n for n in range(ITEMS) if said[f"item_{n}"]]
        body = {
            "stages": [_stage_body(said, n) for n in stages],
            "evidence": [
                {"item": said[f"item_{n}"], "title": said[f"title_{n}"], "required": said[f"required_{n}"]}
                for n in items
            ],
            **{
                name: said[name]
                for name in ("valid_days", "revalidate_days", "grace_days", "distinct_signers")
            },
        }
        try:
            self.body = bodies.read_policy_body(body)
        except BadInput as refusal:
            add_errors(self, refusal, lambda pointer: _policy_field(pointer, stages, items))
        return said


def add_errors(form: forms.Form, refusal: BadInput, field_at: Callable[[str], str | None]) -> None:
    """Show each error at its field; those without one above the form."""
    for error in refusal.errors:
        name = field_at(error.pointer)
        form.add_error(name if name in form.fields else None, error.detail)


def _condition_field(pointer: str, rows: list[int]) -> str | None:
    parts = pointer.strip("/").split("/")
    if parts[0] == "conditions" and len(parts) == 3:
        return f"{parts[2]}_{rows[int(parts[1])]}"
    return parts[0]


def _policy_field(pointer: str, stages: list[int], items: list[int]) -> str | None:
    parts = pointer.strip("/").split("/")
    if len(parts) == 3:
        names = {"name": "stage", "deadline_hours": "deadline", "escalate_to": "escalate"}
        row = stages if parts[0] == "stages" else items
        return f"{names.get(parts[2], parts[2])}_{row[int(parts[1])]}"
    return parts[0]


def _stage_body(said: Mapping[str, Any], n: int) -> dict[str, Any]:
    return {
        "name": said[f"stage_{n}"],
        "quorum": said[f"quorum_{n}"] or 1,
        "roles": said[f"roles_{n}"],
        "people": said[f"people_{n}"].split(),
        "deadline_hours": said[f"deadline_{n}"] or 72,
        "escalate_to": said[f"escalate_{n}"],
    }


def _stage_fields(n: int) -> dict[str, forms.Field]:
    of = f"stage {n + 1}"
    boxes = forms.CheckboxSelectMultiple
    return {
        f"stage_{n}": forms.CharField(label=f"Name of {of}", max_length=200, required=False),
        f"quorum_{n}": forms.IntegerField(
            label=f"Signatures at {of}", min_value=1, max_value=50, required=False
        ),
        f"roles_{n}": forms.MultipleChoiceField(
            label=f"Who signs at {of}", choices=SIGNING, widget=boxes, required=False
        ),
        f"people_{n}": forms.CharField(
            label=f"People by e-mail who sign at {of}",
            max_length=5_000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        ),
        f"deadline_{n}": forms.IntegerField(
            label=f"Deadline of {of}, in hours", min_value=1, max_value=24 * 365, required=False
        ),
        f"escalate_{n}": forms.MultipleChoiceField(
            label=f"Who signs too, once {of} is late", choices=SIGNING, widget=boxes, required=False
        ),
    }


def _item_fields(n: int) -> dict[str, forms.Field]:
    of = f"checklist item {n + 1}"
    return {
        f"item_{n}": forms.CharField(label=f"Short name of {of}", max_length=100, required=False),
        f"title_{n}": forms.CharField(label=f"Title of {of}", max_length=200, required=False),
        f"required_{n}": forms.BooleanField(label=f"{of} is required", required=False),
    }


def _policy_initial(said: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: said.get(name) for name in ("valid_days", "revalidate_days", "grace_days", "distinct_signers")
    }
    for n, stage in enumerate(said.get("stages", [])[:STAGES]):
        found |= {
            f"stage_{n}": stage["name"],
            f"quorum_{n}": stage["quorum"],
            f"roles_{n}": stage["roles"],
            f"people_{n}": "\n".join(stage["people"]),
            f"deadline_{n}": stage["deadline_hours"],
            f"escalate_{n}": stage["escalate_to"],
        }
    for n, item in enumerate(said.get("evidence", [])[:ITEMS]):
        found |= {f"item_{n}": item["item"], f"title_{n}": item["title"], f"required_{n}": item["required"]}
    return found
