"""What the demo is about: two AI systems, their models, and who works on them. Data only."""

from typing import Any, NamedTuple

from governance.access.roles import Role


class Member(NamedTuple):
    """Somebody of the demo's staff."""

    email: str
    name: str
    role: Role


STAFF = [
    Member("admin@countersign.example", "Sam Haddad", Role.ADMINISTRATOR),
    Member("reviewer@countersign.example", "Mina Okafor", Role.REVIEWER),
    Member("reviewer2@countersign.example", "Jonas Weber", Role.REVIEWER),
    Member("adjudicator@countersign.example", "Ines Duarte", Role.ADJUDICATOR),
    Member("manager@countersign.example", "Priya Raman", Role.QUEUE_MANAGER),
    Member("owner@countersign.example", "Lena Meyer", Role.MODEL_OWNER),
    Member("compliance@countersign.example", "Julia Brandt", Role.COMPLIANCE_OFFICER),
    Member("risk@countersign.example", "Per Lindqvist", Role.RISK_OFFICER),
    Member("auditor@countersign.example", "Ada Novak", Role.AUDITOR),
]

OWNERS = {
    "business_sponsor": "compliance@countersign.example",
    "product_owner": "owner@countersign.example",
    "technical_lead": "manager@countersign.example",
}


class Part(NamedTuple):
    """One AI system of the demo with its model, queue and routing."""

    system: dict[str, Any]
    queue: dict[str, Any]
    model: dict[str, Any]
    policy: dict[str, Any]
    dataset: str
    card: dict[str, str]
    answers: dict[str, Any]
    """To the risk questions of `eu-ai-act`."""
    is_signed: bool
    """Whether its approval is signed already; else it waits for the compliance officer."""


SIGNERS = {
    "risk@countersign.example": "I have looked at the metrics and the risk questions and take this risk.",
    "compliance@countersign.example": "I approve this version for production.",
}
_ORDINARY = {
    "ai_system": True, "outside": ["none"], "role": ["provider", "deployer"], "acts_for": "private",
    "practices": ["none"], "product": "none", "areas": ["none"], "transparency": ["none"], "gpai": "no",
}  # fmt: skip


def _choices(classes: list[str], title: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["label"],
        "additionalProperties": False,
        "properties": {"label": {"title": title, "enum": classes}},
    }


PIXELS = {
    "type": "object",
    "required": ["pixels"],
    "properties": {
        "pixels": {
            "title": "Scanned digit",
            "type": "array",
            "minItems": 8,
            "maxItems": 8,
            "items": {
                "type": "array",
                "minItems": 8,
                "maxItems": 8,
                "items": {"type": "integer", "minimum": 0, "maximum": 16},
            },
        }
    },
}
MEASUREMENTS = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}

PARTS = {
    "tumour-screen": Part(
        system={
            "slug": "biopsy-screening",
            "name": "Biopsy screening",
            "purpose": "Sorts fine-needle biopsies into malignant and benign before a pathologist reads.",
            "owners": OWNERS,
        },
        queue={"slug": "biopsies", "name": "Biopsies", "system": "biopsy-screening"},
        model={
            "slug": "tumour-screen",
            "system": "biopsy-screening",
            "task": "binary classification",
            "output_schema": _choices(["malignant", "benign"], "What is it?"),
            "input_schema": MEASUREMENTS,
            "queue": "biopsies",
        },
        policy={
            "queue": "biopsies",
            "always_review": [],
            "qa_rate": 0.03,
            "qa_blocks": False,
            "deadline_minutes": 240,
        },
        dataset="wisconsin-breast-cancer",
        card={
            "intended_use": "Triage of fine-needle aspirates; a pathologist decides every uncertain case.",
            "training_data": "Wisconsin Diagnostic Breast Cancer, ten mean measurements, 30 % of 569 rows.",
            "limitations": "One hospital, one decade, one way of imaging.",
        },
        # Software that finds tumours is itself a diagnostic device, which a notified body assesses.
        answers=_ORDINARY | {"product": "ivd", "safety_function": "itself", "third_party": True},
        is_signed=True,
    ),
    "digit-reader": Part(
        system={
            "slug": "form-reading",
            "name": "Form reading",
            "purpose": "Reads handwritten digits from scanned paper forms.",
            "owners": OWNERS,
        },
        queue={"slug": "digits", "name": "Digits", "system": "form-reading"},
        model={
            "slug": "digit-reader",
            "system": "form-reading",
            "task": "image classification",
            "output_schema": _choices([str(n) for n in range(10)], "Which digit is it?"),
            "input_schema": PIXELS,
            "queue": "digits",
        },
        policy={
            "queue": "digits",
            "qa_rate": 0.02,
            "qa_blocks": False,
            "deadline_minutes": 1440,
        },
        dataset="optical-recognition-of-handwritten-digits",
        card={
            "intended_use": "Reading single digits from forms; people read what the model is unsure about.",
            "training_data": "Optical Recognition of Handwritten Digits, 8 by 8 pixels, 40 % of 1,797 rows.",
            "limitations": "Upright single digits only.",
        },
        answers=_ORDINARY,
        is_signed=False,
    ),
}
VERSION = "1.0.0"
ENVIRONMENT = "production"
