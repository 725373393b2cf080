"""Named reads about aliases and their protections."""

import json
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from audit.refusals import NotFound
from registry.aliases import hooks
from registry.aliases.models import Alias, Protection, ProtectionQuerySet
from registry.catalog.models import Model

NO_SUCH_ALIAS: Final = "This model has no such alias."
NO_SUCH_PROTECTION: Final = "There is no such protection."
LONGEST_HISTORY: Final = 500
HISTORIES: Final = """
SELECT wanted.id, event.actor, event.at, event.body FROM unnest(%(ids)s::uuid[]) AS wanted (id),
    LATERAL (SELECT actor, at, body, entity_version FROM audit_event
             WHERE entity_type = 'alias' AND entity_id = wanted.id
             ORDER BY entity_version DESC LIMIT %(most)s) event
ORDER BY wanted.id, event.entity_version DESC
"""
"""Along the index over entities, however many events there are."""


def aliases_of(model: Model) -> QuerySet[Alias]:
    """Those that point to something, by name."""
    return (
        Alias.objects.filter(model=model, version__isnull=False)
        .select_related("model__system", "version")
        .order_by("name")
    )


def alias_of(model: Model, name: str) -> Alias:
    """One alias that points to something.

    Raises:
        NotFound: the model has none of that name.
    """
    found = aliases_of(model).filter(name=name.replace("\x00", "")).first()
    if found is None:
        raise NotFound(NO_SUCH_ALIAS)
    return found


def protections() -> ProtectionQuerySet:
    return Protection.objects.order_by("pattern", "pk")


def protection_of(protection_id: UUID) -> Protection:
    """One protection, ended or not.

    Raises:
        NotFound: there is none.
    """
    found = Protection.objects.filter(pk=protection_id).first()
    if found is None:
        raise NotFound(NO_SUCH_PROTECTION)
    return found


def protections_of(model: Model, name: str) -> list[Protection]:
    """Those in force for an alias of a model."""
    return [each for each in protections_on(model) if each.covers(name)]


def protections_on(model: Model) -> list[Protection]:
    """Those in force that systems of this one's class are under, whatever the alias."""
    found = list(protections().in_force())
    if not any(each.classes for each in found):
        return found
    risk = hooks.class_of(model.system) if hooks.class_of is not None else None
    return [each for each in found if not each.classes or risk is None or risk in each.classes]


def histories_of(aliases: Iterable[Alias], *, most: int) -> dict[UUID, list[dict[str, Any]]]:
    """Where each pointed, newest first, from its events; of each the newest `most`."""
    found: dict[UUID, list[dict[str, Any]]] = {alias.pk: [] for alias in aliases}
    with connection.cursor() as cursor:
        cursor.execute(HISTORIES, {"ids": list(found), "most": most})
        for alias_id, actor, at, body in cursor.fetchall():
            said = json.loads(bytes(body))["details"]
            found[alias_id].append({"version": said.get("version"), "by": actor, "at": at})
    return found


def alias_as_json(alias: Alias) -> dict[str, Any]:
    """An alias as the API gives it."""
    return {
        "alias": alias.name,
        "model": alias.model.slug,
        "version": alias.version.version if alias.version else None,
        "moved_by": alias.moved_by,
        "moved_at": alias.moved_at,
    }


def protection_as_json(protection: Protection) -> dict[str, Any]:
    """A protection as the API gives it."""
    return {
        "id": str(protection.pk),
        "pattern": protection.pattern,
        "role": protection.role,
        "environment": protection.environment_id,
        "classes": protection.classes,
        "created_by": protection.created_by,
        "created_at": protection.created_at,
        "ended_at": protection.ended_at,
    }
