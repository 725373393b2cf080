"""Everything that changes an override: propose, decide, withdraw, end."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person
from governance.risk import notifications, policies, selectors
from governance.risk.engine import UNDETERMINED
from governance.risk.errors import AlreadyProposed, CannotOverride, NotTheNewest, OverrideDecided
from governance.risk.models import Assessment, Override
from governance.risk.pack import Pack
from governance.risk.services import lock_system
from governance.risk.standing import rank
from governance.risk.states import FINAL, TRANSITIONS, OverrideKind, OverrideState
from registry.catalog.epoch import raise_epoch

EVENTS: Final[Mapping[OverrideState, str]] = {
    OverrideState.PROPOSED: "governance.override.proposed",
    OverrideState.APPROVED: "governance.override.approved",
    OverrideState.REFUSED: "governance.override.refused",
    OverrideState.WITHDRAWN: "governance.override.withdrawn",
    OverrideState.ENDED: "governance.override.ended",
}


@transaction.atomic
def override(
    *,
    assessment_id: UUID,
    actor: Actor,
    to_class: str,
    reason: str,
    expires_on: dt.date | None = None,
    now: dt.datetime,
) -> Override:
    """Set another class by hand: a graver one at once, a lighter one as a proposal to a second person.

    Raises:
        NotPermitted: `actor` may not set another class.
        NotTheNewest, CannotOverride, AlreadyProposed: it cannot be done with this assessment now.
        BadInput: no such class, no change, no reason, or a lighter class without a day in the future.
    """
    assessment = _lock(assessment_id)
    person = _require_person(actor, assessment)
    pack = selectors.known_pack(assessment.pack, assessment.pack_version)
    standing = selectors.standing_of(assessment.system_id, pack=assessment.pack, now=now)
    stands = standing.class_ if standing else assessment.class_id
    _require_sane(pack, stands, to_class, reason)
    upward = rank(pack, to_class) < rank(pack, stands)
    kind = OverrideKind.UPWARD if upward else OverrideKind.DOWNWARD
    _require_expiry(kind, expires_on, now)
    made = _new(assessment, kind, person, to_class, reason, now=now)
    made.from_class = stands
    made.expires_on = expires_on
    _move(made, to=OverrideState.APPROVED if upward else OverrideState.PROPOSED, actor=actor, now=now)
    return made


@transaction.atomic
def claim_exemption(
    *,
    assessment_id: UUID,
    actor: Actor,
    statements: Mapping[str, str],
    expires_on: dt.date | None = None,
    now: dt.datetime,
) -> Override:
    """Put the statements of an exemption before its approver. Until then the system stands as without it.

    Raises:
        NotPermitted: `actor` may not claim one.
        NotTheNewest, CannotOverride, AlreadyProposed: it cannot be done with this assessment now.
        BadInput: a statement is missing or unknown, or the day is past.
    """
    assessment = _lock(assessment_id)
    person = _require_person(actor, assessment)
    exemption = selectors.known_pack(assessment.pack, assessment.pack_version).document.get("exemption")
    if exemption is None or assessment.class_id != exemption["class"]:
        raise CannotOverride("This assessment does not come out as exempt, so there is nothing to claim.")
    _require_statements([each["id"] for each in exemption["statements"]], statements)
    if (
        selectors.overrides_of(assessment)
        .in_force(on=now.date())
        .filter(kind=OverrideKind.EXEMPTION)
        .exists()
    ):
        raise AlreadyProposed("The exemption is in force already.")
    if expires_on is not None:
        _require_expiry(OverrideKind.EXEMPTION, expires_on, now)
    reason = next(iter(statements.values()))
    made = _new(assessment, OverrideKind.EXEMPTION, person, str(exemption["class"]), reason, now=now)
    made.from_class = str(exemption["stands_as"])
    made.statements = dict(statements)
    made.expires_on = expires_on
    _move(made, to=OverrideState.PROPOSED, actor=actor, now=now)
    return made


@transaction.atomic
def decide(*, override_id: UUID, actor: Actor, approve: bool, note: str, now: dt.datetime) -> Override:
    """Approve or refuse, as the second person.

    Raises:
        NotPermitted: `actor` may not decide this one.
        OverrideDecided: it was decided or withdrawn.
        NotTheNewest: the system was assessed again meanwhile.
        BadInput: its last day is past, or a refusal says no reason.
    """
    found = _lock_override(override_id)
    if reason := policies.why_not_decide(actor, found):
        raise NotPermitted(reason)
    if found.state != OverrideState.PROPOSED:
        raise OverrideDecided(f"This is {OverrideState(found.state).label} already.")
    if approve:
        _require_newest(found.assessment)
        if found.expires_on is not None:
            _require_expiry(OverrideKind(found.kind), found.expires_on, now)
    elif not note.strip():
        raise BadInput([FieldError("/note", "REQUIRED", "A refusal says why.")])
    assert isinstance(actor, Person)  # the policy let nobody else through
    found.decider = actor
    found.decided_at = now
    found.decision_note = note
    _move(found, to=OverrideState.APPROVED if approve else OverrideState.REFUSED, actor=actor, now=now)
    return found


@transaction.atomic
def end(*, override_id: UUID, actor: Actor, reason: str, now: dt.datetime) -> Override:
    """Withdraw one's own proposal, or end what is in force before its day.

    Raises:
        NotPermitted: `actor` may not end this one.
        OverrideDecided: it has ended, or was refused.
        BadInput: no reason is said.
    """
    found = _lock_override(override_id)
    if found.state in FINAL:
        raise OverrideDecided(f"This is {OverrideState(found.state).label} already.")
    if why_not := policies.why_not_end(actor, found):
        raise NotPermitted(why_not)
    if not reason.strip():
        raise BadInput([FieldError("/reason", "REQUIRED", "Say why.")])
    assert isinstance(actor, Person)  # the policy let nobody else through
    found.ended_by, found.ended_at, found.end_reason = actor, now, reason
    proposed = found.state == OverrideState.PROPOSED
    _move(found, to=OverrideState.WITHDRAWN if proposed else OverrideState.ENDED, actor=actor, now=now)
    return found


def _lock(assessment_id: UUID) -> Assessment:
    """The assessment, behind its system's lock, if it is the newest of its pack."""
    lock_system(Assessment.objects.values_list("system_id", flat=True).get(pk=assessment_id))
    return Assessment.objects.select_related("system").get(pk=assessment_id)


def _lock_override(override_id: UUID) -> Override:
    lock_system(Override.objects.values_list("system_id", flat=True).get(pk=override_id))
    return (
        Override.objects.select_for_update(of=["self"])
        .select_related("assessment", "system", "proposer")
        .get(pk=override_id)
    )


def _new(
    assessment: Assessment,
    kind: OverrideKind,
    person: Person,
    to_class: str,
    reason: str,
    *,
    now: dt.datetime,
) -> Override:
    if Override.objects.open().filter(assessment=assessment, kind=kind).exists():
        raise AlreadyProposed()
    return Override(
        assessment=assessment,
        system=assessment.system,
        pack=assessment.pack,
        kind=kind,
        to_class=to_class,
        reason=reason,
        proposer=person,
        proposed_at=now,
    )


def _move(found: Override, *, to: OverrideState, actor: Actor, now: dt.datetime) -> None:
    """Change an override's state, and say so in the trail. The only assignment to it in the project."""
    came_from = found.state or None
    if to == OverrideState.PROPOSED:
        transaction.on_commit(partial(notifications.tell_proposed, found.pk))
    if came_from is not None and to not in TRANSITIONS[OverrideState(came_from)]:
        raise OverrideDecided()
    found.state = to
    said = {"reason": found.reason} if came_from is None else {"note": found.decision_note}
    if found.end_reason:
        said = {"reason": found.end_reason}
    commitments = {
        f"{name}_commitment": trail.commit_to(entity=found, name=name, value=text)
        for name, text in said.items()
        if text
    }
    trail.record(kind=EVENTS[to], actor=actor, entity=found, details={**_gist(found), **commitments}, now=now)
    raise_epoch()


def _gist(found: Override) -> dict[str, Any]:
    return {
        "assessment": found.assessment.number,
        "kind": found.kind,
        "from": found.from_class,
        "to": found.to_class,
        "expires_on": found.expires_on.isoformat() if found.expires_on else None,
        "proposed_by": found.proposer.audit_ref,
    }


def _require_person(actor: Actor, assessment: Assessment) -> Person:
    if reason := policies.why_not_override(actor, assessment):
        raise NotPermitted(reason)
    _require_newest(assessment)
    assert isinstance(actor, Person)  # the policy let nobody else through
    return actor


def _require_newest(assessment: Assessment) -> None:
    newest = selectors.newest_of(assessment.system_id, assessment.pack)
    if newest is None or newest.pk != assessment.pk:
        raise NotTheNewest()


def _require_sane(pack: Pack, stands: str, to_class: str, reason: str) -> None:
    errors = []
    exempt = pack.document.get("exemption", {}).get("class")
    possible = [each for each in pack.classes if each != exempt]
    if to_class not in possible:
        errors.append(FieldError("/class", "BAD_VALUE", f"There are: {', '.join(possible)}."))
    elif to_class == stands:
        errors.append(FieldError("/class", "NOTHING_TO_CHANGE", "It stands as that already."))
    if not reason.strip():
        errors.append(FieldError("/reason", "REQUIRED", "Say why."))
    if errors:
        raise BadInput(errors)
    if stands == next(iter(pack.classes)) and stands != UNDETERMINED:
        raise CannotOverride("The gravest class is not lowered by hand. Assess the system again.")


def _require_expiry(kind: OverrideKind, expires_on: dt.date | None, now: dt.datetime) -> None:
    if kind is OverrideKind.UPWARD and expires_on is None:
        return
    if expires_on is None or expires_on <= now.date():
        detail = "A day in the future, after which it holds no more, is needed here."
        raise BadInput([FieldError("/expires_on", "REQUIRED" if expires_on is None else "BAD_VALUE", detail)])


def _require_statements(due: list[str], said: Mapping[str, str]) -> None:
    errors = [
        FieldError(f"/statements/{each}", "REQUIRED", "This statement is needed.")
        for each in due
        if not said.get(each, "").strip()
    ]
    if errors:
        raise BadInput(errors)
