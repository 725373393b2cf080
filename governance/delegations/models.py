"""Delegations: somebody signs for somebody else for a while."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q

from audit.trail.models import Audited
from governance.access.models import Person
from governance.access.roles import Role
from registry.systems.models import AISystem


class Delegation(Audited):
    """One role of one person in another's hands from one date to another; everywhere or on one system.

    It lends the signature alone, never the right to lend it on, and nobody signs through it who is not
    independent themselves.
    """

    giver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="delegations_given")
    taker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="delegations_taken")
    role = models.CharField(max_length=20, choices=Role.choices)
    system = models.ForeignKey(AISystem, null=True, on_delete=models.PROTECT, related_name="+")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()
    created_by = models.TextField()
    created_at = models.DateTimeField()
    ended_by = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    audit_type = "delegation"

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="governance_delegation_is_to_another", condition=~Q(giver=F("taker"))
            ),
            models.CheckConstraint(
                name="governance_delegation_has_an_end", condition=Q(ends_at__gt=F("begins_at"))
            ),
            models.CheckConstraint(name="governance_delegation_of_a_role", condition=Q(role__in=Role.values)),
        ]
        indexes = [models.Index(name="governance_delegation_taken", fields=["taker", "ends_at"])]

    @property
    def audit_system_id(self) -> UUID | None:
        return self.system_id

    @property
    def access_system_id(self) -> UUID | None:
        return self.system_id
