"""What other rooms know about a version: its risk class and its card, as approvals bind them."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from audit.canonical import canonical_bytes
from governance.risk.selectors import standing_of
from registry.catalog import cards
from registry.catalog.models import ModelVersion

UNCLASSIFIED: Final = "unclassified"
"""Instead of a class, where nobody has answered the questions yet."""


@dataclass(frozen=True, slots=True)
class Risk:
    """How a system is classified now."""

    class_: str
    pack: str
    pack_version: str
    number: int
    digest: str
    assessment_id: UUID | None = None

    def as_bound(self) -> dict[str, Any]:
        """As a request binds it: the class, too, since an override changes it without new answers."""
        return {
            "class": self.class_,
            "pack": self.pack,
            "pack_version": self.pack_version,
            "number": self.number,
            "sha256": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Card:
    """The card of a version in its revision of now."""

    number: int
    sha256: str
    body: Any


def risk_of(system_id: UUID) -> Risk | None:
    """The newest assessment in force, with its overrides; None: never classified."""
    found = standing_of(system_id)
    if found is None:
        return None
    return Risk(found.class_, found.pack, found.pack_version, found.number, found.digest, found.assessment_id)


def class_of(system_id: UUID) -> str:
    """The class of a system, or `unclassified`."""
    risk = risk_of(system_id)
    return risk.class_ if risk else UNCLASSIFIED


def card_of(version: ModelVersion) -> Card:
    """The newest revision of the card; an empty one where nothing was ever said."""
    card = cards.current(version)
    if card is None:
        return Card(1, hashlib.sha256(canonical_bytes(version.card)).hexdigest(), version.card)
    return Card(card.number, card.sha256, card.body)
