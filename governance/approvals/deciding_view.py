"""Everything on one page that a decision needs, put together from what is stored."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from governance.access.models import Person
from governance.access.roles import Role
from governance.access.selectors import names_of
from governance.approvals import facts, inbox, policies, requirements, selectors, showing
from governance.approvals.models import ApprovalRequest, Signature, Stage
from governance.approvals.states import State, Verdict
from governance.evidence.selectors import current
from governance.risk import selectors as classified
from governance.risk.showing import duties
from registry.catalog.models import ModelVersion

MOST_ROWS: Final = 60


def context_of(request: ApprovalRequest, person: Person, *, now: dt.datetime) -> dict[str, Any]:
    """What `page-approval` shows to this person."""
    version = request.version
    current_states = (State.OPEN, State.CHANGES_REQUESTED, State.APPROVED)
    changes = selectors.changes_of(request) if request.state in current_states else []
    signatures = sorted(request.signatures.all(), key=lambda each: (each.round, each.signed_at))
    champion = champion_of(request)
    card = facts.card_of(version) if version else None
    return {
        "request_": request,  # `request` is Django's
        "title": title_of(request),
        "version_": version,
        "champion": champion,
        "metrics": metric_rows(version, champion) if version else [],
        "changed_parts": changed_parts(version, champion) if version else [],
        "artifacts": list(version.artifacts.order_by("name")) if version else [],
        "card": card,
        "card_body": _read(card.body) if card else None,
        "risk": facts.risk_of(request.system_id),
        **_why_of_that_class(request.system_id),
        "evidence": evidence_rows(version, request, now) if version else [],
        "requirements": _requirements(request, now),
        "stages": [_stage(request, each, signatures, now) for each in request.stages.order_by("number")],
        "signatures": [signature_row(request, each) for each in signatures],
        "earlier": earlier(request),
        "changes": changes,
        "conditions": selectors.conditions_of(policies.counting(request)),
        "excluded": request.exclusions.select_related("person").order_by("person__name"),
        "why_not_sign": why_not_now(request, person, now),
        "why_may": why_may(request, person, now),
        "why_not_withdraw": policies.why_decided(request) or policies.why_not_withdraw(person, request),
        "gate_says": _gate(request, now),
    }


def _why_of_that_class(system_id: UUID) -> dict[str, Any]:
    """The conclusions that led to the class, and the duties that follow from it as it stands."""
    found = classified.standings_of([system_id]).get(system_id)
    if found is None:
        return {"trace": [], "duties": []}
    assessment, standing = found
    owed = classified.duties_as_it_stands(standing, assessment)
    return {"trace": assessment.outcome["trace"], "duties": duties(owed)}


def title_of(request: ApprovalRequest) -> str:
    """What a request is called."""
    if request.version is None:
        return f"Lifting a suspension of {request.system.name}"
    return f"{request.version} for {request.environment_id}"


def why_not_now(request: ApprovalRequest, person: Person, now: dt.datetime) -> str | None:
    """Why this person cannot sign now; None if they can."""
    if reason := policies.why_not_signable(request):
        return reason
    stage = inbox.stage_of(request)
    if stage is None:
        return "No stage waits for signatures."
    if reason := policies.why_not_sign(person, request, stage, now=now):
        return reason
    if reason := policies.why_signed_before(person, request, stage, policies.counting(request)):
        return reason
    if selectors.changes_of(request):
        return "What it is about has changed since it was submitted; it has to be submitted again."
    return None


def why_may(request: ApprovalRequest, person: Person, now: dt.datetime) -> str:
    """In what right this person signs, in words."""
    stage = inbox.stage_of(request)
    standing = policies.standing_of(person, request, stage, now=now) if stage else None
    if standing is None or policies.why_dependent(person, request):
        return ""
    if not standing.role:
        return "The policy names you. You neither made nor asked for it."
    by = names_of({standing.granted_by}).get(standing.granted_by, standing.granted_by)
    whose = f"for {standing.on_behalf_of.name}, who is" if standing.on_behalf_of else "as"
    since = f"{standing.since:%d %b %Y}" if standing.since else "the beginning"
    return (
        f"You may sign {whose} {Role(standing.role).label} since {since}, granted by {by}. "
        "You neither made nor asked for it."
    )


def champion_of(request: ApprovalRequest) -> ModelVersion | None:
    """The version of the same model that was approved for the same environment last."""
    if request.version is None:
        return None
    former = (
        ApprovalRequest.objects.filter(
            version__model=request.version.model_id, environment=request.environment_id, state=State.APPROVED
        )
        .exclude(version=request.version)
        .select_related("version__model")
        .order_by("-decided_at")
        .first()
    )
    return former.version if former else None


def metric_rows(version: ModelVersion, champion: ModelVersion | None) -> list[dict[str, Any]]:
    """Metrics by name beside those of the champion, with the change where both are numbers."""
    mine: dict[str, Any] = dict(_flat(version.metrics))
    theirs: dict[str, Any] = dict(_flat(champion.metrics)) if champion else {}
    rows = []
    for name in list(dict.fromkeys([*mine, *theirs]))[:MOST_ROWS]:
        here: Any = mine.get(name)
        there: Any = theirs.get(name)
        change = f"{here - there:+.4g}" if _is_number(here) and _is_number(there) else ""
        rows.append(
            {
                "name": name,
                "before": _text(there),
                "now": _text(here),
                "change": change,
            }
        )
    return rows


def changed_parts(version: ModelVersion, champion: ModelVersion | None) -> list[tuple[str, str, str]]:
    """Code and training data that differ from the champion's."""
    if champion is None:
        return []
    found = []
    for name in ("repository", "commit"):
        before, now = champion.code.get(name, ""), version.code.get(name, "")
        if before != now:
            found.append((f"code {name}", str(before) or "not said", str(now) or "not said"))
    before_data, now_data = (_data(each) for each in (champion, version))
    if before_data != now_data:
        found.append(("training data", before_data or "not said", now_data or "not said"))
    return found


def evidence_rows(version: ModelVersion, request: ApprovalRequest, now: dt.datetime) -> list[dict[str, Any]]:
    """Evidence, gaps first."""
    there = {each.item: each for each in current(version)}
    asked = {each["item"]: each for each in request.policy.get("evidence", [])}
    bound = {each["item"] for each in request.bound.get("evidence", [])}
    rows = [
        {"state": "missing", "item": item, "title": said["title"] or item, "required": said["required"]}
        for item, said in asked.items()
        if item not in there
    ]
    for item, each in there.items():
        ended = each.valid_until is not None and each.valid_until <= now
        soon = each.valid_until is not None and each.valid_until <= now + dt.timedelta(days=30)
        state = "expired" if ended else "due_soon" if soon else "valid"
        rows.append(
            {"state": state, "item": item, "title": each.title, "evidence": each, "bound": item in bound}
        )
    order = {"missing": 0, "expired": 1, "due_soon": 2, "valid": 3}
    return sorted(rows, key=lambda row: (order[str(row["state"])], str(row["item"])))


def earlier(request: ApprovalRequest) -> list[ApprovalRequest]:
    """Other requests about the same model and environment, newest first."""
    found = ApprovalRequest.objects.exclude(pk=request.pk).select_related("version__model")
    if request.version is None:
        return list(found.filter(suspension=request.suspension).order_by("-requested_at")[:10])
    about = {"version__model": request.version.model_id, "environment": request.environment_id}
    return list(found.filter(**about).order_by("-requested_at")[:10])


def signature_row(request: ApprovalRequest, signature: Signature) -> dict[str, Any]:
    """A signature with what makes it one, in words."""
    granted_by = signature.role_granted_by
    return {
        "signature": signature,
        "verdict": Verdict(signature.verdict).label,
        "role": Role(signature.role).label if signature.role else "named in the policy",
        "granted_by": names_of({granted_by}).get(granted_by, granted_by) if granted_by else "",
        "counts": showing.counts(request, signature),
        "voided": signature.verdict == Verdict.APPROVE and not showing.counts(request, signature),
    }


def _stage(
    request: ApprovalRequest, stage: Stage, signatures: Iterable[Signature], now: dt.datetime
) -> dict[str, Any]:
    here = [each for each in signatures if each.stage == stage.number]
    signed = [each for each in here if showing.counts(request, each)]
    waits = request.state == State.OPEN and stage.number == request.stage
    return {
        "stage": stage,
        "signed": len(signed),
        "complete": len(signed) >= stage.quorum,
        "waits": waits,
        "late": waits and request.stage_due_at is not None and request.stage_due_at < now,
        "rows": [signature_row(request, each) for each in here],
        "roles": [Role(role).label for role in policies.roles_now(request, stage, now=now)],
        "people": [person.name for person in inbox.awaited(request, now=now)] if waits else [],
    }


def _requirements(request: ApprovalRequest, now: dt.datetime) -> list[requirements.Requirement]:
    if request.version is None or request.environment is None:
        return []
    return requirements.of_version(request.version, request.environment, request.policy, now=now)


def _gate(request: ApprovalRequest, now: dt.datetime) -> list[str]:
    """Why the gate would find no approval now; empty if it would."""
    if request.version_id is None:
        return []
    reasons = selectors.why_none(request.version_id, str(request.environment_id), now)
    return [reason.detail for reason in reasons]


def _read(body: Any) -> Any:
    """A card's body as a structure; revisions keep their canonical text."""
    return json.loads(body) if isinstance(body, str) else body


def _flat(value: Any, name: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not name):
        for key, member in value.items():
            yield from _flat(member, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:200]


def _data(version: ModelVersion) -> str:
    used = version.training_data.order_by("name", "dataset_version")
    return ", ".join(f"{each.name} {each.dataset_version}".strip() for each in used)
