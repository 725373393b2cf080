"""Named reads of retention."""

import datetime as dt
from typing import Any, Final, NamedTuple

from django.db import connection

from registry.systems.models import AISystem
from reviews.intake.models import Status
from reviews.retention.models import FLOOR_DAYS, RetentionRule

MOST_COUNTED: Final = 10_000
_PAST = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM reviews_holds_on(past.id))) FROM (
    SELECT p.id FROM reviews_payload y
    JOIN reviews_prediction p ON p.id = y.prediction_id
    JOIN registry_model m ON m.id = p.model_id
    WHERE m.system_id = %(system)s AND p.status <> %(pending)s AND p.routed_at < %(before)s
    LIMIT %(most)s
) past
"""


class Past(NamedTuple):
    """Decided predictions whose content is older than so many days, and how many of them holds keep."""

    days: int
    predictions: int
    held: int

    @property
    def goes(self) -> int:
        return self.predictions - self.held

    @property
    def is_more(self) -> bool:
        """Counting stopped: there are more."""
        return self.predictions >= MOST_COUNTED


def rule_of(system: AISystem) -> RetentionRule | None:
    """The system's rule; without one everything is kept."""
    return RetentionRule.objects.filter(system=system).first()


def past(system: AISystem, days: int, *, now: dt.datetime) -> Past:
    """What would go by itself were the content kept for `days`; counts `MOST_COUNTED` at most."""
    before = now - dt.timedelta(days=days)
    given: dict[str, Any] = {
        "system": system.pk,
        "pending": Status.PENDING,
        "before": before,
        "most": MOST_COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAST, given)
        counted, held = cursor.fetchone()
    return Past(days, counted, held)


def as_json(system: AISystem, rule: RetentionRule | None) -> dict[str, Any]:
    """How long the content of a system's predictions is kept."""
    return {
        "system": system.slug,
        "days": rule.days if rule else None,
        "floor_days": FLOOR_DAYS,
        "set_by": rule.set_by if rule else None,
        "set_at": rule.set_at if rule else None,
    }
