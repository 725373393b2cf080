"""AI systems: the uses of AI that are classified and owned."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.trail.models import Audited

SLUG_PATTERN = r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$"


class AISystem(Audited):
    """A use of AI with its three named owners."""

    slug = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    purpose = models.TextField(blank=True, default="")
    business_sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    product_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    technical_lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    shares_payloads = models.BooleanField(default=False)
    """Whether its owners and compliance may see inputs and labels."""
    created_by = models.TextField()
    created_at = models.DateTimeField()

    audit_type = "system"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="registry_system_slug_is_plain", condition=Q(slug__regex=SLUG_PATTERN)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_system_id(self) -> UUID:
        return self.id

    @property
    def access_system_id(self) -> UUID:
        return self.id
