"""Named reads of the ledger."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from audit.refusals import NotFound
from audit.trail.actors import Actor
from registry.catalog.models import Environment, ModelVersion
from registry.deployments.models import Deployment, DeploymentQuerySet
from registry.systems.policies import reaches, why_not_view
from registry.systems.selectors import in_reach, require

NO_SUCH_DEPLOYMENT: Final = "There is no such deployment, or it is not yours to know."
COLUMNS: Final = (
    "id", "model", "version", "environment", "number", "kind", "live", "gate", "rolls_back_to", "deployed_by",
    "deployed_at", "ended_at",
)  # fmt: skip
MOST_STEPS_BACK: Final = 50
"""Earlier versions that a rollback asks the gate about."""


def deployments_for(actor: Any) -> DeploymentQuerySet:
    """Every row of the ledger that the actor may read."""
    return in_reach(whole(), actor, system="model__system")


def whole() -> DeploymentQuerySet:
    """With everything that is shown of a row."""
    return Deployment.objects.select_related("model__system", "version", "fallback__version")


def deployment_for(actor: Actor, deployment_id: UUID) -> Deployment:
    """One row.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    found = whole().filter(pk=deployment_id).first()
    if found is None or not reaches(actor, found.model.system):
        raise NotFound(NO_SUCH_DEPLOYMENT)
    require(why_not_view(actor, found))
    return found


def live_at(moment: dt.datetime) -> Q:
    """What was live at that moment: begun, and not yet replaced."""
    return Q(deployed_at__lte=moment) & (Q(ended_at=None) | Q(ended_at__gt=moment))


def live_version(model_id: UUID, environment: str) -> ModelVersion | None:
    """The version of a model that is live in an environment."""
    row = (
        Deployment.objects.live()
        .filter(model_id=model_id, environment=environment)
        .select_related("version__model__system")
        .first()
    )
    return row.version if row else None


def live_of(versions: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Where each of these versions is live, in one query."""
    found: dict[UUID, list[str]] = {}
    rows = Deployment.objects.live().filter(version__in=list(versions)).order_by("environment")
    for version_id, environment in rows.values_list("version_id", "environment_id"):
        found.setdefault(version_id, []).append(environment)
    return found


def fallbacks(live: Deployment) -> Iterator[Deployment]:
    """What a rollback from here would try, in this order; each version once, never the live one."""
    seen = {live.version_id}
    step = live.fallback_id
    for _ in range(MOST_STEPS_BACK):
        if step is None:
            return
        row = Deployment.objects.select_related("version__model__system").get(pk=step)
        if row.version_id not in seen:
            seen.add(row.version_id)
            yield row
        step = row.fallback_id


def environment_named(slug: str) -> Environment | None:
    """The environment of that slug."""
    return None if "\x00" in slug else Environment.objects.filter(slug=slug).first()


def as_json(row: Deployment) -> dict[str, Any]:
    """A deployment as the API gives it."""
    return {
        "id": str(row.pk),
        "model": row.model.slug,
        "version": row.version.version,
        "environment": row.environment_id,
        "number": row.number,
        "kind": row.kind,
        "live": row.ended_at is None,
        "gate": {"decision": row.gate_decision, "reasons": row.gate_reasons},
        "rolls_back_to": row.fallback.version.version if row.fallback else None,
        "deployed_by": row.deployed_by,
        "deployed_at": row.deployed_at,
        "ended_at": row.ended_at,
    }
