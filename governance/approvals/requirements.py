"""What has to be there before a version is submitted: one list for page, refusal and signers."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from audit.refusals import FieldError
from governance.approvals import facts
from governance.evidence.selectors import current
from governance.waivers.selectors import waived
from registry.catalog.models import Artifact, Environment, ModelVersion
from registry.systems.models import AISystem

OWNERS = (
    ("business_sponsor", "business sponsor"),
    ("product_owner", "AI product owner"),
    ("technical_lead", "technical lead"),
)
THREE_OWNERS = frozenset({"high_risk"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that has to be there. What `blocks` is refused without it; the rest is shown to signers."""

    code: str
    title: str
    met: bool
    detail: str
    who: str
    blocks: bool = True

    def as_error(self) -> FieldError:
        return FieldError(f"/{self.code.lower()}", self.code, self.detail)


def of_version(
    version: ModelVersion, environment: Environment, policy: Mapping[str, Any], *, now: dt.datetime
) -> list[Requirement]:
    """Everything that is asked of a version for an environment, met or not."""
    system = version.model.system
    class_ = facts.class_of(system.pk)
    return [
        _classified(class_),
        *_owners(system, class_),
        _artifacts(version),
        *_evidence(version, environment, policy, now),
    ]


def unmet(requirements: list[Requirement]) -> list[Requirement]:
    """What keeps it from being submitted."""
    return [each for each in requirements if each.blocks and not each.met]


def _classified(class_: str) -> Requirement:
    if class_ == "prohibited":
        detail = "This use of AI is prohibited, so no version of it is approved."
        return Requirement("PROHIBITED", "Not a prohibited use", False, detail, "model owner")
    known = class_ not in (facts.UNCLASSIFIED, "undetermined")
    detail = (
        f"The system is classified: {class_.replace('_', ' ')}."
        if known
        else "The risk questions are not all answered yet, so nobody knows what applies."
    )
    return Requirement("UNCLASSIFIED", "Risk class", known, detail, "model owner")


def _owners(system: AISystem, class_: str) -> Iterator[Requirement]:
    people = {name: getattr(system, name) for name, _ in OWNERS}
    for name, title in OWNERS:
        person = people[name]
        detail = f"{person.name} is the {title}." if person else f"No {title} is named."
        if person and not person.is_active:
            detail = f"{person.name}, the {title}, has left; name somebody else."
        met = bool(person and person.is_active)
        yield Requirement("OWNER_MISSING", title[:1].upper() + title[1:], met, detail, "model owner")
    named = [person.pk for person in people.values() if person]
    if class_ in THREE_OWNERS:
        met = len(set(named)) == len(OWNERS)
        detail = "The three owners of a high-risk system are three different people."
        yield Requirement("OWNERS_NOT_DIFFERENT", "Three different owners", met, detail, "model owner")


def _artifacts(version: ModelVersion) -> Requirement:
    number = Artifact.objects.filter(version=version).count()
    detail = (
        f"{number} with their digests." if number else "Without digests nothing can be recognised by content."
    )
    return Requirement("NO_ARTIFACTS", "Artifacts", bool(number), detail, "model owner", blocks=False)


def _evidence(
    version: ModelVersion, environment: Environment, policy: Mapping[str, Any], now: dt.datetime
) -> Iterator[Requirement]:
    there = {each.item: each for each in current(version)}
    excused = waived(version.pk, environment.slug, now=now)
    for asked in policy.get("evidence", []):
        item, title = asked["item"], asked["title"] or asked["item"]
        found = there.get(item)
        valid = found is not None and (found.valid_until is None or found.valid_until > now)
        detail = "In place." if valid else f"{title} is missing."
        if found is not None and not valid:
            detail = f"{title} is out of date."
        if not valid and f"evidence:{item}" in excused:
            valid, detail = True, f"{title}: waived for now."
        yield Requirement(
            "EVIDENCE_MISSING", title, valid, detail, "model owner", blocks=bool(asked["required"])
        )
