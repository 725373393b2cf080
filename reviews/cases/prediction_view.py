"""One prediction as its page shows it: plain values for templates, which escape every one."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse

from audit.trail import kinds
from governance.access.models import Person
from reviews.cases import policies, words
from reviews.cases.history import Viewer, history, outcome_answer
from reviews.cases.selectors import Case
from reviews.holds.policies import why_not_see_any
from reviews.intake.models import Status
from reviews.intake.openings import is_own_work
from reviews.intake.selectors import erased_of
from reviews.queue.policies import why_not_view
from reviews.queue.states import LEASED, OPEN
from reviews.workbench.showing import explanation_view, input_view, percent, pretty

ASIDE = ("segment", "signals", "usage", "correlation")
"""Members of the payload that are looked at rarely."""
SHOWN_SCORES = 5
MOST_SCORES = 50


def prediction_view(case: Case, person: Person, *, now: dt.datetime, shows_payload: bool) -> dict[str, Any]:
    """The context of `reviews/cases/prediction.html`. `shows_payload`: the opening is reported."""
    standing = case.standing
    posted = standing.posted() if shows_payload else {}
    why_not_answers = policies.why_not_see_answers(person, standing)
    viewer = Viewer(
        ref=person.audit_ref,
        names=policies.sees_names(person, standing, case.item),
        answers=why_not_answers is None,
        notes=policies.why_not_see_payload(person, standing) is None,
    )
    return {
        "prediction": _facts(case, viewer),
        "erased": erased_of(standing.id) if standing.body is None else None,
        "sees_erasures": why_not_see_any(person) is None,
        "routing": _routing(case),
        "payload": _payload(posted) if shows_payload else None,
        "why_not_payload": policies.why_not_see_payload(person, standing),
        "why_not_answers": why_not_answers if _others_answered(case, person) else None,
        "outcome": _outcome(case, viewer),
        "review": _review(case, person, now),
        "history": history(case, viewer),
        "events": _events(case, viewer) if policies.sees_events(person, standing) else None,
        "why_not_flag": policies.why_not_flag(person, standing, case.item),
        "why_not_reopen": policies.why_not_reopen(person, case.item, now=now),
    }


def _others_answered(case: Case, person: Person) -> bool:
    return any(each.reviewer_id != person.pk for each in case.judgements)


def _facts(case: Case, viewer: Viewer) -> dict[str, Any]:
    standing = case.standing
    return {
        "id": standing.id,
        "external_id": standing.external_id,
        "model": standing.model,
        "model_url": address("page-model", standing.model),
        "version": standing.version,
        "version_url": address("page-version", standing.model, standing.version)
        if case.prediction.version_id
        else "",
        "system": case.prediction.model.system,
        "system_url": address("page-system", case.prediction.model.system.slug),
        "environment": standing.environment,
        "status": standing.status,
        "decision": standing.decision,
        "posted_at": standing.routed_at,
        "posted_by": viewer.called(case, standing.posted_by),
        "occurred_at": standing.occurred_at,
        "training_use": standing.training_use,
    }


def _routing(case: Case) -> dict[str, Any]:
    prediction, policy = case.prediction, case.prediction.policy
    body = policy.body if policy else None
    return {
        "sentence": words.routing_sentence(
            prediction.decision,
            prediction.reasons,
            number=policy.number if policy else None,
            pending=prediction.status == Status.PENDING,
        ),
        "reasons": [
            {"code": code, "text": words.reason_sentence(code, policy=body, classes=prediction.classes)}
            for code in _codes(case)
        ],
        "policy_number": policy.number if policy else None,
        "policy_url": address("page-policy", case.standing.model, policy.number) if policy else "",
        "propensity": words.propensity_sentence(prediction.propensity),
        "propensity_number": f"{prediction.propensity:.4g}",
    }


def _codes(case: Case) -> list[str]:
    """Why routing chose it, then why it came again."""
    later = case.item.reasons if case.item else []
    return [*dict.fromkeys([*case.prediction.reasons, *later])]


def _payload(posted: Mapping[str, Any]) -> dict[str, Any]:
    given, output, scores = posted.get("input"), posted.get("output"), posted.get("scores")
    shown = _scores(scores) if isinstance(scores, dict) else []
    return {
        "input": input_view(given if isinstance(given, dict) else {}),
        "explanation": explanation_view(posted.get("explanation")),
        "has_output": "output" in posted,
        "answer": words.output_words(output) if "output" in posted else "",
        "output": pretty(output) if isinstance(output, dict | list) and len(output) != 1 else "",
        "confidence": percent(posted.get("confidence")) or _odd(posted, "confidence"),
        "scores": shown[:SHOWN_SCORES],
        "lower_scores": shown[SHOWN_SCORES:],
        "aside": [(name, pretty(posted[name])) for name in ASIDE if posted.get(name) not in (None, {})],
    }


def _odd(posted: Mapping[str, Any], name: str) -> str:
    """A confidence that is none: as it was sent."""
    return words.output_words(posted[name]) if name in posted else "none"


def _scores(scores: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The largest first; what is no share stands without a bar."""
    largest_first = sorted(scores.items(), key=lambda each: -_share(each[1]))
    return [
        {"label": name, "value": percent(score) or words.output_words(score), "share": _share(score)}
        for name, score in largest_first[:MOST_SCORES]
    ]


def _share(score: object) -> int:
    return round(float(score) * 100) if percent(score) else 0  # type: ignore[arg-type]  # a number, as it has one


def _outcome(case: Case, viewer: Viewer) -> dict[str, Any] | None:
    in_force = next((each for each in case.outcomes if each.version == case.prediction.outcome_version), None)
    if in_force is None:
        return None
    tells = viewer.answers or (viewer.notes and in_force.judgement_id is None)
    return {
        "version": in_force.version,
        "source": words.SOURCES.get(in_force.source, in_force.source),
        "answer": outcome_answer(case, in_force) if tells else "",
        "changed": in_force.changed,
        "decided_at": in_force.decided_at,
    }


def _review(case: Case, person: Person, now: dt.datetime) -> dict[str, Any] | None:
    item = case.item
    if item is None:
        return None
    is_open = item.state in OPEN
    return {
        "id": item.pk,
        "state": case.standing.review_state,
        "is_open": is_open,
        "is_leased": case.standing.review_state == LEASED,
        "is_mine": is_own_work(person, case.standing, now=now),
        "queue": item.queue,
        "queue_url": "" if why_not_view(person, item.queue) else address("page-queue", item.queue.slug),
        "round": item.round,
        "due_at": item.due_at if is_open else None,
        "overdue": is_open and item.due_at < now,
        "snoozed_until": item.snoozed_until,
        "decided_at": item.decided_at,
        "url": address("page-workbench-item", item.pk),
        "why_not_take": policies.why_not_take(person, item) if is_open else None,
    }


def _events(case: Case, viewer: Viewer) -> list[dict[str, Any]]:
    return [
        {
            "sentence": kinds.sentence(each.kind),
            "kind": each.kind,
            "who": viewer.called(case, each.actor),
            "entity": kinds.entity_word(each.entity_type),
            "entity_version": each.entity_version,
            "at": each.at,
            "url": address("page-event", each.id),
        }
        for each in reversed(case.happenings)
    ]


def address(name: str, *arguments: object) -> str:
    """The address of a page of another room; none where this copy has no such page."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
