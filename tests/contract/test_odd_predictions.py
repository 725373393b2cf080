"""Predictions that something is wrong with: which go to a person, and which are refused."""

import gzip
import json
import re
from typing import Any

import httpx
import pytest

from tests.contract.world import INPUT_SCHEMA, NDJSON, Desk, World, check_problem, problem

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    return world.desk(
        {"class_thresholds": {"fraud": 0.95}, "always_review": ["blocked"]}, input_schema=INPUT_SCHEMA
    )


def post(world: World, body: bytes, **headers: str) -> httpx.Response:
    return world.post("/predictions", content=body, headers={"Content-Type": "application/json", **headers})


ODD = [
    ('"confidence": null', "FAILSAFE_CONFIDENCE"),
    ('"confidence": "0.9"', "FAILSAFE_CONFIDENCE"),
    ('"confidence": true', "FAILSAFE_CONFIDENCE"),
    ('"confidence": []', "FAILSAFE_CONFIDENCE"),
    ('"confidence": NaN', "FAILSAFE_CONFIDENCE"),
    ('"confidence": Infinity', "FAILSAFE_CONFIDENCE"),
    ('"confidence": -Infinity', "FAILSAFE_CONFIDENCE"),
    ('"confidence": -0.0001', "FAILSAFE_CONFIDENCE"),
    ('"confidence": 1.0001', "FAILSAFE_CONFIDENCE"),
    ('"confidence": 1e999', "FAILSAFE_CONFIDENCE"),
    ('"confidence": ' + "9" * 400, "FAILSAFE_CONFIDENCE"),
    ('"output": null', "FAILSAFE_OUTPUT"),
    ('"output": {}', "FAILSAFE_OUTPUT"),
    ('"output": "ok"', "FAILSAFE_OUTPUT"),
    ('"output": ["ok"]', "FAILSAFE_OUTPUT"),
    ('"output": {"label": "nobody"}', "FAILSAFE_OUTPUT"),
    ('"output": {"label": 1}', "FAILSAFE_OUTPUT"),
    ('"output": {"label": ["ok"]}', "FAILSAFE_OUTPUT"),
    ('"output": {"label": "ok", "more": 1}', "FAILSAFE_OUTPUT"),
    ('"output": {"label": "ok", "amount": NaN}', "FAILSAFE_OUTPUT"),
    ('"output": {"label": "ok", "amount": "1"}', "FAILSAFE_OUTPUT"),
    ('"scores": {"ok": NaN}', "FAILSAFE_OUTPUT"),
    ('"scores": {"ok": -Infinity}', "FAILSAFE_OUTPUT"),
    ('"scores": ["ok"]', "FAILSAFE_OUTPUT"),
    ('"scores": {"ok": "much"}', "FAILSAFE_OUTPUT"),
    ('"input": {}', "FAILSAFE_INPUT"),
    ('"input": {"amount": "much"}', "FAILSAFE_INPUT"),
    ('"input": {"amount": NaN}', "FAILSAFE_INPUT"),
    ('"input": {"amount": 1e400}', "FAILSAFE_INPUT"),
    ('"input": {"amount": 1, "big": ' + "1" * 400 + "}", "FAILSAFE_INPUT"),
    ('"segment": {"country": Infinity}', "FAILSAFE_INPUT"),
    ('"segment": {"country": 1e400}', "FAILSAFE_INPUT"),
    ('"segment": {"country": {"code": "DE"}}', "FAILSAFE_INPUT"),
    ('"segment": "DE"', "FAILSAFE_INPUT"),
    ('"signals": {"grounding": "low"}', "FAILSAFE_INPUT"),
    ('"signals": {"grounding": NaN}', "FAILSAFE_INPUT"),
    ('"signals": []', "FAILSAFE_INPUT"),
    ('"explanation": "because"', "FAILSAFE_INPUT"),
    ('"training_use": "no"', "FAILSAFE_INPUT"),
    ('"subject": 7', "FAILSAFE_INPUT"),
    ('"occurred_at": "yesterday"', "FAILSAFE_INPUT"),
    ('"usage": "much"', "FAILSAFE_INPUT"),
    ('"version": "9.9.9"', "FAILSAFE_VERSION"),
    ('"version": ""', "FAILSAFE_VERSION"),
    ('"environment": "the moon"', "FAILSAFE_ENVIRONMENT"),
    ('"environment": 7', "FAILSAFE_ENVIRONMENT"),
    ('"environment": null', "FAILSAFE_ENVIRONMENT"),
]
"""What is odd about a body, spelled as posted, and the reason it is given."""


def with_member(desk: Desk, member: str) -> bytes:
    """A good body in which this member, as JSON text, stands instead of the one of that name."""
    name = json.loads("[" + member.partition(":")[0] + "]")[0]
    body = json.dumps(desk.prediction(**{name: ...}))
    return (body[:-1] + ", " + member + "}").encode()


def test_the_odd_goes_to_a_person(world: World, desk: Desk) -> None:
    bodies = [with_member(desk, member) for member, _ in ODD]
    lines = world.batch([with_member(desk, member) for member, _ in ODD])
    assert lines.status_code == 200
    for (member, reason), body, text in zip(ODD, bodies, lines.text.splitlines(), strict=True):
        answer = post(world, body)
        assert answer.status_code == 201, (member, answer.text)
        for kept, reasons in (
            (answer.json(), answer.json()["routing"]["reasons"]),
            (json.loads(text), json.loads(text)["reasons"]),
        ):
            assert reason in reasons, (member, kept)
            assert (kept["decision"], kept["status"]) == ("review", "pending"), (member, kept)


@pytest.mark.parametrize(
    ("members", "reason"),
    [({"confidence": ...}, "FAILSAFE_CONFIDENCE"), ({"output": ...}, "FAILSAFE_OUTPUT")],
)
def test_the_absent_goes_to_a_person(world: World, desk: Desk, members: Any, reason: str) -> None:
    assert world.waiting(desk, **{"confidence": 0.99, **members})["routing"]["reasons"] == [reason]


def test_without_a_policy_all_goes_to_a_person(world: World) -> None:
    desk = world.desk(publish=False)
    body = world.waiting(desk, confidence=1.0)
    assert body["routing"] == {
        "policy": None,
        "policy_version": None,
        "reasons": ["FAILSAFE_POLICY"],
        "propensity": 1.0,
    }
    assert body["review"]["queue"] == desk.queue


REFUSED = [
    (b"", 422, "MALFORMED_JSON"),
    (b"{", 422, "MALFORMED_JSON"),
    (b"nonsense", 422, "MALFORMED_JSON"),
    (b"\xff\xfe", 422, "MALFORMED_JSON"),
    (b"\xef\xbb\xbf{}", 422, "MALFORMED_JSON"),
    (b'{"model": "a", "model": "a"}', 422, "MALFORMED_JSON"),
    (b'{"input": {"a": 1, "a": 2}}', 422, "MALFORMED_JSON"),
    (b'{"input": {"a": 1, "\\u0061": 2}}', 422, "MALFORMED_JSON"),
    (b'{"model": "a\\u0000"}', 422, "MALFORMED_JSON"),
    (b'{"model": "a\x00"}', 422, "MALFORMED_JSON"),
    (b'{"input": {"\\u0000": 1}}', 422, "MALFORMED_JSON"),
    (b'{"model": "\\ud800"}', 422, "MALFORMED_JSON"),
    (b'{"input": {"\\udfff": 1}}', 422, "MALFORMED_JSON"),
    (b'{"model": "\xed\xa0\x80"}', 422, "MALFORMED_JSON"),
    (b'{"input": ' + b"[" * 64 + b"]" * 64 + b"}", 422, "MALFORMED_JSON"),
    (b"[" * 100_000, 422, "MALFORMED_JSON"),
    (b'{"a":' * 100_000, 422, "MALFORMED_JSON"),
    (b"{'model': 1}", 422, "MALFORMED_JSON"),
    (b'{"model": 1,}', 422, "MALFORMED_JSON"),
    (b'{"model": 01}', 422, "MALFORMED_JSON"),
    (b"{} {}", 422, "MALFORMED_JSON"),
    (b"[]", 422, None),
    (b"7", 422, None),
    (b'"text"', 422, None),
    (b"null", 422, None),
    (b"{}", 422, None),
]


def test_malformed(world: World) -> None:
    for body, status, code in REFUSED:
        problem(post(world, body), status, code)
    lines = [(body, code) for body, _, code in REFUSED if body]
    answers = [json.loads(line) for line in world.batch([body for body, _ in lines]).text.splitlines()]
    assert [answer["line"] for answer in answers] == list(range(len(lines)))
    for (_, code), answer in zip(lines, answers, strict=True):
        assert set(answer) == {"line", "error"}
        check_problem(answer["error"], 422, code)


def test_unknown_members(world: World, desk: Desk) -> None:
    problem(world.post("/predictions", desk.prediction(confidance=0.9)), 422, "UNKNOWN_FIELD", "/confidance")
    line = json.loads(world.batch([desk.prediction(**{"a/b~": 0.9})]).text)
    check_problem(line["error"], 422, "UNKNOWN_FIELD", "/a~1b~0")


def test_gzip(world: World, desk: Desk) -> None:
    packed = gzip.compress(json.dumps(desk.prediction()).encode())
    for media, status in (("application/json", 201), (NDJSON, 200)):
        answer = post(world, packed, **{"Content-Type": media, "Content-Encoding": "gzip"})
        assert answer.status_code == status, answer.text
    problem(post(world, b"no gzip", **{"Content-Encoding": "gzip"}), 422)
    problem(post(world, packed[:-9], **{"Content-Encoding": "gzip"}), 422)
    problem(post(world, packed, **{"Content-Encoding": "br"}), 415, "UNSUPPORTED_MEDIA_TYPE")


def test_sizes(world: World, desk: Desk) -> None:
    def body(size: int) -> bytes:
        text = json.dumps(desk.prediction(input={"amount": 1, "text": ""})).encode()
        return text.replace(b'"text": ""', b'"text": "' + b"x" * (size - len(text)) + b'"')

    assert len(body(MIB)) == MIB
    assert post(world, body(MIB)).status_code == 201
    problem(post(world, body(MIB + 1)), 413)
    problem(post(world, body(3 * MIB)), 413)
    lines = [json.loads(line) for line in world.batch([body(MIB), body(MIB + 1)]).text.splitlines()]
    assert "id" in lines[0]
    check_problem(lines[1]["error"], 413)
    problem(post(world, gzip.compress(b" " * (40 * MIB)), **{"Content-Encoding": "gzip"}), 413)


def test_levels(world: World, desk: Desk) -> None:
    def body(levels: int) -> bytes:
        deep = "[" * (levels - 2) + "]" * (levels - 2)
        return with_member(desk, f'"input": {{"amount": 1, "deep": {deep}}}')

    assert post(world, body(64)).status_code == 201
    problem(post(world, body(65)), 422, "MALFORMED_JSON")


def test_batch_limits(world: World, desk: Desk) -> None:
    line = json.dumps({"model": "x"}).encode()
    answer = world.batch([line] * 10_000)
    assert answer.status_code == 200
    assert answer.text.count("\n") == 10_000
    kept = desk.prediction()
    problem(world.batch([kept, *[line] * 10_000]), 413)
    problem(world.get("/predictions", params={"model": desk.model, "external_id": kept["external_id"]}), 404)
    headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip"}
    edge = gzip.compress(b"\n" * (32 * MIB), compresslevel=1)
    assert world.post("/predictions", content=edge, headers=headers).status_code == 200
    bomb = gzip.compress(json.dumps(kept).encode() + b"\n" * (32 * MIB), compresslevel=1)
    problem(world.post("/predictions", content=bomb, headers=headers), 413)
    problem(world.get("/predictions", params={"model": desk.model, "external_id": kept["external_id"]}), 404)


def test_media_types(world: World, desk: Desk) -> None:
    body = json.dumps(desk.prediction()).encode()
    assert post(world, body, **{"Content-Type": "application/json; charset=utf-8"}).status_code == 201
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        problem(post(world, body, **{"Content-Type": media}), 415)
    for accept in ("*/*", "application/json", NDJSON, "text/html", "application/problem+json"):
        answer = post(world, body, Accept=accept)
        assert answer.status_code == 200, (accept, answer.text)


def test_what_was_odd_reads_back(world: World, desk: Desk) -> None:
    member = '"input": {"amount": 1, "odd": [NaN, Infinity, -Infinity, 12345678901234567890123]}'
    answer = post(world, with_member(desk, member))
    assert answer.json()["routing"]["reasons"] == ["FAILSAFE_INPUT"]
    text = world.get(f"/predictions/{answer.json()['id']}").text
    assert re.search(r'\["NaN", ?"Infinity", ?"-Infinity", ?12345678901234567890123\]', text), text


def test_environment_limits_of_a_key(world: World, desk: Desk) -> None:
    assert world.post("/predictions", desk.prediction(), "production").status_code == 201
    problem(world.post("/predictions", desk.prediction(environment="staging"), "production"), 403)
    staged = world.waiting(desk, environment="staging")
    problem(world.get(f"/predictions/{staged['id']}", "production"), 404)
