"""Named reads: what the gate would say now, and what it has said."""

import datetime as dt
from typing import NamedTuple
from uuid import UUID

from governance.gate import facts
from governance.gate.judging import Judgement, judge
from governance.gate.models import GateAnswer
from registry.catalog.models import ModelVersion

LATELY = 20


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


def _said(subject: facts.Subject, environment: str, now: dt.datetime) -> Said:
    standing = facts.standing_of(subject, environment, now=now)
    found = facts.facts_of(standing, known=True, context={}, matches=None, now=now)
    approval = standing.approval_at(now)
    conditions = [str(each["name"]) for each in approval.conditions] if approval is not None else []
    return Said(standing, judge(found), conditions)
