"""Locking an erasure, and changing its state with the event that says so."""

import datetime as dt
from typing import Any
from uuid import UUID

from audit.trail import services as trail
from audit.trail.actors import Office
from reviews.erasure.errors import IllegalTransition
from reviews.erasure.models import Erasure
from reviews.erasure.states import TRANSITIONS, ErasureState


def lock(erasure_id: UUID) -> Erasure | None:
    """Load an erasure so that nobody else works on it before we commit; None where somebody does."""
    return (
        Erasure.objects.select_for_update(of=["self"], skip_locked=True)
        .select_related("system", "model")
        .filter(pk=erasure_id)
        .first()
    )


def on_behalf(erasure: Erasure) -> Office:
    """Whoever asked: what the worker does is done in that name."""
    return Office(erasure.asked_by)


def move(erasure: Erasure, *, to: ErasureState, kind: str, now: dt.datetime, **details: Any) -> None:
    """Change the state of a locked erasure, and say so in the trail.

    Raises:
        IllegalTransition: the table of states does not know this step.
    """
    came_from = ErasureState(erasure.state)
    if to not in TRANSITIONS[came_from]:
        raise IllegalTransition(f"An erasure that is {came_from.label} cannot become {to.label}.")
    erasure.state = to
    details = {"from": came_from, "to": to, **details}
    kind = f"reviews.erasure.{kind}"
    trail.record(kind=kind, actor=on_behalf(erasure), entity=erasure, details=details, now=now)
