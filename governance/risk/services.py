"""Everything that changes an assessment, an override or a questionnaire in the making."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.risk import policies, selectors
from governance.risk.answers import as_json, read_answers
from governance.risk.engine import classify
from governance.risk.models import Assessment
from governance.risk.pack import Pack
from governance.risk.standing import digest_of
from registry.catalog.epoch import raise_epoch
from registry.systems.models import AISystem


@transaction.atomic
def assess(
    *,
    system_id: UUID,
    actor: Actor,
    pack: Pack,
    answers: object,
    on: dt.date,
    now: dt.datetime,
    parent: int | None = None,
    note: str = "",
) -> Assessment:
    """Keep what follows from the answers as the system's next assessment, in force at once.

    Raises:
        NotPermitted: `actor` may not assess this system.
        BadInput: an answer is none, or there is no such parent.
    """
    system = lock_system(system_id)
    if reason := policies.why_not_assess(actor, system):
        raise NotPermitted(reason)
    return file(
        system=system,
        actor=actor,
        pack=pack,
        answers=answers,
        on=on,
        now=now,
        parent=_parent(system, parent),
        note=note,
    )


def file(
    *,
    system: AISystem,
    actor: Actor,
    pack: Pack,
    answers: object,
    on: dt.date,
    now: dt.datetime,
    parent: Assessment | None = None,
    note: str = "",
    kind: str = "answered",
) -> Assessment:
    """The next assessment of a system that is locked in this transaction; for services that asked already.

    Raises:
        BadInput: an answer is none.
    """
    read = read_answers(pack, answers)
    found = classify(pack, read, on=on)
    kept = as_json(read)
    assessment = Assessment(
        system=system,
        number=selectors.next_number(system),
        pack=pack.name,
        pack_version=pack.version,
        pack_digest=pack.digest,
        class_id=found.class_,
        answers=kept,
        outcome=found.as_json(),
        digest=digest_of(kept, found.result),
        on=on,
        kind=kind,
        parent=parent,
        note=note,
        at=now,
        by=actor.audit_ref,
    )
    details = _gist(assessment)
    if note:
        details["note_commitment"] = trail.commit_to(entity=assessment, name="note", value=note)
    trail.record(kind="governance.assessment.filed", actor=actor, entity=assessment, details=details, now=now)
    raise_epoch()
    return assessment


def lock_system(system_id: UUID) -> AISystem:
    """Whatever is done about how a system is classified is done behind the system's lock."""
    return AISystem.objects.select_for_update(of=["self"], no_key=True).get(pk=system_id)


def _parent(system: AISystem, number: int | None) -> Assessment | None:
    if number is None:
        return None
    found = selectors.assessments_of(system).filter(number=number).first()
    if found is None:
        raise BadInput([FieldError("/parent", "UNKNOWN_ASSESSMENT", selectors.NO_SUCH_ASSESSMENT)])
    return found


def _gist(assessment: Assessment) -> dict[str, Any]:
    """What the event says: what was concluded, and digests of all of it."""
    result: Mapping[str, Any] = assessment.result
    return {
        "number": assessment.number,
        "pack": assessment.pack,
        "pack_version": assessment.pack_version,
        "pack_sha256": assessment.pack_digest,
        "class": assessment.class_id,
        "points": result.get("points", []),
        "kind": assessment.kind,
        "parent": assessment.parent.number if assessment.parent else None,
        "sha256": assessment.digest,
    }
