"""What a client may do wrong at every address, and what it is told: never a crash."""

import json
import math
from typing import Any

import pytest

from tests.contract.test_authentication import ADDRESSES, ID
from tests.contract.world import API, Desk, World, problem

MIB = 1024 * 1024
WRITING = [(method, path) for method, path in ADDRESSES if method in ("POST", "PUT", "PATCH")]
MALFORMED = [
    b"{", b"[", b"nonsense", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b'{"a": 1, "a": 2}',
    b'{"a": {"b": 1, "b": 2}}',
    b'{"a": "\\u0000"}', b'{"\\u0000": 1}', b'{"a": "\\ud800"}', b'{"a": "\xed\xa0\x80"}', b"{'a': 1}",
    b'{"a":' * 20_000, b"[" * 20_000, b'{"a": ' + b"[" * 70 + b"]" * 70 + b"}", b'{"a": 1}{"b": 2}',
]  # fmt: skip
ODD = [b"[]", b"7", b"null", b'"text"', b"true", b"1e999", b"NaN", b"[[]]", b"[{}]"]


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    return world.desk()


@pytest.fixture(scope="module")
def addresses(world: World, desk: Desk) -> list[tuple[str, str, str]]:
    """Every address that takes a body, of things that exist, and who may write there."""
    posted = world.waiting(desk)
    number = world.done("POST", f"/models/{desk.model}/policies", {"queue": desk.queue, "threshold": 1})[
        "number"
    ]
    found = []
    for method, path in WRITING:
        there = path.replace("/x", f"/{desk.model}").replace("policies/1", f"policies/{number}")
        there = there.replace("versions/1", "versions/1.0")
        there = there.replace(ID, posted["id"] if "/predictions/" in path else posted["review"]["id"])
        if path.startswith("/systems/"):
            there = f"/systems/{world.ours}"
        who = "manager" if "/reviews/" in path or "claim" in path else "root"
        if "/exports/" not in path:
            found.append((method, there, who))
    return found


def test_malformed_json(world: World, addresses: list[tuple[str, str, str]]) -> None:
    headers = {"Content-Type": "application/json"}
    for place, (method, path, who) in enumerate(addresses):
        for body in MALFORMED if path == "/systems" else MALFORMED[place % 3 :: 3]:
            answer = world.call(method, path, who, content=body, headers=headers)
            problem(answer, 422, "NOT_AVAILABLE_YET" if path.endswith("/replay") else "MALFORMED_JSON")


def test_other_json_than_an_object(world: World, addresses: list[tuple[str, str, str]]) -> None:
    headers = {"Content-Type": "application/json"}
    for method, path, who in addresses:
        for body in ODD[:4]:
            answer = world.call(method, path, who, content=body, headers=headers)
            assert answer.status_code == 422, (method, path, body, answer.status_code, answer.text)
            problem(answer, 422)


VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, 1e308, math.nan, "", "x", "x" * 5000, "\u202e<script>", "'; --", [], [1],
    [None], {}, {"a": 1},
    "2026-11-20T10:00:00Z", "9999-12-31T23:59:59.999999+23:59",
]  # fmt: skip
MEMBERS = (
    "slug", "name", "system", "purpose", "owners", "task", "output_schema", "input_schema", "class_field",
    "queue",
    "version", "artifacts", "training_data", "code", "parameters", "metrics", "slices", "card", "parent",
    "notes",
    "author", "threshold", "class_thresholds", "always_review", "qa_rate", "qa_blocks", "deadline_minutes",
    "rules",
    "guardrails", "reviewers", "mode", "on_deadline", "escalation_queue", "hold", "queues", "person",
    "reason",
    "token", "snooze_until", "draft", "submission_id", "verdict", "output", "reasons", "comment",
    "hold_seconds",
    "by", "model", "format", "through", "filter", "split", "drop", "pseudonymise", "external_id", "input",
    "last",
)  # fmt: skip


def test_hostile_members(world: World, addresses: list[tuple[str, str, str]]) -> None:
    """Every member of every body with values of every kind, all at once: refused with pointers, or done."""
    for method, path, who in addresses:
        for n in range(0, len(VALUES), 4):
            body = {name: VALUES[(n + shift) % len(VALUES)] for shift, name in enumerate(MEMBERS)}
            content = json.dumps(body).encode()
            answer = world.call(
                method, path, who, content=content, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (404, 409, 413, 422), (method, path, answer.status_code, answer.text)


def test_unknown_members(world: World, addresses: list[tuple[str, str, str]]) -> None:
    for method, path, who in addresses:
        if not path.endswith(("/replay", "/judgement", "/reviews/claim")) and "/reviews/" not in path:
            answer = world.call(method, path, who, json={"nobody": 1})
            problem(answer, 422, pointer="/nobody")


def test_large_bodies(world: World, addresses: list[tuple[str, str, str]]) -> None:
    body = json.dumps({"name": "x" * (3 * MIB)}).encode()
    for method, path, who in addresses:
        if not path.endswith("/replay"):
            answer = world.call(method, path, who, content=body, headers={"Content-Type": "application/json"})
            problem(answer, 413, "TOO_LARGE")
            if not path.startswith("/reviews"):
                problem(world.call(method, path, None, content=body), 401)


def test_media_types(world: World, addresses: list[tuple[str, str, str]]) -> None:
    for method, path, who in addresses:
        if path.endswith("/replay"):
            continue
        for media in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
            answer = world.call(method, path, who, content=b"a=1", headers={"Content-Type": media})
            problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_methods(world: World, addresses: list[tuple[str, str, str]]) -> None:
    by_path: dict[str, set[str]] = {}
    for method, path in ADDRESSES:
        by_path.setdefault(path, set()).add(method)
    for path, methods in by_path.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            if (method, path.rpartition("/")[0]) in (("DELETE", "/exports"),):
                continue
            if path == "/environments" and method in ("POST", "PATCH"):
                continue  # for people alone, so a key is told that first
            answer = world.call(method, path)
            problem(answer, 405, "METHOD_NOT_ALLOWED")
            assert methods <= set(answer.headers["allow"].replace(" ", "").split(",")), path


def test_addresses_that_are_none(world: World) -> None:
    for path in (
        "/predictions/", "/predictions/garbage", "/predictions/1/flag", "/reviews/garbage",
        "/exports/garbage",
        "/audit/events/garbage", "/models/x/policies/one", "/models/x/policies/-1", "/nothing", "/",
        "/models/x/policies/99999999999999999999", "/models/%00", "/systems/%00", "/queues/%00",
        "/models/x/versions/%00",
        "/systems/%ff", "/models/..%2f..", "/systems/" + "x" * 3000,
        f"/exports/{ID}/files/..%2f..%2fetc%2fpasswd",
        f"/exports/{ID}/files/%00",
    ):  # fmt: skip
        problem(world.get(path), 404, "NOT_FOUND")
    problem(world.http.get(f"{API}"), 404)


LISTS = ["/systems", "/models", "/queues", "/reviews", "/exports"]
FEEDS = ["/outcomes", "/labels", "/audit/events"]


def test_query_parameters(world: World, desk: Desk) -> None:
    number = f"/models/{desk.model}/policies/1"
    for path in (*LISTS, *FEEDS, f"/models/{desk.model}/policies", number, f"/systems/{world.ours}"):
        problem(world.get(path, params={"nobody": "1"}), 422, pointer="/nobody")
    for path in (*LISTS, *FEEDS, f"/models/{desk.model}/policies", f"/models/{desk.model}/versions"):
        for limit in (
            "0",
            "501",
            *(("-1", "abc", "", "1.5", "1e3", "9" * 30, "٣") if path == "/systems" else ()),
        ):
            problem(world.get(path, params={"limit": limit}), 422, pointer="/limit")
        assert world.get(path, params={"limit": "500"}).status_code == 200
    for path in (*LISTS, f"/models/{desk.model}/policies", f"/models/{desk.model}/versions"):
        for cursor in ("garbage", "é", "A" * 5000, "\x00"):
            problem(world.get(path, params={"cursor": cursor}), 422, pointer="/cursor")
    for path in FEEDS:
        for after in ("garbage", "é", "A" * 5000, "\x00"):
            problem(world.get(path, params={"after": after}), 422, pointer="/after")
        for wait in ("abc", "-1", "nan", "inf", ""):
            problem(world.get(path, params={"wait": wait}), 422, pointer="/wait")
    posted = world.waiting(desk)
    for wait in ("abc", "-1", "nan"):
        problem(world.get(f"/predictions/{posted['id']}", params={"wait": wait}), 422, pointer="/wait")


def test_filters(world: World, desk: Desk) -> None:
    for path, name, values in (
        ("/reviews", "state", ("nobody", "")),
        ("/reviews", "decided_after", ("yesterday", "", "9999-99-99")),
        ("/reviews", "changed", ("maybe", "1", "")),
        ("/audit/events", "entity", ("garbage", "prediction", "prediction:1", "")),
        ("/outcomes", "include", ("everything", "")),
    ):
        for value in values:
            problem(world.get(path, params={name: value}), 422, pointer=f"/{name}")
    for name in ("queue", "model", "external_id", "reviewer"):
        for value in ("nobody", "'; --", "\u202e", ID):
            assert world.done("GET", f"/reviews?{name}={value}")["results"] == []
