"""Whether a version's predictions may stand alone: what intake remembers of a model beside its schemas.

Suspensions, approvals and classes raise the epoch when they change, and intake compares the epoch in the
statement that stores a prediction; so this may be believed as long as the epoch stands. When an approval ends
is a time, and is looked at every time.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from governance.gate.facts import approval_of
from governance.suspensions.facts import class_of, demands_approval
from governance.suspensions.models import Suspension
from registry.catalog.models import Environment

UNCLASSIFIED: Final = (
    "UNCLASSIFIED: the AI system was never classified. Its predictions are taken as before, but the gate "
    "denies its versions."
)
"""What whoever posts for such a system is told."""


@dataclass(frozen=True, slots=True)
class Holds:
    """What holds the predictions of one model back."""

    class_: str | None = None
    """How its system is classified; None: never."""
    everything: bool = False
    """The model or its system is suspended: also what comes in under a version that nobody registered."""
    versions: frozenset[UUID] = frozenset()
    """Suspended ones."""
    _approved_until: dict[tuple[UUID, str], dt.datetime | None] = field(default_factory=dict)

    def suspended(self, version: UUID | None) -> bool:
        """Whether predictions of this version go to people because somebody stopped it."""
        return self.everything or version in self.versions

    def not_approved(self, version: UUID | None, environment: str, now: dt.datetime) -> bool:
        """Whether the class demands an approval there and none is in force. A version that nobody registered
        has a reason of its own."""
        if version is None or not demands_approval(self.class_):
            return False
        until = self._until(version, environment, now)
        return until is None or until <= now

    def _until(self, version: UUID, environment: str, now: dt.datetime) -> dt.datetime | None:
        """When the approval ends, read when it is first asked for: a model may have very many versions."""
        if (version, environment) not in self._approved_until:
            found = approval_of(version, environment, now=now)
            self._approved_until[version, environment] = found.expires_at if found is not None else None
        return self._approved_until[version, environment]


def holds_of(*, system_id: UUID, model_id: UUID) -> Holds:
    """What holds the predictions of a model back now."""
    live = Suspension.objects.live().filter(system_id=system_id).values_list("model_id", "version_id")
    found = [version for model, version in live if model is None or model == model_id]
    return Holds(
        class_=class_of(system_id),
        everything=None in found,
        versions=frozenset(version for version in found if version is not None),
    )


def enforcing() -> Mapping[str, bool]:
    """Every environment, and whether its approvals count at intake."""
    return dict(Environment.objects.values_list("slug", "enforce_at_intake"))
