"""What approvals and classes tell the registry below, which asks for it through its hooks."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.trail.actors import Actor
from governance.approvals import facts, selectors
from governance.risk import narrowing
from governance.risk import selectors as risk
from governance.risk.packs import newest
from governance.risk.panels import RISK
from registry.aliases import hooks as aliases
from registry.catalog import hooks as catalog
from registry.catalog.models import Environment, ModelVersion
from registry.portfolio import hooks as portfolio
from registry.systems.models import AISystem

NOT_CLASSIFIED = "unclassified"


def tell() -> None:
    """Fill the hooks in; harmless when done twice."""
    aliases.approved, aliases.class_of = is_approved, class_of
    if compare not in catalog.compared:
        catalog.compared.append(compare)
    if RISK not in portfolio.columns:
        portfolio.columns.append(RISK)
    law = newest(risk.LAW)
    classes = law.classes if law else {}
    portfolio.classes[:] = [*classes.items(), (NOT_CLASSIFIED, "not classified")]
    portfolio.narrow = narrow


def is_approved(*, version_id: UUID, environment: str, now: dt.datetime) -> bool:
    """Whether an approval of the version is in force there."""
    return selectors.approval_in_force(version_id, environment, now) is not None


def class_of(system: AISystem) -> str | None:
    """The class that counts; None: never classified."""
    standing = risk.standing_of(system.pk)
    return standing.class_ if standing else None


def compare(versions: Sequence[ModelVersion], actor: Actor) -> catalog.Section | None:
    """How versions side by side are classified, and in which environments each is approved."""
    now = timezone.now()
    classes = catalog.Compared("risk class", [facts.class_of(each.model.system_id) for each in versions])
    environments = Environment.objects.order_by("slug").values_list("slug", flat=True)
    approved = [
        catalog.Compared(f"approved for {slug}", [_until(each, slug, now) for each in versions])
        for slug in environments
    ]
    return catalog.Section("Risk and approvals", [classes, *approved])


def narrow(systems: Any, class_: str) -> Any:
    """The systems of this class."""
    if class_ == NOT_CLASSIFIED:
        return systems.exclude(narrowing.is_classified())
    return systems.filter(narrowing.stands_as(class_, on=timezone.now().date()))


def _until(version: ModelVersion, environment: str, now: dt.datetime) -> str | None:
    approval = selectors.approval_in_force(version.pk, environment, now)
    return f"until {approval.expires_at:%Y-%m-%d}" if approval else None
