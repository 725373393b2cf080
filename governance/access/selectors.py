"""Named reads about people and what is in their reach."""

import contextlib
import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.refusals import BadInput, FieldError, NotFound, NotPermitted
from audit.trail.actors import Actor
from governance.access.models import Person, RoleAssignment, Scope, ServiceKey
from governance.access.roles import Role, ScopeKind


def reaches(actor: Any, thing: Any) -> bool:
    """Whether the thing is the actor's to know. If not, the answer is the one for a missing thing."""
    if isinstance(actor, Person):
        return actor.is_active and actor.rights.reach(thing)
    if isinstance(actor, ServiceKey):
        return actor.reaches(getattr(thing, "access_system_id", None))
    return isinstance(actor, Actor)


def require(actor: Any, permission: str, thing: Any, why_not: str) -> None:
    """Let the actor through, or refuse: 404 out of reach, 403 with `why_not` within.

    Raises:
        NotFound: not theirs to know.
        NotPermitted: within reach, without the verb.
    """
    if actor.has_perm(permission, thing):
        return
    if thing is not None and not reaches(actor, thing):
        raise NotFound
    raise NotPermitted(why_not)


def everywhere() -> Scope:
    return Scope.objects.get(kind=ScopeKind.EVERYWHERE)


def scope_of_system(slug: str) -> Scope:
    """The scope of the AI system with that slug.

    Raises:
        NotFound: there is none.
    """
    scope = Scope.objects.filter(kind=ScopeKind.SYSTEM, system__slug=slug).first()
    if scope is None:
        raise NotFound(f"There is no AI system {slug!r}.")
    return scope


def system_id_of(slug: str) -> UUID:
    """The id of the AI system with that slug.

    Raises:
        NotFound: there is none.
    """
    system = scope_of_system(slug).system
    assert system is not None  # the scope is one of a system
    return system.pk


def person_by_email(email: str) -> Person:
    """The person with that address.

    Raises:
        NotFound: there is none.
    """
    person = Person.objects.filter(email__iexact=email.strip()).first()
    if person is None:
        raise NotFound(f"Nobody here has the address {email!r}.")
    return person


def people() -> QuerySet[Person]:
    return Person.objects.prefetch_related("assignments__scope").order_by("name", "id")


def roles_of(person: Person) -> QuerySet[RoleAssignment]:
    return person.assignments.in_force().select_related("scope").order_by("role", "scope__label")


def names_of(refs: set[str]) -> dict[str, str]:
    """Names for references to who did something, for those who may see them."""
    ids: dict[str, list[UUID]] = {"person": [], "key": []}
    for ref in refs:
        kind, _, id_ = ref.partition(":")
        if kind in ids:
            ids[kind].append(UUID(id_))
    names = {"clock": "the clock", "operator": "the command line"}
    for kind, rows in (("person", Person.objects), ("key", ServiceKey.objects)):
        found = rows.filter(pk__in=ids[kind]).values_list("id", "name")
        names |= {f"{kind}:{pk}": name for pk, name in found}
    return names


def holders_of(roles: Iterable[Role], *, system_id: UUID | None = None) -> list[Person]:
    """Active people who hold one of these roles everywhere, or on this system."""
    at = Q(scope__kind=ScopeKind.EVERYWHERE)
    if system_id is not None:
        at |= Q(scope__kind=ScopeKind.SYSTEM, scope__system=system_id)
    held = RoleAssignment.objects.in_force().filter(at, role__in=list(roles))
    return list(Person.objects.filter(is_active=True, pk__in=held.values("person")).order_by("pk"))


def scope_of_queue(slug: str) -> Scope:
    """The scope of the queue with that slug. The reviews wing labels it so.

    Raises:
        NotFound: there is none.
    """
    scope = Scope.objects.filter(kind=ScopeKind.QUEUE, label=f"queue {slug}").first()
    if scope is None:
        raise NotFound(f"There is no queue {slug!r}.")
    return scope


def service_keys() -> QuerySet[ServiceKey]:
    return ServiceKey.objects.select_related("owner").order_by("name", "-created_at")


def key_named(name: str, *, now: dt.datetime) -> ServiceKey:
    """The key that is meant by a name, a prefix (`csk_...`) or an id.

    Raises:
        NotFound: there is none.
        BadInput: several keys have this name; says their prefixes.
    """
    with contextlib.suppress(ValueError):
        if key := ServiceKey.objects.filter(pk=UUID(name)).first():
            return key
    found = list(ServiceKey.objects.filter(Q(name=name) | Q(prefix=name)).order_by("-created_at"))
    unended = [key for key in found if key.revoked_at is None]
    found = unended or [key for key in found if key.is_live(now=now)] or found
    if not found:
        raise NotFound(f"There is no service key {name!r}.")
    if len(found) > 1:
        prefixes = ", ".join(key.prefix for key in found)
        detail = f"Several keys are named {name!r}; say which: {prefixes}."
        raise BadInput([FieldError("/name", "AMBIGUOUS", detail)])
    return found[0]
