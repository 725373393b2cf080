"""Named reads of retention."""

from typing import Any

from registry.systems.models import AISystem
from reviews.retention.models import FLOOR_DAYS, RetentionRule


def rule_of(system: AISystem) -> RetentionRule | None:
    """The system's rule; without one everything is kept."""
    return RetentionRule.objects.filter(system=system).first()


def as_json(system: AISystem, rule: RetentionRule | None) -> dict[str, Any]:
    """How long the content of a system's predictions is kept."""
    return {
        "system": system.slug,
        "days": rule.days if rule else None,
        "floor_days": FLOOR_DAYS,
        "set_by": rule.set_by if rule else None,
        "set_at": rule.set_at if rule else None,
    }
