"""Routing policies over REST: what each caller may, and what is said to the others."""

from typing import Any

import pytest

from governance.access.roles import Role
from registry.catalog.models import Model
from tests.registry.factories import Caller, caller, make_model, make_person, make_system, signed_in

pytestmark = pytest.mark.django_db

BODY = {"queue": "payments-inbox", "threshold": 0.85}
POLICIES = "/models/fraud-screen/policies"


@pytest.fixture
def model() -> Model:
    return make_model(make_system("payments"), "fraud-screen")


@pytest.fixture
def writer() -> Caller:
    return caller("policies:write")


def test_the_whole_life_of_a_policy(model: Model, writer: Caller) -> None:
    made = writer.post(POLICIES, BODY)
    assert made.status_code == 201
    assert made["Location"] == "/api/v1/models/fraud-screen/policies/1"
    assert made.json()["state"] == "draft"
    assert made.json()["number"] == 1

    changed = writer.put(f"{POLICIES}/1", {**BODY, "qa_rate": 0.02})
    assert (changed.status_code, changed.json()["qa_rate"]) == (200, 0.02)
    assert writer.put(f"{POLICIES}/1", {**BODY, "qa_rate": 0.02}).json() == changed.json()

    published = writer.post(f"{POLICIES}/1/publish")
    assert (published.status_code, published.json()["state"]) == (200, "published")
    assert writer.get(f"{POLICIES}/1").json() == published.json()

    for refused in (
        writer.post(f"{POLICIES}/1/publish"),
        writer.put(f"{POLICIES}/1", BODY),
        writer.delete(f"{POLICIES}/1"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "NOT_A_DRAFT")

    writer.post(POLICIES, BODY)
    assert writer.delete(f"{POLICIES}/2").status_code == 204
    assert writer.get(f"{POLICIES}/2").status_code == 404
    assert writer.delete(f"{POLICIES}/2").status_code == 404
    assert [each["number"] for each in writer.get(POLICIES).json()["results"]] == [1]


@pytest.mark.parametrize(
    ("said", "code", "pointer"),
    [
        ({}, "REQUIRED", "/queue"),
        ([], "NOT_AN_OBJECT", ""),
        ({**BODY, "queue": "other"}, "UNKNOWN_QUEUE", "/queue"),
        ({**BODY, "colour": 1}, "UNKNOWN_FIELD", "/colour"),
        ({**BODY, "class_thresholds": {"x": 1}}, "UNKNOWN_CLASS", "/class_thresholds/x"),
        ({**BODY, "reviewers": 2}, "NOT_AVAILABLE_YET", "/reviewers"),
        ({**BODY, "rules": [{"name": "large"}]}, "NOT_AVAILABLE_YET", "/rules"),
        ({**BODY, "guardrails": [{"name": "sum"}]}, "NOT_AVAILABLE_YET", "/guardrails"),
        ({**BODY, "mode": "blind"}, "NOT_AVAILABLE_YET", "/mode"),
        ({**BODY, "on_deadline": "reject"}, "NOT_AVAILABLE_YET", "/on_deadline"),
    ],
)
def test_says_what_is_wrong(model: Model, writer: Caller, said: Any, code: str, pointer: str) -> None:
    refused = writer.post(POLICIES, said)
    assert refused.status_code == 422
    errors = [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
    assert (pointer, code) in errors


def test_replay_says_that_it_is_not_there_yet(model: Model, writer: Caller) -> None:
    writer.post(POLICIES, BODY)
    refused = writer.post(f"{POLICIES}/1/replay", {"last": 10_000})
    assert (refused.status_code, refused.json()["code"]) == (422, "NOT_AVAILABLE_YET")
    assert writer.post(f"{POLICIES}/9/replay").status_code == 404


def test_publish_takes_no_members(model: Model, writer: Caller) -> None:
    writer.post(POLICIES, BODY)
    assert writer.post(f"{POLICIES}/1/publish", {"force": True}).json()["code"] == "UNKNOWN_FIELD"


ADDRESSES = [
    ("get", ""),
    ("post", ""),
    ("get", "/1"),
    ("put", "/1"),
    ("delete", "/1"),
    ("post", "/1/publish"),
    ("post", "/1/replay"),
]


def ask(who: Caller, method: str, path: str) -> Any:
    return getattr(who.client, method)(
        f"/api/v1{path}", **({} if method == "get" else {"data": {}, "content_type": "application/json"})
    )


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_a_foreign_model_answers_exactly_like_a_missing_one(
    model: Model, writer: Caller, method: str, path: str
) -> None:
    writer.post(POLICIES, BODY)
    mine = make_system("mine")
    for who in (caller("policies:write", on=[mine]), signed_in(make_person(Role.MODEL_OWNER, on=mine))):
        foreign = ask(who, method, f"{POLICIES}{path}")
        missing = ask(who, method, f"/models/nothing/policies{path}")
        assert (foreign.status_code, foreign.content) == (404, missing.content)


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_whoever_reaches_it_without_the_verb_gets_403(
    model: Model, writer: Caller, method: str, path: str
) -> None:
    writer.post(POLICIES, BODY)
    reader = signed_in(make_person(Role.RISK_OFFICER, on=model.system))
    assert ask(reader, method, f"{POLICIES}{path}").status_code == (200 if method == "get" else 403)
    assert ask(caller("outcomes:read"), method, f"{POLICIES}{path}").status_code == 403
    if method != "get":
        assert ask(caller("registry:write"), method, f"{POLICIES}{path}").status_code == 403


def test_a_model_owner_publishes_with_a_session(model: Model) -> None:
    owner = signed_in(make_person(Role.MODEL_OWNER, on=model.system))
    assert owner.post(POLICIES, BODY).status_code == 201
    assert owner.post(f"{POLICIES}/1/publish").status_code == 200


@pytest.mark.parametrize("n", ["0", "99999999999999999999", "9" * 5000, "-1", "x"])
def test_odd_numbers_are_not_there(model: Model, writer: Caller, n: str) -> None:
    assert writer.get(f"{POLICIES}/{n}").status_code == 404
