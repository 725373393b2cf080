"""Cards of versions: the one that was registered is number 1, every later one a revision that stands.

A card is bound by the SHA-256 of its canonical form (RFC 8785), which anybody can compute from its JSON.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import rfc8785
from django.db import transaction

from audit.canonical import LARGEST_SAFE_INTEGER
from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.catalog.epoch import raise_epoch
from registry.catalog.models import CardRevision, Model, ModelVersion
from registry.systems import policies

REGISTERED: Final = 1
"""The number of the card that came with the version."""
NO_SUCH_REVISION: Final = "This version has no card of that number."


@dataclass(frozen=True, slots=True)
class Card:
    """One numbered card of a version."""

    number: int
    card: Mapping[str, Any]
    sha256: str
    """Of `body` as UTF-8, as hex."""
    created_by: str
    created_at: dt.datetime

    @property
    def body(self) -> str:
        """Its canonical form as text."""
        return canonical_text(self.card)


def current(version: ModelVersion) -> Card | None:
    """The newest card; None where nothing was ever said."""
    row = newest(version)
    if row is None:
        return _registered(version) if version.card else None
    return _as_card(row)


def newest(version: ModelVersion) -> CardRevision | None:
    """The newest revision, attached or read; None: the registered card stands."""
    attached: Sequence[CardRevision] | None = getattr(version, "newest_card", None)
    if attached is not None:
        return attached[0] if attached else None
    return CardRevision.objects.filter(version=version).order_by("-number").first()


def cards_of(version: ModelVersion, *, most: int, below: int | None = None) -> list[Card]:
    """At most so many, newest first; `below`: only those with a smaller number."""
    rows = CardRevision.objects.filter(version=version).order_by("-number")
    if below is not None:
        rows = rows.filter(number__lt=below)
    found = [_as_card(row) for row in rows[:most]]
    if len(found) < most and (below is None or below > REGISTERED):
        found.append(_registered(version))
    return found


def card_of(version: ModelVersion, number: int) -> Card:
    """The card of that number.

    Raises:
        NotFound: there is none.
    """
    if number == REGISTERED:
        return _registered(version)
    row = CardRevision.objects.filter(version=version, number=min(number, 2**31 - 1)).first()
    if row is None:
        raise NotFound(NO_SUCH_REVISION)
    return _as_card(row)


@transaction.atomic
def revise(*, version_id: UUID, actor: Actor, card: Mapping[str, Any], now: dt.datetime) -> Card:
    """Say something else about a version from now on; what was said before stays readable.

    Raises:
        NotPermitted: `actor` may not change the registry of this system.
        BadInput: the newest card says exactly this.
    """
    version = _lock(version_id)
    if reason := policies.why_not_change(actor, version):
        raise NotPermitted(reason)
    former = newest(version)
    digest, before = digest_of(card), former.sha256 if former else digest_of(version.card)
    if digest == before:
        raise BadInput([FieldError("/card", "NOTHING_TO_CHANGE", "The card says exactly this already.")])
    raise_epoch()
    row = CardRevision(
        version=version,
        number=(former.number if former else REGISTERED) + 1,
        card=dict(card),
        sha256=digest,
        created_by=actor.audit_ref,
        created_at=now,
    )
    details = {
        "model": version.model.slug,
        "version": version.version,
        "number": row.number,
        "card_sha256": digest,
        "former_sha256": before,
    }
    trail.record(kind="registry.card.revised", actor=actor, entity=row, details=details, now=now)
    return _as_card(row)


def canonical_text(card: Mapping[str, Any]) -> str:
    """A card in the form of RFC 8785; integers beyond 2**53 - 1 as the doubles that every reader makes."""
    return rfc8785.dumps(_readable(dict(card))).decode()


def digest_of(card: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form, as hex."""
    return hashlib.sha256(canonical_text(card).encode()).hexdigest()


def as_json(card: Card) -> dict[str, Any]:
    """A card as the API gives it."""
    return {
        "number": card.number,
        "card": card.card,
        "sha256": card.sha256,
        "created_by": card.created_by,
        "created_at": card.created_at,
    }


def _lock(version_id: UUID) -> ModelVersion:
    """Whatever is numbered below a model is numbered behind the model's lock."""
    model_id = ModelVersion.objects.values_list("model_id", flat=True).get(pk=version_id)
    Model.objects.select_for_update(of=["self"], no_key=True).get(pk=model_id)
    return ModelVersion.objects.select_related("model__system").get(pk=version_id)


def _registered(version: ModelVersion) -> Card:
    digest = digest_of(version.card)
    return Card(REGISTERED, version.card, digest, version.registered_by, version.registered_at)


def _as_card(row: CardRevision) -> Card:
    return Card(row.number, row.card, row.sha256, row.created_by, row.created_at)


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _readable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_SAFE_INTEGER:
        return float(value)
    return value
