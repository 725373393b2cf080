"""Deployments over REST: what each caller may, and what is said to the others."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.access.roles import Role
from tests.registry.factories import (
    Caller,
    caller,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)
from tests.registry.gates import gate

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer() -> Caller:
    model = make_model(make_system("payments"), "fraud-screen")
    make_version(model, "1.0")
    make_version(model, "2.0")
    return caller("registry:write")


def ask(version: str, **more: str) -> dict[str, str]:
    return {"model": "fraud-screen", "version": version, "environment": "production", **more}


ROLLBACK = {"model": "fraud-screen", "environment": "production"}


def test_deploys_reads_and_rolls_back(writer: Caller) -> None:
    with gate():
        first = writer.post("/deployments", ask("1.0"))
        second = writer.post("/deployments", ask("2.0"))
        back = writer.post("/deployments/rollback", ROLLBACK)

    assert first.status_code == second.status_code == back.status_code == 201
    said = first.json()
    assert said["gate"] == {"decision": "allow", "reasons": []}
    assert (said["number"], said["kind"], said["live"], said["ended_at"]) == (1, "deploy", True, None)
    assert second.json()["rolls_back_to"] == "1.0"
    assert (back.json()["version"], back.json()["kind"]) == ("1.0", "rollback")
    assert writer.get(first["Location"].removeprefix("/api/v1")).json()["live"] is False
    rows = writer.get("/deployments?model=fraud-screen&environment=production").json()["results"]
    assert [row["number"] for row in rows] == [3, 2, 1]
    for query, number in (
        ("live=true", 3),
        (f"at={second.json()['deployed_at']}", 2),
        ("at=" + second.json()["deployed_at"].replace("Z", "%2B00:00"), 2),
    ):
        (row,) = writer.get(f"/deployments?system=payments&{query}").json()["results"]
        assert row["number"] == number
    assert writer.get("/deployments?at=2000-01-01T00:00:00Z").json()["results"] == []


def test_a_denial_says_why(writer: Caller) -> None:
    with gate(otherwise="deny"):
        refused = writer.post("/deployments", ask("1.0"))

    assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
    said = refused.json()
    assert said["code"] == "GATE_DENIED"
    assert said["reasons"] == [{"code": "NOT_SIGNED", "detail": "fraud-screen 1.0 lacks a signature."}]
    assert "lacks a signature" in said["detail"]
    assert writer.get("/deployments").json()["results"] == []


def test_nobody_may_now(writer: Caller) -> None:
    assert writer.post("/deployments/rollback", ROLLBACK).json()["code"] == "NOTHING_TO_ROLL_BACK_TO"
    with gate():
        writer.post("/deployments", ask("1.0"))
        again = writer.post("/deployments", ask("1.0"))
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_LIVE")


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({}, "/model", "REQUIRED"),
        ({}, "/environment", "REQUIRED"),
        (ask("1.0", colour="red"), "/colour", "UNKNOWN_FIELD"),
        (ask("1.0", environment="moon"), "/environment", "UNKNOWN_ENVIRONMENT"),
        (ask("1.0", environment="x" * 201), "/environment", "TOO_LONG"),
    ],
)
def test_says_what_is_wrong(writer: Caller, said: Any, pointer: str, code: str) -> None:
    refused = writer.post("/deployments", said)
    assert refused.status_code == 422
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in refused.json()["errors"]]


@pytest.mark.parametrize(
    "query", ["at=yesterday", "at=2026-01-01T10:00:00", "live=1", "colour=red", "at=9999-99-99T00:00:00Z"]
)
def test_refuses_a_query_that_means_nothing(writer: Caller, query: str) -> None:
    assert writer.get(f"/deployments?{query}").status_code == 422


def test_a_version_that_is_not_there(writer: Caller) -> None:
    assert writer.post("/deployments", ask("9.0")).status_code == 404


def test_a_foreign_model_answers_exactly_like_a_missing_one(writer: Caller) -> None:
    mine = make_system()
    for who in (caller("registry:write", on=[mine]), signed_in(make_person(Role.MODEL_OWNER, on=mine))):
        foreign = who.post("/deployments", ask("1.0"))
        missing = who.post("/deployments", {**ask("1.0"), "model": "nothing"})
        assert (foreign.status_code, foreign.content) == (404, missing.content)
        assert who.get("/deployments?model=fraud-screen").json()["results"] == []


def test_an_owner_deploys_and_a_reader_does_not(writer: Caller) -> None:
    from registry.systems.models import AISystem

    system = AISystem.objects.get(slug="payments")
    with gate():
        owner = signed_in(make_person(Role.MODEL_OWNER, on=system))
        reader = signed_in(make_person(Role.RISK_OFFICER, on=system))
        assert reader.post("/deployments", ask("1.0")).status_code == 403
        assert owner.post("/deployments", ask("1.0")).status_code == 201
    assert len(reader.get("/deployments").json()["results"]) == 1


def test_the_list_takes_as_many_queries_for_many_rows_as_for_one(writer: Caller) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert writer.get("/deployments").status_code == 200
        return len(captured)

    with gate():
        writer.post("/deployments", ask("1.0"))
        queries()
        before = queries()
        for version in ("2.0", "1.0", "2.0"):
            writer.post("/deployments", ask(version))
    assert queries() == before
