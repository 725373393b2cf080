"""What a signature stands for: exactly these artifacts, this card, these risk answers and this evidence."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from governance.approvals import facts
from governance.approvals.hooks import Suspended
from governance.evidence.selectors import bound_evidence
from registry.catalog.models import Artifact, ModelVersion


@dataclass(frozen=True, slots=True)
class Bound:
    """What is signed for, in full and as digests (hex)."""

    facts: Mapping[str, Any]
    artifacts_sha256: str
    record_sha256: str
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what was bound and what is there."""

    what: str
    before: str | None
    after: str | None

    def as_json(self) -> dict[str, str | None]:
        return {"what": self.what, "before": self.before, "after": self.after}


def of_version(version: ModelVersion, environment: str, policy: Mapping[str, Any]) -> Bound:
    """What an approval of this version for this environment binds now. Five reads."""
    digests = Artifact.objects.filter(version=version).values_list("sha256", flat=True)
    card, risk = facts.card_of(version), facts.risk_of(version.model.system_id)
    return _bound(
        {"version": str(version.pk), "environment": environment},
        sorted(set(digests)),
        {
            "card": {"number": card.number, "sha256": card.sha256},
            "risk": risk.as_bound() if risk else None,
            "evidence": [
                {"item": each.item, "revision": each.revision, "sha256": each.sha256}
                for each in bound_evidence(version, _items(policy))
            ],
        },
    )


def of_suspension(suspended: Suspended) -> Bound:
    """What an approval to lift a suspension binds."""
    risk = facts.risk_of(suspended.system_id)
    record = {"suspension_facts": dict(suspended.facts), "risk": risk.as_bound() if risk else None}
    return _bound({"suspension": str(suspended.id)}, [], record)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What changed between two bound facts, in words for signers."""
    old, new = _lines(before), _lines(after)
    return [
        Change(what, old.get(what), new.get(what))
        for what in sorted(old.keys() | new.keys())
        if old.get(what) != new.get(what)
    ]


def _bound(about: Mapping[str, str], artifacts: list[str], record: Mapping[str, Any]) -> Bound:
    artifacts_sha256, record_sha256 = _sha256(artifacts), _sha256(record)
    parts = {**about, "artifacts_sha256": artifacts_sha256, "record_sha256": record_sha256}
    return Bound({**about, "artifacts": artifacts, **record}, artifacts_sha256, record_sha256, _sha256(parts))


def _sha256(value: Any) -> str:
    """Of the RFC 8785 bytes; the values are strings and small integers only."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def _items(policy: Mapping[str, Any]) -> Iterable[str]:
    return [each["item"] for each in policy.get("evidence", [])]


def _lines(bound: Mapping[str, Any]) -> dict[str, str]:
    """Each bound fact with a name and a text."""
    lines = {f"artifact {digest}": "part of it" for digest in bound.get("artifacts", [])}
    if card := bound.get("card"):
        lines["card"] = f"revision {card['number']}, sha256 {card['sha256']}"
    if risk := bound.get("risk"):
        lines["risk class"] = risk["class"]
        lines["risk answers"] = (
            f"assessment {risk['number']} ({risk['pack']} {risk['pack_version']}), sha256 {risk['sha256']}"
        )
    for each in bound.get("evidence", []):
        lines[f"evidence {each['item']}"] = f"revision {each['revision']}, sha256 {each['sha256']}"
    for name, value in (bound.get("suspension_facts") or {}).items():
        lines[f"suspension {name}"] = str(value)
    return lines
