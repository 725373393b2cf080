"""Who cannot sign a request, because they made or asked for what it is about."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from governance.access.models import Person, ServiceKey
from registry.catalog.models import ModelVersion
from registry.systems.models import AISystem

REQUESTER: Final = "requester"
AUTHOR: Final = "author"
STAND_IN: Final = "stand_in"
"""Nobody is known to have made or asked for it, so those who answer for it count."""


class Excluded(NamedTuple):
    """Somebody who cannot sign, and why."""

    person: Person
    because: str


def makers(
    system: AISystem, version: ModelVersion | None, *, asked_by: Any, requester: Person | None
) -> list[Excluded]:
    """Everybody who counts as requester or author.

    A person who acts through a key is named by it, else the key's owner counts; where nobody is known, the
    product owner, the technical lead and whoever made the key all count.
    """
    requesters = {person for person in (_person(asked_by), requester) if person}
    found = [Excluded(each, REQUESTER) for each in requesters or _behind(asked_by)]
    nobody = not found
    stand_ins = list(_stand_ins(system, [asked_by] if nobody else []))
    found += [Excluded(each, STAND_IN) for each in stand_ins if nobody]
    if version is not None:
        authors = set(_authors(version))
        found += [Excluded(each, AUTHOR) for each in authors]
        if not authors:
            found += [Excluded(each, STAND_IN) for each in _stand_ins(system, [_actor_of(version)])]
    return sorted(dict.fromkeys(found), key=lambda each: (each.because, str(each.person.pk)))


def _authors(version: ModelVersion) -> Iterator[Person]:
    if version.author_id:
        yield Person.objects.get(pk=version.author_id)
    registrar = _actor_of(version)
    if isinstance(registrar, Person):
        yield registrar
    elif not version.author_id:
        yield from _behind(registrar)


def _behind(actor: Any) -> list[Person]:
    """The person whom a key belongs to."""
    return [actor.owner] if isinstance(actor, ServiceKey) and actor.owner is not None else []


def _stand_ins(system: AISystem, actors: Iterable[Any]) -> Iterator[Person]:
    for person_id in (system.product_owner_id, system.technical_lead_id):
        if person_id:
            yield Person.objects.get(pk=person_id)
    for actor in actors:
        if isinstance(actor, ServiceKey) and (maker := _by_ref(actor.created_by)):
            yield maker


def _actor_of(version: ModelVersion) -> Any:
    """Whoever registered a version: a person, a key, or nobody with an account."""
    ref = version.registered_by
    if ref.startswith("key:"):
        return ServiceKey.objects.select_related("owner").filter(pk=UUID(ref.removeprefix("key:"))).first()
    return _by_ref(ref)


def _by_ref(ref: str) -> Person | None:
    if not ref.startswith("person:"):
        return None
    return Person.objects.filter(pk=UUID(ref.removeprefix("person:"))).first()


def _person(actor: Any) -> Person | None:
    return actor if isinstance(actor, Person) else None
