"""What a protection asks of the wing above, which fills it in at start-up. Unfilled, it fails closed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import structlog
from django.db import transaction

from audit.trail.actors import Actor
from registry.catalog.models import ModelVersion
from registry.systems.models import AISystem

log = structlog.get_logger(__name__)

approved: Callable[..., bool] | None = None
"""Called as `approved(version_id=, environment=, now=)`: whether an approval of the version is in force."""

class_of: Callable[[AISystem], str | None] | None = None
"""The risk class of a system; None where it was never classified."""

holds_role: Callable[[Actor, str, Any], bool] | None = None
"""Whether somebody holds a role on a thing."""

roles: list[str] = []
"""The roles that a protection may name."""


def is_approved(version: ModelVersion, environment: str, *, now: dt.datetime) -> bool:
    """Whether an approval is in force; nobody to ask, or a crash, is a no."""
    if approved is None:
        return False
    try:
        # Of its own, so that a statement that fails in it leaves our transaction usable.
        with transaction.atomic():
            return approved(version_id=version.pk, environment=environment, now=now) is True
    except Exception:
        log.exception("alias.approval_unknown", version=str(version.pk), environment=environment)
        return False
