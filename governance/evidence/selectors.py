"""Named reads about evidence."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.refusals import NotFound, NotPermitted
from audit.trail.actors import Actor
from governance.access.roles import ADD_EVIDENCE
from governance.access.selectors import require
from governance.evidence.models import Evidence
from governance.evidence.policies import ADDING_NEEDS
from registry.catalog.models import ModelVersion
from registry.systems.models import AISystem
from registry.systems.policies import READING_NEEDS, VIEW
from registry.systems.selectors import in_reach

COLUMNS: Final = (
    "id", "system", "model", "version", "item", "revision", "title", "kind", "filename", "uri", "sha256",
    "size", "metric", "duties", "valid_until", "owner", "note", "created_by", "created_at",
)  # fmt: skip
NO_SUCH = "There is no such evidence, or it is not yours to know."


def about(version: ModelVersion) -> QuerySet[Evidence]:
    """Everything that holds for a version: its own, its model's and its system's."""
    return Evidence.objects.filter(
        Q(model=None) | Q(model=version.model_id, version=None) | Q(version=version),
        system=version.model.system_id,
    )


def current(version: ModelVersion) -> list[Evidence]:
    """The newest revision of each item; what is said about the version itself goes before its model's."""
    found: dict[str, Evidence] = {}
    for each in about(version).select_related("owner", "model", "version"):
        before = found.get(each.item)
        if before is None or _weight(each) > _weight(before):
            found[each.item] = each
    return sorted(found.values(), key=lambda each: each.item)


def bound_evidence(version: ModelVersion, items: Iterable[str]) -> list[Evidence]:
    """What an approval binds: everything about the version itself, and what its policy asks for.

    Other evidence of the system may come and go without touching what was signed.
    """
    asked = frozenset(items)
    return [each for each in current(version) if each.version_id or each.item in asked]


def evidence_for(actor: Actor) -> QuerySet[Evidence]:
    """All evidence within the actor's reach."""
    return in_reach(Evidence.objects.select_related("system", "model", "version", "owner"), actor)


def require_some_adding(actor: Any) -> None:
    """Refuse whoever can add no evidence at all, before a body says what it is about.

    Raises:
        NotPermitted: there is no such system.
    """
    rights = getattr(actor, "rights", None)
    if not (rights.allow_somewhere(ADD_EVIDENCE) if rights else actor.has_perm(ADD_EVIDENCE)):
        raise NotPermitted(ADDING_NEEDS)


def one(actor: Actor, evidence_id: UUID) -> Evidence:
    """One revision.

    Raises:
        NotFound: there is none in the actor's reach.
        NotPermitted: within reach, but the actor may not read about it.
    """
    found = (
        Evidence.objects.select_related("system", "model", "version", "owner").filter(pk=evidence_id).first()
    )
    if found is None:
        raise NotFound(NO_SUCH)
    try:
        require(actor, VIEW, found, READING_NEEDS)
    except NotFound:
        raise NotFound(NO_SUCH) from None
    return found


def next_revision(system: AISystem, model: Any, version: Any, item: str) -> int:
    """The number of the next revision. The system has to be locked."""
    newest = (
        Evidence.objects.filter(system=system, model=model, version=version, item=item)
        .order_by("-revision")
        .values_list("revision", flat=True)
        .first()
    )
    return (newest or 0) + 1


def as_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as the API gives it."""
    return {
        "id": str(evidence.pk),
        "system": evidence.system.slug,
        "model": evidence.model.slug if evidence.model else None,
        "version": evidence.version.version if evidence.version else None,
        "item": evidence.item,
        "revision": evidence.revision,
        "title": evidence.title,
        "kind": evidence.kind,
        "filename": evidence.filename or None,
        "uri": evidence.uri or None,
        "sha256": evidence.sha256,
        "size": evidence.size,
        "metric": evidence.metric,
        "duties": evidence.duties,
        "valid_until": evidence.valid_until,
        "owner": evidence.owner.email if evidence.owner else None,
        "note": evidence.note,
        "created_by": evidence.created_by,
        "created_at": evidence.created_at,
    }


def _weight(evidence: Evidence) -> tuple[int, int]:
    place = 2 if evidence.version_id else 1 if evidence.model_id else 0
    return place, evidence.revision
