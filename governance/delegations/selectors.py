"""Named reads about delegations."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.access.models import Person, RoleAssignment
from governance.access.roles import ScopeKind
from governance.delegations.models import Delegation

NO_SUCH = "There is no such delegation, or it is not yours to know."


def delegations_to(
    person: Person, *, roles: Sequence[str], system_id: UUID, now: dt.datetime
) -> list[Delegation]:
    """Delegations in force in which somebody lent this person one of the roles on this system."""
    return list(
        in_force(now)
        .filter(Q(system=None) | Q(system=system_id), taker=person, role__in=roles)
        .select_related("giver")
        .order_by("begins_at")
    )


def lent_systems(person: Person, *, now: dt.datetime) -> frozenset[UUID] | None:
    """The AI systems about which somebody has lent this person their signature; None: all of them.

    Who signs for somebody sees what there is to sign, and nothing else by it.
    """
    found: set[UUID] = set()
    for delegation in in_force(now).filter(taker=person).select_related("giver"):
        held = RoleAssignment.objects.in_force().filter(person=delegation.giver_id, role=delegation.role)
        reach = set(held.values_list("scope__kind", "scope__system_id"))
        everywhere = any(kind == ScopeKind.EVERYWHERE for kind, _ in reach)
        systems = {system for kind, system in reach if kind == ScopeKind.SYSTEM and system is not None}
        if delegation.system_id is None and everywhere:
            return None
        if delegation.system_id is None:
            found |= systems
        elif everywhere or delegation.system_id in systems:
            found.add(delegation.system_id)
    return frozenset(found)


def in_force(now: dt.datetime) -> QuerySet[Delegation]:
    """Those that lend something at this moment."""
    return Delegation.objects.filter(ended_at=None, begins_at__lte=now, ends_at__gt=now)


def delegations_for(actor: Any, *, everybody: bool) -> QuerySet[Delegation]:
    """One's own, given and taken; with `everybody` all."""
    found = Delegation.objects.select_related("giver", "taker", "system")
    if everybody:
        return found
    if not isinstance(actor, Person):
        return found.none()
    return found.filter(Q(giver=actor) | Q(taker=actor))


def as_json(delegation: Delegation, *, now: dt.datetime) -> dict[str, Any]:
    """A delegation as the API gives it."""
    lasting = delegation.ended_at is None and delegation.begins_at <= now < delegation.ends_at
    return {
        "id": str(delegation.pk),
        "from": delegation.giver.email,
        "to": delegation.taker.email,
        "role": delegation.role,
        "system": delegation.system.slug if delegation.system else None,
        "begins_at": delegation.begins_at,
        "ends_at": delegation.ends_at,
        "reason": delegation.reason,
        "in_force": lasting,
        "created_at": delegation.created_at,
        "ended_at": delegation.ended_at,
    }
