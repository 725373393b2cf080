"""How long the content of predictions is kept, per AI system."""

from typing import Final
from uuid import UUID

from django.db import models
from django.db.models import Q

from audit.trail.models import Audited
from registry.systems.models import AISystem

FLOOR_DAYS: Final = 183
"""Six months, the least for logs of high-risk AI systems (Regulation (EU) 2024/1689, Art. 19(1) and 26(6)).

Held for every system: a class may rise later, and a system that nobody classified has none.
"""


class RetentionRule(Audited):
    """After how many days the content goes by itself; None keeps it."""

    system = models.OneToOneField(AISystem, on_delete=models.PROTECT, related_name="retention")
    days = models.PositiveIntegerField(null=True)
    set_by = models.TextField()
    set_at = models.DateTimeField()

    audit_type = "retention_rule"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reviews_retention_has_a_floor", condition=Q(days=None) | Q(days__gte=FLOOR_DAYS)
            ),
        ]

    @property
    def audit_system_id(self) -> UUID:
        return self.system_id

    @property
    def access_system_id(self) -> UUID:
        return self.system_id
