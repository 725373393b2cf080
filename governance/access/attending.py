"""What this wing fills into the lower ones at start-up."""

import datetime as dt
from uuid import UUID

from django.urls import reverse

from audit.trail.actors import Actor
from audit.trail.describing import Described, describers
from governance.access.models import Person, PersonalToken, RoleAssignment, Scope, ServiceKey
from governance.access.roles import Role, ScopeKind
from registry.systems.models import AISystem
from registry.systems.services import attendants


def attend() -> None:
    """Called once, when every app is there."""
    attendants.append(make_scope)
    describers["person"] = _describe_people
    describers["key"] = describers["service_key"] = _describe_keys
    describers["personal_token"] = _describe_tokens
    describers["role_assignment"] = _describe_assignments
    describers["system"] = _describe_systems


def make_scope(system: AISystem, actor: Actor, now: dt.datetime) -> None:
    """Every AI system has a scope at which roles can be held, from its first moment."""
    Scope.objects.create(kind=ScopeKind.SYSTEM, system=system, label=f"system {system.slug}")


def _describe_people(ids: set[UUID]) -> dict[UUID, Described]:
    names = Person.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: Described(name, reverse("page-person", args=[pk])) for pk, name in names}


def _describe_keys(ids: set[UUID]) -> dict[UUID, Described]:
    names = ServiceKey.objects.filter(pk__in=ids).values_list("pk", "name")
    return {pk: Described(name, reverse("page-key", args=[pk])) for pk, name in names}


def _describe_tokens(ids: set[UUID]) -> dict[UUID, Described]:
    rows = PersonalToken.objects.filter(pk__in=ids).values_list("pk", "name", "person__name", "person_id")
    return {
        pk: Described(f"{name} of {whose}", reverse("page-person", args=[person_id]))
        for pk, name, whose, person_id in rows
    }


def _describe_assignments(ids: set[UUID]) -> dict[UUID, Described]:
    rows = RoleAssignment.objects.filter(pk__in=ids).select_related("person", "scope")
    return {
        row.pk: Described(
            f"{Role(row.role).label} for {row.person.name} ({row.scope.label})",
            reverse("page-person", args=[row.person_id]),
        )
        for row in rows
    }


def _describe_systems(ids: set[UUID]) -> dict[UUID, Described]:
    slugs = AISystem.objects.filter(pk__in=ids).values_list("pk", "slug", "name")
    return {pk: Described(name, reverse("page-system", args=[slug])) for pk, slug, name in slugs}
