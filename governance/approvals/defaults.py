"""Who signs while compliance has published nothing else: the built-in approval policies. Pure.

They are number 0 of their class and environment. A request freezes a copy of them as of any other.
"""

from collections.abc import Mapping
from typing import Any, Final

STRICT: Final = frozenset({"high_risk", "exempt", "undetermined", "unclassified"})
"""Unknown never lowers: what is not classified is signed for like high risk."""
CLASSES: Final = ("high_risk", "exempt", "not_high_risk", "out_of_scope", "undetermined", "unclassified")
"""Risk classes that a policy can be for. What is prohibited is approved by nobody."""
PRODUCTION: Final = "production"

_RISK: Final = {
    "name": "Risk review",
    "quorum": 1,
    "roles": ["risk_officer"],
    "people": [],
    "deadline_hours": 72,
    "escalate_to": ["compliance_officer"],
}
_COMPLIANCE: Final = {
    "name": "Compliance",
    "quorum": 1,
    "roles": ["compliance_officer"],
    "people": [],
    "deadline_hours": 72,
    "escalate_to": [],
}
_EITHER: Final = {
    "name": "Second pair of eyes",
    "quorum": 1,
    "roles": ["compliance_officer", "risk_officer"],
    "people": [],
    "deadline_hours": 72,
    "escalate_to": [],
}
_CHECKLIST: Final = [
    {"item": "test-report", "title": "Report of the tests of this version", "required": False},
    {"item": "human-oversight", "title": "How people oversee it", "required": False},
]


def built_in(risk_class: str, kind: str) -> Mapping[str, Any]:
    """The policy for a class in an environment of that kind (`production`, or anything less)."""
    strict = risk_class in STRICT
    production = kind == PRODUCTION
    return {
        "stages": [_RISK, _COMPLIANCE] if strict and production else [_EITHER],
        "distinct_signers": True,
        "valid_days": 365,
        "revalidate_days": (180 if strict else 365) if production else None,
        "grace_days": 30,
        "evidence": _CHECKLIST if strict and production else [],
    }
