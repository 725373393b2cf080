"""Everybody, in every state, at every action: one table of what the interface answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from governance.access.models import Person
from governance.approvals import services
from governance.approvals.models import ApprovalRequest
from tests import factories
from tests.governance.approvals.making import Scene, scene, sign

pytestmark = pytest.mark.django_db

MAKERS = ("owner", "author")
OTHERS = ("reviewer", "adjudicator", "queue_manager", "auditor", "administrator")
EVERYBODY = (*MAKERS, "second_owner", "risk", "compliance", *OTHERS)

STATES: dict[str, Callable[[Scene], ApprovalRequest]] = {
    "stage 1": lambda made: made.request(),
    "stage 2": lambda made: sign(made.request(), factories.person("risk_officer")),
    "changes_requested": lambda made: sign(
        made.request(), factories.person("risk_officer"), "request_changes"
    ),
    "rejected": lambda made: sign(made.request(), factories.person("risk_officer"), "reject"),
    "approved": lambda made: made.approved(),
    "withdrawn": lambda made: services.withdraw(
        request_id=made.request().pk, actor=made.owner, now=timezone.now()
    ),
}
SIGNERS = {"stage 1": ("risk",), "stage 2": ("compliance",)}
DECIDED = ("rejected", "approved", "withdrawn")
AGAIN = {
    "stage 1": (409, "ALREADY_REQUESTED"),
    "stage 2": (409, "ALREADY_REQUESTED"),
    "changes_requested": (200, ""),
    "rejected": (201, ""),
    "approved": (201, ""),
    "withdrawn": (201, ""),
}


def expected(state: str, who: str, action: str) -> tuple[int, str]:
    """Status and code."""
    asks = who in ("owner", "second_owner")
    if action == "again":
        return AGAIN[state] if asks else (403, "NOT_PERMITTED")
    if action == "withdraw":
        if not asks:
            return 403, "NOT_PERMITTED"
        return (409, "ALREADY_DECIDED") if state in DECIDED else (200, "")
    if state in DECIDED:
        return 409, "ALREADY_DECIDED"
    if state == "changes_requested" and who == "risk":
        return 409, "ILLEGAL_TRANSITION"
    return (201, "") if who in SIGNERS.get(state, ()) else (403, "NOT_PERMITTED")


def ask(person: Person, action: str, request: ApprovalRequest, made: Scene) -> tuple[int, str]:
    client = Client()
    client.force_login(factories.fresh(person), backend="governance.access.backend.RoleBackend")
    bodies: dict[str, tuple[str, Any]] = {
        "again": ("", {"model": made.model.slug, "version": "1.0.0", "environment": "production"}),
        "withdraw": (f"/{request.pk}/withdraw", {}),
        "approve": (f"/{request.pk}/signatures", _verdict("approve")),
        "reject": (f"/{request.pk}/signatures", _verdict("reject")),
        "request_changes": (f"/{request.pk}/signatures", _verdict("request_changes")),
    }
    path, body = bodies[action]
    answer = client.post(f"/api/v1/approvals{path}", json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("state", sorted(STATES))
def test_answers_as_the_table_says(state: str) -> None:
    made = scene()
    factories.grant(made.author, "risk_officer")
    factories.grant(made.owner, "compliance_officer")
    cast = {name: getattr(made, name) for name in ("owner", "author", "risk", "compliance")}
    cast["second_owner"] = factories.person("model_owner", at=made.system)
    cast |= {role: factories.person(role) for role in OTHERS}
    request = STATES[state](made)
    wrong = []
    for who in EVERYBODY:
        for action in ("approve", "reject", "request_changes", "withdraw", "again"):
            with transaction.atomic():
                found = ask(cast[who], action, request, made)
                transaction.set_rollback(True)
            if found != (want := expected(state, who, action)):
                wrong.append(f"{who}, {action}: {found}, not {want}")

    assert not wrong, "\n".join(wrong)


def _verdict(verdict: str) -> dict[str, str]:
    said = {"meaning": "I mean it.", "comment": "Because.", "password": factories.PASSWORD}
    return {"verdict": verdict, **said}
