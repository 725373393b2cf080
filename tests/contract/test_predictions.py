"""Predictions: the answer, what is the same, what goes to a person and what is refused."""

import json
import re
import uuid
from typing import Any

import httpx
import pytest

from tests.contract.world import INPUT_SCHEMA, NDJSON, Desk, World, check_problem, problem, unique

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    return world.desk(
        {"class_thresholds": {"fraud": 0.95}, "always_review": ["blocked"]}, input_schema=INPUT_SCHEMA
    )


def post(world: World, body: bytes, **headers: str) -> httpx.Response:
    return world.post("/predictions", content=body, headers={"Content-Type": "application/json", **headers})


def test_accepted(world: World, desk: Desk) -> None:
    sent = desk.prediction()
    answer = world.post("/predictions", sent, "predictions:write")
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) >= {
        "id",
        "external_id",
        "status",
        "decision",
        "routing",
        "review",
        "outcome",
        "warnings",
    }
    assert UUID7.fullmatch(body["id"])
    assert answer.headers["location"].endswith(f"/api/v1/predictions/{body['id']}")
    assert (
        world.get(answer.headers["location"].removeprefix("/api/v1"), "predictions:write").status_code == 200
    )
    assert (body["status"], body["decision"], body["review"]) == ("final", "accept", None)
    assert body["routing"] == {"policy": desk.model, "policy_version": 1, "reasons": [], "propensity": 0.0}
    assert [warning.partition(":")[0] for warning in body["warnings"]] == ["UNCLASSIFIED"]
    decided_at = body["outcome"].pop("decided_at")
    assert TIME.fullmatch(decided_at)
    assert body["outcome"] == {"version": 1, "output": {"label": "ok"}, "source": "model", "changed": False}


def test_reviewed(world: World, desk: Desk) -> None:
    answer = world.post("/predictions", desk.prediction(confidence=0.61))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["decision"], body["outcome"]) == ("pending", "review", None)
    assert body["routing"]["reasons"] == ["LOW_CONFIDENCE"]
    assert body["routing"]["propensity"] == 1.0
    assert set(body["review"]) == {"id", "queue", "state", "due_at"}
    assert body["review"]["queue"] == desk.queue
    assert body["review"]["state"] == "waiting"
    assert TIME.fullmatch(body["review"]["due_at"])


@pytest.mark.parametrize(
    ("members", "reasons"),
    [
        ({"confidence": 0.85}, []),
        ({"confidence": 0.8499999}, ["LOW_CONFIDENCE"]),
        ({"confidence": 0}, ["LOW_CONFIDENCE"]),
        ({"confidence": 1}, []),
        ({"output": {"label": "fraud"}, "confidence": 0.94}, ["LOW_CONFIDENCE"]),
        ({"output": {"label": "fraud"}, "confidence": 0.95}, []),
        ({"output": {"label": "blocked"}, "confidence": 1.0}, ["CLASS_ALWAYS_REVIEWED"]),
    ],
)
def test_thresholds(world: World, desk: Desk, members: dict[str, Any], reasons: list[str]) -> None:
    body = world.done("POST", "/predictions", desk.prediction(**members))
    assert body["routing"]["reasons"] == reasons
    assert body["decision"] == ("review" if reasons else "accept")


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"model": ...}, "/model"),
        ({"model": None}, "/model"),
        ({"model": 7}, "/model"),
        ({"version": ...}, "/version"),
        ({"version": 3.2}, "/version"),
        ({"external_id": ...}, "/external_id"),
        ({"external_id": ""}, "/external_id"),
        ({"external_id": 7}, "/external_id"),
        ({"external_id": "x" * 201}, "/external_id"),
        ({"input": ...}, "/input"),
        ({"input": None}, "/input"),
        ({"input": []}, "/input"),
        ({"input": "text"}, "/input"),
    ],
)
def test_refused_members(world: World, desk: Desk, members: dict[str, Any], pointer: str) -> None:
    problem(world.post("/predictions", desk.prediction(**members)), 422, pointer=pointer)
    line = json.loads(world.batch([desk.prediction(**members)]).text)
    check_problem(line["error"], 422, pointer=pointer)


def test_unknown_and_foreign_models_are_the_same(world: World, desk: Desk) -> None:
    unknown = world.post("/predictions", desk.prediction(model="nobody"), "ours")
    foreign = world.post("/predictions", desk.prediction(), "foreign")
    there = problem(unknown, 404, "UNKNOWN_MODEL")["detail"].replace("nobody", desk.model)
    assert there == problem(foreign, 404, "UNKNOWN_MODEL")["detail"]
    check_problem(json.loads(world.batch([desk.prediction()], "foreign").text)["error"], 404, "UNKNOWN_MODEL")


@pytest.mark.parametrize("external_id", ["x" * 199, "é" * 150, "\U0001f600" * 199, " ", "a/b?c#d", "\u202e"])
def test_external_ids(world: World, desk: Desk, external_id: str) -> None:
    external_id = external_id[:-1] + unique("")[-1] if len(external_id) > 1 else external_id
    answer = world.post("/predictions", desk.prediction(external_id=external_id))
    assert answer.status_code == 201
    assert answer.json()["external_id"] == external_id
    found = world.get("/predictions", params={"model": desk.model, "external_id": external_id})
    assert found.json()["id"] == answer.json()["id"]


def test_the_same_content_again(world: World, desk: Desk) -> None:
    sent = desk.prediction(
        input={"amount": 1200, "a": [1, 2]}, segment={"country": "DE"}, usage={"cost": 1.0}
    )
    first = world.post("/predictions", sent)
    spelled = json.dumps(dict(reversed(sent.items()))).replace("1200", "1.2e3").replace("[1, 2]", "[1.0, 2]")
    for again in (
        spelled.encode(),
        json.dumps({**sent, "usage": {"cost": 2}, "correlation": {"any": 1}}).encode(),
        json.dumps({**sent, "environment": "production", "training_use": True, "subject": None}).encode(),
    ):
        answer = post(world, again)
        assert answer.status_code == 200, answer.text
        assert answer.json()["id"] == first.json()["id"]
        assert answer.json() == first.json()
    for other in (
        {"confidence": 0.98},
        {"output": {"label": "fraud"}},
        {"input": {"amount": 1201}},
        {"version": "2"},
    ):
        problem(world.post("/predictions", {**sent, **other}), 409, "EXTERNAL_ID_CONFLICT")
    lines = world.batch([sent, {**sent, "confidence": 0.5}, b"", b"  ", sent]).text.splitlines()
    assert [json.loads(line)["line"] for line in lines] == [0, 1, 4]
    assert json.loads(lines[0])["id"] == first.json()["id"]
    check_problem(json.loads(lines[1])["error"], 409, "EXTERNAL_ID_CONFLICT")


def test_unique_for_all_callers(world: World, desk: Desk) -> None:
    sent = desk.prediction()
    first = world.post("/predictions", sent, "predictions:write")
    second = world.post("/predictions", sent, "owned")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_lines(world: World, desk: Desk) -> None:
    good, bad = desk.prediction(), desk.prediction(model=...)
    answer = world.batch([good, bad, desk.prediction(confidence=0.1), b"\r"])
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == NDJSON
    first, second, third = (json.loads(line) for line in answer.text.splitlines())
    assert set(first) == {"line", "id", "external_id", "decision", "status", "reasons"}
    assert (first["line"], first["decision"], first["status"], first["reasons"]) == (0, "accept", "final", [])
    assert first["external_id"] == good["external_id"]
    assert set(second) == {"line", "error"}
    assert (third["line"], third["decision"], third["reasons"]) == (2, "review", ["LOW_CONFIDENCE"])
    assert world.batch([]).status_code == 200
    assert world.batch([]).content == b""


def test_reading_back(world: World, desk: Desk) -> None:
    sent = desk.prediction(
        confidence=0.5,
        scores={"ok": 0.5, "fraud": 0.5},
        explanation={"features": [{"name": "amount", "value": 1, "contribution": 0.31}]},
        correlation={"any": "thing"},
        subject="customer-77",
    )
    posted = world.done("POST", "/predictions", sent, "ours")
    answer = world.get(f"/predictions/{posted['id']}", "ours")
    body = answer.json()
    for member in ("id", "external_id", "status", "decision", "routing", "review", "outcome", "warnings"):
        assert body[member] == posted[member]
    for member in (
        "model",
        "version",
        "input",
        "output",
        "confidence",
        "scores",
        "explanation",
        "correlation",
    ):
        assert body[member] == sent[member]
    assert (body["outcomes"], body["judgements"]) == ([], [])
    assert "customer-77" not in answer.text
    etag = answer.headers["etag"]
    again = world.get(f"/predictions/{posted['id']}", "ours", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert world.get(f"/predictions/{posted['id']}", headers={"If-None-Match": '"x"'}).status_code == 200


SEEN = {
    "ours": True, "labels:read": True, "manager": True, "second": True,
    "predictions:write": False, "outcomes:read": False, "auditor": False, "owner": False,
}  # fmt: skip
"""Who sees what was posted while it waits: whose key it was, who takes labels, who may review it."""


def test_what_each_caller_sees(world: World, desk: Desk) -> None:
    posted = world.waiting(desk, "ours")
    for who, sees in SEEN.items():
        body = world.done("GET", f"/predictions/{posted['id']}", who=who)
        assert body["status"] == "pending"
        assert ("input" in body) is sees, who


def test_not_there(world: World, desk: Desk) -> None:
    posted = world.waiting(desk)
    missing = problem(world.get(f"/predictions/{uuid.uuid4()}", "foreign"), 404, "NOT_FOUND")
    assert problem(world.get(f"/predictions/{posted['id']}", "foreign"), 404, "NOT_FOUND") == missing
    by_name = {"model": desk.model, "external_id": posted["external_id"]}
    assert problem(world.get("/predictions", "foreign", params=by_name), 404, "NOT_FOUND") == missing
    problem(world.get("/predictions", params={"model": desk.model, "external_id": "nobody"}), 404)
    problem(world.get("/predictions", params={"model": "nobody", "external_id": "nobody"}), 404)
    problem(world.get("/predictions", params={"model": desk.model}), 422, pointer="/external_id")
    problem(world.get("/predictions/garbage"), 404)
    problem(world.get("/predictions", params={"model": desk.model, "external_id": "\x00"}), 422)


def test_classes_of_an_array(world: World) -> None:
    schema = {
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}},
            "kind": {"type": "integer"},
        },
    }
    policy = {"class_thresholds": {"a": 0.99, "b": 0.5}, "always_review": ["c"]}
    desk = world.desk(policy, output_schema=schema, class_field="tags")
    for tags, reasons in (
        (["b"], []),
        (["a", "b"], ["LOW_CONFIDENCE"]),
        (["b", "c"], ["CLASS_ALWAYS_REVIEWED"]),
        ([], ["LOW_CONFIDENCE"]),
        (["nobody"], ["FAILSAFE_OUTPUT"]),
    ):
        body = world.done("POST", "/predictions", desk.prediction(output={"tags": tags}, confidence=0.8))
        assert set(reasons) <= set(body["routing"]["reasons"]), (tags, body)
        assert (body["decision"] == "review") is bool(reasons)
    assert (
        world.done("POST", "/predictions", desk.prediction(output={"kind": 1}, confidence=0.9))["decision"]
        == "accept"
    )
    assert (
        world.done("POST", "/predictions", desk.prediction(output={"kind": 1}, confidence=0.8))["decision"]
        == "review"
    )
