"""The smallest valid instance of each thing, made the way the product makes it: through its services.

A test names only what it is about. Everything is made by the operator, who may do everything, and
every call makes something new.
"""

import datetime as dt
import itertools
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import credentials, selectors, services
from governance.access.models import Person, PersonalToken, Scope, ServiceKey
from governance.access.roles import Role
from registry.systems import services as systems
from registry.systems.models import AISystem

PASSWORD = "correct horse battery"

_numbers = itertools.count(1)


def number() -> int:
    """A number that nothing else of this run has."""
    return next(_numbers)


def person(
    *roles: Role | str,
    at: AISystem | Any | None = None,
    email: str = "",
    name: str = "",
    password: str = PASSWORD,
    now: dt.datetime | None = None,
) -> Person:
    """An active person, holding `roles` at `at`: an AI system, a queue, or (without it) everywhere."""
    n = number()
    made = services.create_person(
        email=email or f"person-{n}@example.org",
        name=name or f"Person {n}",
        password=password,
        actor=OPERATOR,
        now=now or timezone.now(),
    )
    for role in roles:
        grant(made, role, at=at)
    return Person.objects.get(pk=made.pk)


def grant(to: Person, role: Role | str, *, at: AISystem | Any | None = None) -> None:
    """Give a role; `to` must be read afresh to know."""
    services.grant(
        person_id=to.pk, role=Role(role), scope_id=scope_of(at).pk, actor=OPERATOR, now=timezone.now()
    )


def scope_of(thing: AISystem | Any | None) -> Scope:
    """The scope of an AI system or a queue; of nothing: everywhere."""
    if thing is None:
        return selectors.everywhere()
    if isinstance(thing, AISystem):
        return Scope.objects.get(kind="system", system=thing)
    return Scope.objects.get(kind="queue", queue_id=thing.pk)


def service_key(
    *scopes: str,
    systems: "list[AISystem] | tuple[AISystem, ...]" = (),
    owner: Person | None = None,
    expires_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> tuple[ServiceKey, str]:
    """A service key and its secret; without scopes: `predictions:write`."""
    return credentials.create_key(
        name=f"service {number()}",
        scopes=scopes or ("predictions:write",),
        system_ids=[each.pk for each in systems],
        owner=owner,
        expires_at=expires_at,
        actor=OPERATOR,
        now=now or timezone.now(),
    )


def token(of: Person, *, now: dt.datetime | None = None) -> tuple[PersonalToken, str]:
    """A personal token and its secret."""
    return credentials.create_token(person_id=of.pk, name="suite", actor=OPERATOR, now=now or timezone.now())


def bearer(secret: str) -> dict[str, Any]:
    """Headers of a request that carries the secret, for Django's and DRF's test clients."""
    return {"headers": {"Authorization": f"Bearer {secret}"}}


def system(slug: str = "", **given: Any) -> AISystem:
    """An AI system with its scope (and its inbox)."""
    slug = slug or f"system-{number()}"
    return systems.register(
        actor=OPERATOR, slug=slug, name=given.pop("name", slug.title()), now=timezone.now(), **given
    )


def fresh(of: Person) -> Person:
    """The same person, read again: roles are read once per object."""
    return Person.objects.get(pk=of.pk)


def nobody_there() -> UUID:
    """An id that nothing has."""
    return UUID("01900000-0000-7000-8000-000000000000")
