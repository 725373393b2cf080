"""What the gate asks the other rooms about a version and an environment.

The only place of the gate that knows them.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from governance.approvals import conditions, hooks
from governance.approvals import selectors as approvals
from governance.gate.judging import Facts, Signed
from governance.suspensions import facts as below
from governance.suspensions.selectors import in_words, whole
from registry.catalog.models import Environment, ModelVersion
from registry.systems.reasons import Reason

OWN_CONTEXT: Final = "environment"
"""The member of a condition's context that is ours: what the registry says about the environment."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The version that a question is about."""

    version_id: UUID
    model_id: UUID
    system_id: UUID
    model: str
    version: str
    artifacts: Sequence[tuple[str, str]] = ()
    """Name and sha256."""

    @property
    def access_system_id(self) -> UUID:
        return self.system_id


@dataclass(frozen=True, slots=True)
class Standing:
    """How a version stands in an environment, whoever asks in whatever context."""

    environment: str
    kind: str = ""
    mode: str | None = None
    regions: Sequence[str] = ()
    suspended: Sequence[str] = ()
    class_: str | None = None
    approval: Any = None
    """As `governance.approvals.selectors.approval_in_force` gives it."""
    why_none: Sequence[Reason] = ()
    live: Mapping[str, Any] = field(default_factory=dict)
    """What is measured about the version, if a condition may ask for it."""

    def approval_at(self, now: dt.datetime) -> Any:
        """The approval, unless it has ended since it was read."""
        return self.approval if self.approval is not None and self.approval.expires_at > now else None


def subject_of(version: ModelVersion) -> Subject:
    """What the gate has to know of a version."""
    return Subject(
        version_id=version.pk,
        model_id=version.model_id,
        system_id=version.model.system_id,
        model=version.model.slug,
        version=version.version,
        artifacts=[(each.name, each.sha256) for each in version.artifacts.all()],
    )


def standing_of(subject: Subject, environment: str, *, now: dt.datetime) -> Standing:
    """Read everything that counts about a version in an environment."""
    place = Environment.objects.filter(slug=environment.replace("\x00", "")).first()
    if place is None:
        return Standing(environment)
    live = whole().live().covering(subject.system_id, subject.model_id, subject.version_id)
    approval = approval_of(subject.version_id, environment, now=now)
    return Standing(
        environment=place.slug,
        kind=place.kind,
        mode=place.mode,
        regions=tuple(place.regions),
        suspended=tuple(in_words(each) for each in live.order_by("pk")),
        class_=below.class_of(subject.system_id),
        approval=approval,
        why_none=() if approval is not None else _why_none(subject.version_id, environment, now=now),
        live=_measured(subject.version_id) if approval is not None and approval.conditions else {},
    )


def approval_of(version_id: UUID, environment: str, *, now: dt.datetime) -> Any:
    """The approval by which a version may run there; None: there is none."""
    return approvals.approval_in_force(version_id, environment, now)


def facts_of(
    standing: Standing, *, known: bool, context: Mapping[str, Any], matches: int | None, now: dt.datetime
) -> Facts:
    """What is judged: the standing, seen in the context of one question."""
    approval = standing.approval_at(now)
    ended = standing.approval is not None and approval is None
    why_none = [Reason("APPROVAL_EXPIRED", "The approval has ended.")] if ended else standing.why_none
    return Facts(
        environment=standing.environment,
        mode=standing.mode,
        regions=standing.regions,
        matches=matches,
        known=known,
        suspended=standing.suspended,
        class_=standing.class_,
        approval=_signed(approval, standing, context, now) if approval is not None else None,
        why_none=why_none,
        region=context.get("region"),
        spend=context.get("spend"),
        ceiling=context.get("spend_ceiling"),
    )


def _signed(approval: Any, standing: Standing, context: Mapping[str, Any], now: dt.datetime) -> Signed:
    """The approval with what does not hold of its conditions; what cannot be judged does not hold."""
    place = {"slug": standing.environment, "kind": standing.kind, "regions": list(standing.regions)}
    unfulfilled: Sequence[Any] = ()
    if approval.conditions:
        unfulfilled = conditions.evaluate(
            approval.conditions,
            context={**context, OWN_CONTEXT: place},
            live=standing.live,
            now=now,
            waived=approval.waived,
        )
    return Signed(str(approval.id), approval.revalidation, [_reason(each) for each in unfulfilled])


def _why_none(version_id: UUID, environment: str, *, now: dt.datetime) -> tuple[Reason, ...]:
    return tuple(_reason(each) for each in approvals.why_none(version_id, environment, now))


def _measured(version_id: UUID) -> Mapping[str, Any]:
    return hooks.measured(ModelVersion.objects.select_related("model__system").get(pk=version_id))


def _reason(said: Any) -> Reason:
    return Reason(said.code, said.detail)
