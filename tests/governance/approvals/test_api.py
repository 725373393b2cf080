"""Approvals over REST: the contract, member by member."""

import datetime as dt
import json
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from governance.access.models import Person
from governance.approvals.models import ApprovalRequest, Signature
from tests import factories
from tests.governance.approvals.making import Scene, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Scene:
    return scene()


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(factories.fresh(person), backend="governance.access.backend.RoleBackend")
    return client


def post(client: Client, path: str, body: Any, **given: Any) -> Any:
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", **given)


def submission(made: Scene) -> dict[str, Any]:
    return {"model": made.model.slug, "version": "1.0.0", "environment": "production"}


def verdict(**given: Any) -> dict[str, Any]:
    return {
        "verdict": "approve",
        "meaning": "I approve this version.",
        "password": factories.PASSWORD,
        **given,
    }


def test_from_submission_to_approval(made: Scene) -> None:
    _, secret = factories.service_key("registry:write", owner=made.owner)
    asked = post(Client(), "/approvals", submission(made), **factories.bearer(secret))
    assert asked.status_code == 201
    address = asked["Location"]

    first = browser(made.risk).post(f"{address}/signatures", verdict(), content_type="application/json")
    last = browser(made.compliance).post(f"{address}/signatures", verdict(), content_type="application/json")

    assert (first.status_code, first.json()["state"], first.json()["awaited"]) == (
        201, "open", ["compliance_officer"],
    )  # fmt: skip
    approval = last.json()
    assert (approval["state"], approval["in_force"], approval["stale"]) == ("approved", True, False)
    assert [each["printed_name"] for each in approval["signatures"]] == [made.risk.name, made.compliance.name]
    assert {each["digest"] for each in approval["signatures"]} == {approval["digest"]}
    _, gate = factories.service_key("gate:read")
    read = Client().get(address, **factories.bearer(gate))
    assert read.json()["state"] == "approved"


def test_a_signature_needs_a_session(made: Scene) -> None:
    request = made.request()
    _, key = factories.service_key("registry:write")
    _, token = factories.token(made.risk)
    for secret in (key, token):
        for path in (
            f"/approvals/{request.pk}/signatures",
            f"/approvals/{factories.nobody_there()}/signatures",
        ):
            answer = post(Client(), path, {"odd": 1}, **factories.bearer(secret))
            assert (answer.status_code, answer.json()["code"]) == (403, "SESSION_REQUIRED")


@pytest.mark.parametrize("password", ["", "something else"])
def test_without_a_proof_says_how_to_give_one(made: Scene, password: str) -> None:
    body = verdict() | {"password": password}

    answer = post(browser(made.risk), f"/approvals/{made.request().pk}/signatures", body)

    assert (answer.status_code, answer.json()["code"]) == (401, "REAUTHENTICATE")
    assert answer.json()["methods"] == ["password"]
    assert Signature.objects.count() == 0


def test_wrong_passwords_count_towards_the_lock(made: Scene) -> None:
    path, client = f"/approvals/{made.request().pk}/signatures", browser(made.risk)
    for _ in range(10):
        post(client, path, verdict(password="wrong"))

    assert AccessAttempt.objects.get().failures_since_start == 10
    assert post(client, path, verdict()).status_code == 429


def test_conditions_are_read_when_they_are_set(made: Scene) -> None:
    conditions = [
        {"name": "share", "check": "context.share <=", "text": "t"},
        {"name": "share", "check": "1 + 1"},
    ]

    answer = post(
        browser(made.risk), f"/approvals/{made.request().pk}/signatures", verdict(conditions=conditions)
    )

    errors = {each["pointer"]: each for each in answer.json()["errors"]}
    assert answer.status_code == 422
    assert set(errors) == {"/conditions/0/check", "/conditions/1/check", "/conditions/1/name"}
    assert errors["/conditions/0/check"]["detail"].startswith("Line 1, column 17")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/verdict"),
        ({"verdict": "maybe", "meaning": "m"}, "/verdict"),
        ({"verdict": "approve"}, "/meaning"),
        ({"verdict": "reject", "meaning": "m"}, "/comment"),
        ({"verdict": "approve", "meaning": "m", "odd": 1}, "/odd"),
        ({"verdict": "approve", "meaning": "m", "stage": 0}, "/stage"),
        ({"verdict": "approve", "meaning": "m", "conditions": {}}, "/conditions"),
        ([], ""),
    ],
)
def test_a_bad_signature_is_told_where(made: Scene, body: Any, pointer: str) -> None:
    answer = post(browser(made.risk), f"/approvals/{made.request().pk}/signatures", body)

    assert answer.status_code == 422
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/model", "/version", "/environment"]),
        ({"suspension": "x"}, ["/suspension"]),
        ({"suspension": str(factories.nobody_there()), "model": "m"}, ["/model"]),
        ({"model": "m", "version": "v", "environment": "e", "odd": 1}, ["/odd"]),
    ],
)
def test_a_bad_submission_is_told_where(made: Scene, body: Any, pointers: list[str]) -> None:
    answer = post(browser(made.owner), "/approvals", body)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers


def test_unknown_things_of_a_submission(made: Scene) -> None:
    owner = browser(made.owner)

    assert post(owner, "/approvals", submission(made) | {"model": "no-such"}).status_code == 404
    assert post(owner, "/approvals", submission(made) | {"version": "9"}).status_code == 404
    assert post(owner, "/approvals", submission(made) | {"environment": "moon"}).status_code == 422
    assert post(owner, "/approvals", submission(made) | {"requester": "x@y.z"}).status_code == 422
    assert post(owner, "/approvals", {"suspension": str(factories.nobody_there())}).status_code == 404


def test_what_is_missing_is_said(made: Scene) -> None:
    from audit.trail.actors import OPERATOR
    from registry.systems import services as systems

    changes = {"owners": {"business_sponsor": None}}
    systems.change(system_id=made.system.pk, actor=OPERATOR, changes=changes, now=timezone.now())

    answer = post(browser(made.owner), "/approvals", submission(made))

    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_READY")
    assert [each["code"] for each in answer.json()["errors"]] == ["OWNER_MISSING", "OWNERS_NOT_DIFFERENT"]


def test_a_second_submission_is_a_conflict_and_after_changes_goes_on(made: Scene) -> None:
    owner = browser(made.owner)
    first = post(owner, "/approvals", submission(made))
    assert post(owner, "/approvals", submission(made)).json()["code"] == "ALREADY_REQUESTED"
    path = f"/approvals/{first.json()['id']}/signatures"
    body = verdict(verdict="request_changes", comment="More tests.")
    assert post(browser(made.risk), path, body).json()["state"] == "changes_requested"

    again = post(owner, "/approvals", submission(made))

    assert (again.status_code, again.json()["id"], again.json()["round"]) == (200, first.json()["id"], 2)


def test_withdraw(made: Scene) -> None:
    request = made.request()

    answer = post(browser(made.owner), f"/approvals/{request.pk}/withdraw", {"reason": "later"})

    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    again = post(browser(made.owner), f"/approvals/{request.pk}/withdraw", {})
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_DECIDED")


def test_lists_by_filter_and_page(made: Scene) -> None:
    made.request()
    made.request(environment="staging")
    client = browser(made.owner)

    def ids(query: str) -> list[str]:
        answer = client.get(f"/api/v1/approvals?{query}")
        assert answer.status_code == 200, answer.content
        return [each["environment"] for each in answer.json()["results"]]

    assert ids("") == ["staging", "production"]
    assert ids("environment=production&state=open&version=1.0.0") == ["production"]
    assert ids(f"model={made.model.slug}&system={made.system.slug}&limit=1") == ["staging"]
    assert ids("state=approved") == []
    assert client.get("/api/v1/approvals?state=odd").status_code == 422
    assert client.get("/api/v1/approvals?odd=1").status_code == 422


def test_a_list_asks_as_many_questions_for_many(made: Scene, django_assert_max_num_queries: Any) -> None:
    for environment in ("production", "staging", "development"):
        made.request(environment=environment)
    client = browser(made.owner)
    client.get("/api/v1/approvals")

    with django_assert_max_num_queries(14):
        client.get("/api/v1/approvals")


def test_wait_answers_at_once_when_decided(made: Scene) -> None:
    request = made.approved()

    answer = browser(made.owner).get(f"/api/v1/approvals/{request.pk}?wait=20")

    assert answer.json()["state"] == "approved"


def test_policies_are_published_by_a_second_person(made: Scene) -> None:
    writer, other = factories.person("compliance_officer"), factories.person("compliance_officer")
    stages = [{"name": "Both", "quorum": 2, "roles": ["risk_officer", "compliance_officer"]}]
    body = {"risk_class": "high_risk", "environment": "production", "stages": stages, "valid_days": 10}
    draft = post(browser(writer), "/approval-policies", body)
    assert (draft.status_code, draft.json()["state"], draft.json()["number"]) == (201, "draft", 1)
    address = f"/approval-policies/{draft.json()['id']}"

    own = post(browser(writer), f"{address}/publish", {})
    theirs = post(browser(other), f"{address}/publish", {})

    assert (own.status_code, own.json()["code"]) == (403, "NOT_PERMITTED")
    assert (theirs.status_code, theirs.json()["state"]) == (200, "published")
    assert made.request().policy["number"] == 1
    changed = browser(writer).put(f"/api/v1{address}", {"stages": stages}, content_type="application/json")
    assert (changed.status_code, changed.json()["code"]) == (409, "NOT_A_DRAFT")


def test_built_in_policies_are_listed_until_replaced(made: Scene) -> None:
    answer = browser(made.owner).get("/api/v1/approval-policies?environment=production&risk_class=high_risk")

    (policy,) = answer.json()["results"]
    assert (policy["number"], len(policy["stages"])) == (0, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"stages": []},
        {"stages": [{"name": "x"}]},
        {"stages": [{"name": "x", "roles": ["king"]}]},
        {"stages": [{"name": "x", "people": ["nobody@example.org"]}]},
        {"risk_class": "prohibited"},
        {"environment": "moon"},
        {"valid_days": 0},
        {"odd": 1},
    ],
)
def test_a_bad_policy_is_refused(change: dict[str, Any]) -> None:
    body = {
        "risk_class": "high_risk",
        "environment": "production",
        "stages": [{"name": "x", "roles": ["auditor"]}],
    }

    answer = post(browser(factories.person("compliance_officer")), "/approval-policies", body | change)

    assert answer.status_code == 422


def test_evidence_is_bound_and_its_next_revision_makes_stale(made: Scene) -> None:
    client = browser(made.owner)
    body = {"model": made.model.slug, "version": "1.0.0", "item": "test-report", "title": "Report"}
    first = post(client, "/evidence", body | {"filename": "r.txt", "content": "aGVsbG8="})
    assert (first.status_code, first.json()["revision"]) == (201, 1)
    request = made.approved()
    assert [each["item"] for each in request.bound["evidence"]] == ["test-report"]

    second = post(client, "/evidence", body | {"metric": {"recall": 0.9}})

    assert second.json()["revision"] == 2
    shown = client.get(f"/api/v1/approvals/{request.pk}").json()
    assert (shown["stale"], shown["in_force"]) == (True, False)
    assert [each["what"] for each in shown["changes"]] == ["evidence test-report"]
    file = client.get(f"/api/v1/evidence/{first.json()['id']}/file")
    assert (file.content, file["X-Content-Type-Options"]) == (b"hello", "nosniff")
    assert "attachment" in file["Content-Disposition"]


def test_what_is_said_about_the_system_is_reused_and_bound_where_asked_for(made: Scene) -> None:
    client = browser(made.owner)
    for item in ("human-oversight", "something-else"):
        post(
            client, "/evidence", {"system": made.system.slug, "item": item, "title": "T", "metric": {"a": 1}}
        )

    request = made.request()

    # The built-in policy of what is not classified asks for the first.
    assert [each["item"] for each in request.bound["evidence"]] == ["human-oversight"]


@pytest.mark.parametrize(
    "change",
    [
        {"item": "Not good"},
        {"metric": None},
        {"filename": "x"},
        {"content": "%%%", "metric": None, "filename": "x"},
        {"valid_until": "2001-01-01T00:00:00Z"},
        {"valid_until": "soon"},
        {"owner": "nobody@example.org"},
        {"system": None},
        {"odd": 1},
    ],
)
def test_bad_evidence_is_refused(made: Scene, change: dict[str, Any]) -> None:
    body = {"system": made.system.slug, "item": "a", "title": "T", "metric": {"a": 1}} | change

    assert post(browser(made.owner), "/evidence", body).status_code == 422


def test_a_waiver_has_a_second_person_and_an_end(made: Scene) -> None:
    soon = (timezone.now() + dt.timedelta(days=5)).isoformat()
    body = submission(made) | {"requirement": "revalidation", "reason": "r", "until": soon}
    proposed = post(browser(made.compliance), "/waivers", body)
    assert (proposed.status_code, proposed.json()["state"]) == (201, "proposed")
    address = f"/waivers/{proposed.json()['id']}"

    own = post(browser(made.compliance), f"{address}/approve", {})
    theirs = post(browser(factories.person("compliance_officer")), f"{address}/approve", {})

    assert own.status_code == 403
    assert theirs.json()["state"] == "approved"
    assert post(browser(made.compliance), f"{address}/refuse", {}).status_code == 403
    late = post(browser(factories.person("compliance_officer")), f"{address}/approve", {})
    assert (late.status_code, late.json()["code"]) == (409, "WAIVER_DECIDED")
    assert post(browser(made.compliance), f"{address}/end", {}).json()["state"] == "ended"


def test_a_delegation_lends_the_signature_and_never_around_independence(made: Scene) -> None:
    taker = factories.person(name="Taker")  # without a role there: the loan lets them see the request
    soon = (timezone.now() + dt.timedelta(days=5)).isoformat()
    body = {"role": "risk_officer", "system": made.system.slug, "ends_at": soon, "reason": "r"}
    lent = post(browser(made.risk), "/delegations", body | {"to": taker.email})
    assert lent.status_code == 201, lent.content
    chained = post(browser(taker), "/delegations", body | {"to": made.compliance.email, "system": None})
    assert chained.status_code == 403
    post(browser(made.risk), "/delegations", body | {"to": made.owner.email})
    path = f"/approvals/{made.request().pk}/signatures"

    assert post(browser(made.owner), path, verdict()).status_code == 403
    assert browser(taker).get("/api/v1/approvals").json()["results"][0]["system"] == made.system.slug
    signed = post(browser(taker), path, verdict())

    assert (signed.status_code, signed.json()["stage"]) == (201, 2)
    assert signed.json()["signatures"][0]["on_behalf_of"] == made.risk.name
    ended = post(browser(made.risk), f"/delegations/{lent.json()['id']}/end", {})
    assert ended.json()["in_force"] is False


def test_a_repeated_signature_is_answered_again_and_its_password_not_kept(made: Scene) -> None:
    request = made.request()
    path, client = f"/approvals/{request.pk}/signatures", browser(made.risk)

    first = post(client, path, verdict(), headers={"Idempotency-Key": "a"})
    second = post(client, path, verdict(), headers={"Idempotency-Key": "a"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotency-Replayed"] == "true"
    assert ApprovalRequest.objects.get().signatures.count() == 1
    wrong = post(browser(made.compliance), path, verdict(password="x"), headers={"Idempotency-Key": "b"})
    assert wrong.status_code == 401
    assert AccessAttempt.objects.get().failures_since_start >= 1
