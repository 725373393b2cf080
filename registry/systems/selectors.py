"""Named reads about AI systems."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from registry.systems.models import AISystem
from registry.systems.policies import READING_NEEDS, VIEW, reaches, why_not_view
from registry.systems.reading import OWNER_TITLES

Rows = TypeVar("Rows", bound=QuerySet[Any])
OWNERS = OWNER_TITLES
NO_SUCH_SYSTEM = "There is no such AI system, or it is not yours to know."


def systems_for(actor: Any, permission: str = VIEW) -> QuerySet[AISystem]:
    """The systems on which the actor has the permission. People by guardian's rows, keys by their limits."""
    every = AISystem.objects.select_related(*OWNERS)
    if hasattr(actor, "system_ids"):
        if not actor.has_perm(permission):
            return every.none()
        return every.filter(pk__in=actor.system_ids) if actor.system_ids else every
    if actor.has_perm(permission):
        return every
    return get_objects_for_user(
        actor, permission, klass=every, with_superuser=False, use_groups=False, accept_global_perms=False
    )


def reads_all(actor: Any, permission: str = VIEW) -> bool:
    """Whether every system there is, is in `systems_for`."""
    return actor.has_perm(permission) and not getattr(actor, "system_ids", None)


def in_reach(rows: Rows, actor: Any, *, system: str = "system", permission: str = VIEW) -> Rows:
    """Those of the rows whose AI system, found at the look-up `system`, is in `systems_for`.

    Whoever has all of them is given no condition, and others their systems by name: a condition that looks
    systems up would have every row looked at for each page.
    """
    if reads_all(actor, permission):
        return rows
    found: Rows = rows.filter(**{f"{system}__in": ids_for(actor, permission)})
    return found


def ids_for(actor: Any, permission: str = VIEW) -> list[UUID]:
    """The ids of `systems_for`, read now. For those who have some of them."""
    return list(systems_for(actor, permission).select_related(None).values_list("pk", flat=True))


def require_reading(actor: Any) -> None:
    """Refuse keys that may read nothing of the registry. People without a role see empty lists.

    Raises:
        NotPermitted: it is such a key.
    """
    if hasattr(actor, "system_ids") and not actor.has_perm(VIEW):
        raise NotPermitted(READING_NEEDS)


def id_of_slug(slug: str) -> UUID | None:
    """The id of a system by its slug, whoever asks; what may be done with it is for others to say."""
    return AISystem.objects.filter(slug=slug).values_list("id", flat=True).first()


def known_system(actor: Actor, slug: str) -> AISystem:
    """The system with that slug, for whoever may know that it exists; what they may do is asked elsewhere.

    Raises:
        NotFound: there is none in the actor's reach.
    """
    system = None if "\x00" in slug else AISystem.objects.select_related(*OWNERS).filter(slug=slug).first()
    if system is None or not reaches(actor, system):
        raise NotFound(NO_SUCH_SYSTEM)
    return system


def system_for(actor: Actor, slug: str) -> AISystem:
    """The system with that slug, to read about.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    system = known_system(actor, slug)
    require(why_not_view(actor, system))
    return system


def require(why_not: str | None) -> None:
    """Refuse with a policy's sentence, before the body is looked at.

    Raises:
        NotPermitted: there is such a sentence.
    """
    if why_not:
        raise NotPermitted(why_not)


def person_with(email: str) -> Any:
    """The active person with that e-mail address, or None."""
    if "\x00" in email:
        return None
    return get_user_model()._default_manager.filter(email__iexact=email.strip(), is_active=True).first()


def differing(system: AISystem, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the changes that would change something. A repeated request asks for nothing new."""
    found = {
        name: value for name, value in changes.items() if name != "owners" and getattr(system, name) != value
    }
    owners = {
        title: email
        for title, email in changes.get("owners", {}).items()
        if (email or "").strip().lower() != _email_of(getattr(system, title))
    }
    return {**found, "owners": owners} if owners else found


def _email_of(person: Any) -> str:
    return person.email.lower() if person else ""


def names_behind(refs: Iterable[str]) -> dict[str, str]:
    """Names for the references that records keep of who did something."""
    wanted = set(refs)
    ids = [UUID(ref.removeprefix("person:")) for ref in wanted if ref.startswith("person:")]
    people = get_user_model()._default_manager.filter(pk__in=ids) if ids else ()
    names = {f"person:{person.pk}": str(person) for person in people}
    for ref in wanted - names.keys():
        names[ref] = "a service key" if ref.startswith("key:") else ref
    return names


def as_json(system: AISystem) -> dict[str, Any]:
    """A system as the API gives it."""
    return {
        "id": str(system.pk),
        "slug": system.slug,
        "name": system.name,
        "purpose": system.purpose,
        "owners": {title: owner.email if (owner := getattr(system, title)) else None for title in OWNERS},
        "shares_payloads": system.shares_payloads,
        "created_at": system.created_at,
    }
