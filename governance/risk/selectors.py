"""Named reads about assessments: also how a system stands, for approvals and the gate."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from audit.refusals import NotFound
from governance.risk.answers import read_answers
from governance.risk.engine import UNDETERMINED, duties_as
from governance.risk.models import Assessment, AssessmentDraft, Override, OverrideQuerySet
from governance.risk.pack import Pack, Question
from governance.risk.packs import pack_at, shelf
from governance.risk.standing import Set, digest_of, standing_class
from registry.systems.models import AISystem

LAW: Final = "eu-ai-act"
"""The pack whose class decides which approval is due."""
HIGH_RISK: Final = frozenset({"prohibited", "high_risk", UNDETERMINED})
NO_SUCH_PACK = "There is no such rule pack, or not in this version."
NO_SUCH_ASSESSMENT = "There is no such assessment of this AI system."
NO_SUCH_OVERRIDE = "There is no such override of this assessment."


@dataclass(frozen=True, slots=True)
class Standing:
    """How a system is classified now: its newest assessment with the overrides in force."""

    class_: str
    pack: str
    pack_version: str
    assessment_id: UUID
    number: int
    at: dt.datetime
    digest: str
    """Changes with the answers, with what follows from them, and with every override that counts."""


def known_pack(name: str, version: str | None = None) -> Pack:
    """A pack by name and version; without a version the newest.

    Raises:
        NotFound: there is none.
    """
    pack = pack_at(name, version)
    if pack is None:
        raise NotFound(NO_SUCH_PACK)
    return pack


def standing_of(system_id: UUID, *, pack: str = LAW, now: dt.datetime | None = None) -> Standing | None:
    """How a system stands; None if it was never classified."""
    newest = newest_of(system_id, pack)
    if newest is None:
        return None
    return standing_with(newest, overrides_that_count(newest, on=(now or timezone.now()).date()))


def standings_of(systems: Iterable[AISystem | UUID]) -> dict[UUID, tuple[Assessment, Standing]]:
    """How these systems (systems or ids) stand under the law now, in two queries. By system.

    Of each only its newest assessment is read, however many there were.
    """
    ids = [each.pk if isinstance(each, AISystem) else each for each in systems]
    overrides: dict[UUID, list[Override]] = {}
    for each in Override.objects.in_force(on=timezone.now().date()).filter(system__in=ids, pack=LAW):
        overrides.setdefault(each.system_id, []).append(each)
    newest = Assessment.objects.filter(system=OuterRef("pk"), pack=LAW).order_by("-number").values("pk")[:1]
    classified = AISystem.objects.filter(pk__in=ids).annotate(newest=Subquery(newest)).values("newest")
    found = {}
    for assessment in Assessment.objects.filter(pk__in=classified).select_related("system"):
        counting = _counting(assessment, overrides.get(assessment.system_id, ()))
        found[assessment.system_id] = assessment, standing_with(assessment, counting)
    return found


def is_high_risk(system: AISystem) -> bool:
    """Whether three different owners are due: it stands as high-risk or graver, or nobody can say."""
    standing = standing_of(system.pk)
    return standing is not None and standing.class_ in HIGH_RISK


def standing_with(assessment: Assessment, overrides: Iterable[Override]) -> Standing:
    """How an assessment stands with these overrides."""
    pack = pack_at(assessment.pack, assessment.pack_version)
    found = sorted(Set(str(each.pk), each.kind, each.to_class) for each in overrides)
    # A pack that this release does not hold cannot be lowered from: its class stands as it was filed.
    class_ = standing_class(pack, assessment.class_id, found) if pack else assessment.class_id
    digest = assessment.digest
    if found or class_ != assessment.class_id:
        counted = {"class": class_, "overrides": [each.id for each in found]}
        digest = digest_of(assessment.answers, assessment.result | counted)
    return Standing(
        class_=class_,
        pack=assessment.pack,
        pack_version=assessment.pack_version,
        assessment_id=assessment.pk,
        number=assessment.number,
        at=assessment.at,
        digest=digest,
    )


def newest_of(system_id: UUID, pack: str) -> Assessment | None:
    """The assessment in force: the newest of that pack."""
    found = Assessment.objects.filter(system_id=system_id, pack=pack).select_related("system")
    return found.order_by("-number").first()


def overrides_that_count(assessment: Assessment, *, on: dt.date) -> list[Override]:
    """Those on this assessment, and upward ones of earlier assessments: nobody answers these away."""
    every = Override.objects.in_force(on=on).filter(system_id=assessment.system_id, pack=assessment.pack)
    return _counting(assessment, every)


def _counting(assessment: Assessment, overrides: Iterable[Override]) -> list[Override]:
    return [each for each in overrides if each.kind == "upward" or each.assessment_id == assessment.pk]


def assessments_of(system: AISystem) -> QuerySet[Assessment]:
    return Assessment.objects.filter(system=system).select_related("system", "parent")


def assessment_of(system: AISystem, number: int) -> Assessment:
    """One assessment of a system.

    Raises:
        NotFound: the system has none of that number.
    """
    found = assessments_of(system).filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise NotFound(NO_SUCH_ASSESSMENT)
    return found


def overrides_of(assessment: Assessment) -> OverrideQuerySet:
    found: OverrideQuerySet = Override.objects.filter(assessment=assessment)
    return found.select_related("assessment", "system", "proposer", "decider", "ended_by")


def override_of(assessment: Assessment, id_: UUID) -> Override:
    """One override of an assessment.

    Raises:
        NotFound: the assessment has none with that id.
    """
    found = overrides_of(assessment).filter(pk=id_).first()
    if found is None:
        raise NotFound(NO_SUCH_OVERRIDE)
    return found


def next_number(system: AISystem) -> int:
    """The number of the next assessment. The system has to be locked."""
    highest: int | None = Assessment.objects.filter(system=system).aggregate(n=Max("number"))["n"]
    return (highest or 0) + 1


def draft_of(system: AISystem, pack: str) -> AssessmentDraft | None:
    """The questionnaire in the making, if there is one."""
    found = AssessmentDraft.objects.filter(system=system, pack=pack)
    return found.select_related("system", "holder", "parent").first()


def pack_names() -> list[str]:
    """Every pack's name, the law first."""
    return sorted(shelf(), key=lambda name: (name != LAW, name))


def packs() -> list[Pack]:
    """Every pack in every version, the newest version of each first."""
    return [pack for name in pack_names() for pack in reversed(list(shelf()[name].values()))]


def pack_as_line(pack: Pack) -> dict[str, Any]:
    """A pack in a list."""
    return {
        "pack": pack.name,
        "version": pack.version,
        "title": pack.title,
        "dated": pack.document["dated"],
        "digest": pack.digest,
        "newest": pack is pack_at(pack.name, None),
    }


def pack_as_json(pack: Pack) -> dict[str, Any]:
    """A pack with its questions, and everything else it says."""
    said = {
        name: pack.document[name]
        for name in ("about", "sources", "steps", "classes", "default_class", "rules", "obligations")
    }
    return {
        **pack_as_line(pack),
        **said,
        "questions": [_question_as_json(question) for question in pack.questions],
    }


def _question_as_json(question: Question) -> dict[str, Any]:
    choices = [
        {"id": choice.id, "text": choice.text, **({"help": choice.help} if choice.help else {})}
        for choice in question.choices
    ]
    return {
        "id": question.id,
        "step": question.step,
        "type": question.type,
        "text": question.text,
        "help": question.help,
        "law": question.law,
        "citation": question.citation,
        "choices": choices,
        "asked_when": question.asked_when,
    }


def as_json(assessment: Assessment) -> dict[str, Any]:
    """An assessment as the API gives it."""
    return {
        "id": str(assessment.pk),
        "system": assessment.system.slug,
        "number": assessment.number,
        "kind": assessment.kind,
        "pack": assessment.pack,
        "pack_version": assessment.pack_version,
        "pack_digest": assessment.pack_digest,
        "answers": assessment.answers,
        **assessment.outcome,
        "digest": assessment.digest,
        "on": assessment.on,
        "parent": assessment.parent.number if assessment.parent else None,
        "note": assessment.note,
        "at": assessment.at,
        "by": assessment.by,
    }


def with_standing(assessment: Assessment) -> dict[str, Any]:
    """An assessment with the class that counts now."""
    standing = standing_of(assessment.system_id, pack=assessment.pack)
    counts = standing is not None and standing.assessment_id == assessment.pk
    return {
        **as_json(assessment),
        "in_force": counts,
        "stands_as": standing.class_ if standing and counts else None,
        "duties_as_it_stands": duties_as_it_stands(standing, assessment) if standing and counts else None,
        "overrides": [override_as_json(each) for each in overrides_of(assessment).order_by("pk")],
    }


def duties_as_it_stands(standing: Standing, assessment: Assessment) -> list[dict[str, Any]]:
    """The duties of the class that counts, which people may have set against the assessment's."""
    found: list[dict[str, Any]] = assessment.outcome["obligations"]
    pack = pack_at(assessment.pack, assessment.pack_version)
    if pack is None or standing.class_ == assessment.class_id:
        return found
    owed = duties_as(pack, read_answers(pack, assessment.answers), standing.class_, on=assessment.on)
    return [each.as_json() for each in owed]


def override_as_json(override: Override) -> dict[str, Any]:
    """An override as the API gives it."""
    return {
        "id": str(override.pk),
        "assessment": override.assessment.number,
        "kind": override.kind,
        "state": override.state,
        "from_class": override.from_class,
        "to_class": override.to_class,
        "reason": override.reason,
        "statements": override.statements,
        "expires_on": override.expires_on,
        "proposed_by": override.proposer.audit_ref,
        "proposed_at": override.proposed_at,
        "decided_by": override.decider.audit_ref if override.decider else None,
        "decided_at": override.decided_at,
        "decision_note": override.decision_note,
        "ended_by": override.ended_by.audit_ref if override.ended_by else None,
        "ended_at": override.ended_at,
        "end_reason": override.end_reason,
    }
