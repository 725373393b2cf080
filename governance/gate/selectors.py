"""Named reads: what the gate would say now, and what it has said."""

import datetime as dt
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from governance.access.models import ServiceKey
from governance.gate import facts
from governance.gate.judging import Judgement, judge
from governance.gate.models import GateAnswer
from registry.catalog.models import ModelVersion
from registry.systems.selectors import in_reach

LATELY = 20
COLUMNS: Final = (
    "id", "asked_at", "asked_by", "asked_for", "model", "version", "environment", "decision", "reasons",
    "approval", "context_sha256", "receipt_sha256",
)  # fmt: skip


class Said(NamedTuple):
    """What the gate would say about a version in one environment, without a context."""

    standing: facts.Standing
    judgement: Judgement
    conditions: list[str]
    """Names of conditions that look at what a pipeline tells."""


def said_of(version: ModelVersion, environments: list[str], *, now: dt.datetime) -> list[Said]:
    """What the gate would say now, environment by environment."""
    subject = facts.subject_of(version)
    return [_said(subject, environment, now) for environment in environments]


def answers_about(version_id: UUID) -> list[GateAnswer]:
    """The newest answers about a version."""
    return list(GateAnswer.objects.filter(version=version_id).order_by("-id")[:LATELY])


def answers_for(actor: Any) -> QuerySet[GateAnswer]:
    """The answers that the actor may read: people about systems that they may see, keys within their limits.

    An answer about nothing known lies in no system, so only who reads everywhere sees it.
    """
    rows = GateAnswer.objects.select_related("version__model")
    if not isinstance(actor, ServiceKey):
        return in_reach(rows, actor, system="version__model__system")
    if actor.environments:
        rows = rows.filter(environment__in=actor.environments)
    if actor.system_ids:
        rows = rows.filter(version__model__system__in=actor.system_ids)
    return rows


def as_json(answer: GateAnswer) -> dict[str, Any]:
    """An answer as the API gives it."""
    version = answer.version
    return {
        "id": str(answer.pk),
        "asked_at": answer.asked_at,
        "asked_by": answer.asked_by,
        "asked_for": answer.asked_for,
        "model": version.model.slug if version else None,
        "version": version.version if version else None,
        "environment": answer.environment,
        "decision": answer.decision,
        "reasons": answer.reasons,
        "approval": str(answer.approval) if answer.approval else None,
        "context_sha256": answer.context_sha256,
        "receipt_sha256": answer.receipt_sha256,
    }


def _said(subject: facts.Subject, environment: str, now: dt.datetime) -> Said:
    standing = facts.standing_of(subject, environment, now=now)
    found = facts.facts_of(standing, known=True, context={}, matches=None, now=now)
    approval = standing.approval_at(now)
    conditions = [str(each["name"]) for each in approval.conditions] if approval is not None else []
    return Said(standing, judge(found), conditions)
