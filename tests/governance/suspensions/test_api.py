"""Suspensions over REST: what each caller may, and what is said to the others."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.access.roles import Role
from governance.suspensions import facts
from tests.registry.factories import (
    Caller,
    caller,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)

pytestmark = pytest.mark.django_db

VERSION = {"model": "fraud-screen", "version": "1.0", "reason": "It drifts."}
LIFT = {"reason": "Mended."}


@pytest.fixture(autouse=True)
def ground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.suspensions.notifications.tell", lambda: None)
    make_version(make_model(make_system("payments"), "fraud-screen"), "1.0")


@pytest.fixture
def officer() -> Caller:
    return signed_in(make_person(Role.COMPLIANCE_OFFICER))


def lift_path(response: Any) -> str:
    return str(response["Location"].removeprefix("/api/v1")) + "/lift"


@pytest.mark.parametrize(
    ("body", "target"),
    [
        (VERSION, ("payments", "fraud-screen", "1.0")),
        ({"model": "fraud-screen", "reason": "It drifts."}, ("payments", "fraud-screen", None)),
        ({"system": "payments", "reason": "It drifts."}, ("payments", None, None)),
    ],
)
def test_suspends_reads_and_lifts(officer: Caller, body: dict[str, str], target: tuple[Any, ...]) -> None:
    made = officer.post("/suspensions", body)

    assert made.status_code == 201
    said = made.json()
    assert (said["system"], said["model"], said["version"]) == target
    assert (said["state"], said["reason"], said["lifted_at"]) == ("live", "It drifts.", None)
    assert officer.get(made["Location"].removeprefix("/api/v1")).json() == said
    assert officer.post("/suspensions", body).json()["code"] == "ALREADY_SUSPENDED"
    lifted = officer.post(lift_path(made), LIFT)
    assert (lifted.status_code, lifted.json()["state"]) == (200, "lifted")
    assert officer.post(lift_path(made), LIFT).json()["code"] == "ALREADY_LIFTED"
    assert [row["id"] for row in officer.get("/suspensions?live=false").json()["results"]] == [said["id"]]
    assert officer.get("/suspensions?live=true&system=payments").json()["results"] == []


def test_a_lifting_waits_for_its_approval(officer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "class_of", lambda system_id: "high_risk")
    made = officer.post("/suspensions", VERSION)

    refused = officer.post(lift_path(made), LIFT)

    assert (refused.status_code, refused.json()["code"]) == (409, "LIFT_NOT_APPROVED")
    monkeypatch.setattr(facts, "lifting_is_approved", lambda suspension_id, now: True)
    assert officer.post(lift_path(made), LIFT).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/model", "/reason"}),
        ({"system": "payments", "model": "fraud-screen", "reason": "r"}, {"/system"}),
        ({"model": "fraud-screen", "reason": " ", "until": "noon"}, {"/reason", "/until"}),
        ({"model": 7, "version": [], "reason": "x" * 2001}, {"/model", "/version", "/reason"}),
    ],
)
def test_refuses_what_cannot_be_kept_all_at_once(officer: Caller, body: Any, pointers: set[str]) -> None:
    response = officer.post("/suspensions", body)

    assert response.status_code == 422
    assert {error["pointer"] for error in response.json()["errors"]} == pointers


def test_foreign_is_as_good_as_missing(officer: Caller) -> None:
    made = officer.post("/suspensions", VERSION)
    stranger = signed_in(make_person(Role.COMPLIANCE_OFFICER, on=make_system()))
    nowhere = "/suspensions/01900000-0000-7000-8000-000000000000"

    for path in ("", "/lift"):
        ask = stranger.post if path else stranger.get
        foreign = ask(made["Location"].removeprefix("/api/v1") + path)
        missing = ask(nowhere + path)
        assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
        assert foreign.status_code == 404
    for body in ({"system": "payments"}, {"model": "fraud-screen"}):
        said = [
            stranger.post("/suspensions", {**each, "reason": "r"})
            for each in (body, dict.fromkeys(body, "no-such"))
        ]
        assert [each.status_code for each in said] == [404, 404]
        assert said[0].content == said[1].content
    assert stranger.get("/suspensions").json()["results"] == []


def test_inside_without_the_right_is_forbidden(officer: Caller) -> None:
    made = officer.post("/suspensions", VERSION)

    for other in (signed_in(make_person(Role.REVIEWER)), caller("registry:write")):
        assert other.get(made["Location"].removeprefix("/api/v1")).status_code == 200
        assert other.post("/suspensions", {"system": "payments", "reason": "r"}).status_code == 403
        assert other.post(lift_path(made), LIFT).status_code == 403
    assert caller("labels:read").get("/suspensions").status_code == 403


def test_a_list_takes_the_same_queries_whatever_its_length(officer: Caller) -> None:
    officer.post("/suspensions", VERSION)
    with CaptureQueriesContext(connection) as few:
        officer.get("/suspensions")
    for n in range(5):
        make_version(make_model(slug=f"model-of-{n}"), "1")
        assert officer.post("/suspensions", {"model": f"model-of-{n}", "reason": "r"}).status_code == 201

    with CaptureQueriesContext(connection) as many:
        assert len(officer.get("/suspensions").json()["results"]) == 6

    assert len(many) == len(few)
