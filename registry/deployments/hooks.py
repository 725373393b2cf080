"""The gate as deployments ask it. The wing above fills it in at start-up; without it nothing goes live."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import structlog
from django.db import transaction

from audit.trail.actors import Actor
from registry.catalog.models import Environment, ModelVersion
from registry.systems.reasons import Reason

__all__ = ["GateAnswer", "Reason", "ask", "gate"]

log = structlog.get_logger(__name__)

Decision = Literal["allow", "warn", "deny"]
DECISIONS: Final = ("allow", "warn", "deny")


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What the gate said: go, go with reasons to look at, or no."""

    decision: Decision
    reasons: Sequence[Reason] = ()


gate: Callable[..., GateAnswer] | None = None
"""Called as `gate(version=, environment=, actor=, now=)` inside the deploying transaction."""

MISSING: Final = GateAnswer(
    "deny", (Reason("GATE_MISSING", "No gate is installed, so nothing is let through."),)
)
FAILED: Final = GateAnswer(
    "deny", (Reason("GATE_FAILED", "The gate could not answer, so nothing is let through. Try again."),)
)


def ask(*, version: ModelVersion, environment: Environment, actor: Actor, now: dt.datetime) -> GateAnswer:
    """What the gate says about a version now; no gate, no answer or a crash is a deny (it fails closed)."""
    if gate is None:
        return MISSING
    try:
        # Of its own, so that a statement that fails in it leaves our transaction usable.
        with transaction.atomic():
            answer = gate(version=version, environment=environment, actor=actor, now=now)
    except Exception:
        log.exception("gate.failed", version=str(version.pk), environment=environment.slug)
        return FAILED
    if getattr(answer, "decision", None) not in DECISIONS:
        log.error("gate.failed", version=str(version.pk), environment=environment.slug)
        return FAILED
    return answer
