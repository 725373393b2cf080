"""`Idempotency-Key`: what was answered is answered again, and nothing happens twice."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.world import NDJSON, Desk, World, problem, unique


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    return world.desk()


def keyed(key: str, **more: str) -> dict[str, str]:
    return {"Idempotency-Key": key, **more}


def same(first: httpx.Response, again: httpx.Response) -> None:
    """The same answer, marked as given before."""
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers.get("location") == first.headers.get("location")


def test_every_post_that_creates(world: World, desk: Desk) -> None:
    slug = unique("once")
    for path, body, other in (
        ("/predictions", desk.prediction(), desk.prediction()),
        ("/systems", {"slug": slug, "name": "x"}, {"slug": slug, "name": "y"}),
        ("/models", {"slug": slug, "system": world.ours, "task": "t", "output_schema": {}}, {}),
        (f"/models/{desk.model}/versions", {"version": "once"}, {"version": "twice"}),
        (f"/models/{desk.model}/policies", {"queue": desk.queue, "threshold": 1}, {"threshold": 1}),
        ("/queues", {"slug": slug, "name": "q", "system": world.ours}, {}),
        ("/exports", {"model": desk.model, "format": "jsonl"}, {"model": desk.model, "format": "csv"}),
    ):
        key = keyed(unique("key"))
        first = world.post(path, body, headers=key)
        assert first.status_code in (201, 202), (path, first.text)
        same(first, world.post(path, body, headers=key))
        problem(world.post(path, other, headers=key), 409, "IDEMPOTENCY_CONFLICT")
        spelled = json.dumps(body, indent=1).encode()
        answer = world.post(path, content=spelled, headers={**key, "Content-Type": "application/json"})
        problem(answer, 409, "IDEMPOTENCY_CONFLICT")


def test_scoped_to_caller_method_and_path(world: World, desk: Desk) -> None:
    key, body = keyed(unique("key")), desk.prediction()
    assert world.post("/predictions", body, headers=key).status_code == 201
    assert world.post("/predictions", desk.prediction(), "ours", headers=key).status_code == 201
    assert world.post("/systems", {"slug": unique("s"), "name": "x"}, headers=key).status_code == 201
    assert "idempotency-replayed" not in world.get("/systems", headers=key).headers


def test_refusals_are_answered_again(world: World, desk: Desk) -> None:
    for path, body in (
        ("/predictions", {"model": 1}),
        ("/systems", {}),
        ("/predictions", desk.prediction(model="nobody")),
    ):
        key = keyed(unique("key"))
        same(world.post(path, body, headers=key), world.post(path, body, headers=key))


def test_no_401_is_kept(world: World, desk: Desk) -> None:
    key = keyed(unique("key"))
    for _ in range(2):
        answer = world.post("/predictions", desk.prediction(), "ended", headers=key)
        problem(answer, 401)
        assert "idempotency-replayed" not in answer.headers


def test_bytes_after_decompression_count(world: World, desk: Desk) -> None:
    key, body = (
        keyed(unique("key"), **{"Content-Type": "application/json"}),
        json.dumps(desk.prediction()).encode(),
    )
    first = world.post("/predictions", content=body, headers=key)
    packed = world.post(
        "/predictions", content=gzip.compress(body), headers={**key, "Content-Encoding": "gzip"}
    )
    assert first.status_code == 201
    same(first, packed)


def test_lines(world: World, desk: Desk) -> None:
    body = b"\n".join(json.dumps(desk.prediction()).encode() for _ in range(3))
    key = keyed(unique("key"), **{"Content-Type": NDJSON})
    same(*(world.post("/predictions", content=body, headers=key) for _ in range(2)))
    problem(world.post("/predictions", content=body + b"\n{}", headers=key), 409, "IDEMPOTENCY_CONFLICT")


def test_parallel(world: World, desk: Desk) -> None:
    """Six at once: one is done, the others are told the same."""
    for path, body in (
        ("/predictions", desk.prediction()),
        (f"/models/{desk.model}/policies", {"queue": desk.queue, "threshold": 0.5}),
        ("/systems", {"slug": unique("s"), "name": "x"}),
    ):
        key = keyed(unique("key"))
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: world.post(path, body, headers=key), range(6)))  # noqa: B023 - used at once
        assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


def test_the_same_prediction_in_parallel_without_a_key(world: World, desk: Desk) -> None:
    body = desk.prediction()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: world.post("/predictions", body), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_keys_that_are_none(world: World, desk: Desk) -> None:
    for key in ("", "x" * 201, "é"):
        problem(
            world.post("/predictions", desk.prediction(), headers={b"Idempotency-Key": key.encode()}), 422
        )
    assert (
        world.post("/predictions", desk.prediction(), headers=keyed("x" * 150 + unique(""))).status_code
        == 201
    )


def test_acts(world: World, desk: Desk) -> None:
    """Judging, releasing, assigning, undoing, flagging, cancelling, publishing: each once."""
    own = world.desk()
    number = world.done("POST", f"/models/{own.model}/policies", {"queue": own.queue, "threshold": 0.9})[
        "number"
    ]
    cancelled, accepted = world.waiting(own), world.done("POST", "/predictions", own.prediction())
    first, second = world.waiting(own), world.waiting(own)
    review = first["review"]["id"]
    acts: list[tuple[str, Any, str]] = [
        (f"/models/{own.model}/policies/{number}/publish", {}, "owner"),
        (f"/predictions/{cancelled['id']}/cancel", {"reason": "x"}, "ours"),
        (f"/predictions/{accepted['id']}/flag", {"reason": "x"}, "ours"),
        (
            f"/reviews/{second['review']['id']}/assign",
            {"person": world.emails["second"], "reason": "x"},
            "manager",
        ),
    ]
    token = world.done("POST", f"/reviews/{review}/claim", {}, "reviewer")["lease"]["token"]
    acts.append((f"/reviews/{review}/release", {"token": token, "reason": "x"}, "reviewer"))
    for path, body, who in acts:
        key = keyed(unique("key"))
        answers = [world.post(path, body, who, headers=key) for _ in range(2)]
        assert answers[0].status_code == 200, (path, answers[0].text)
        same(*answers)


def test_claim_and_heartbeat_answer_afresh(world: World) -> None:
    desk = world.desk()
    world.waiting(desk)
    key = keyed(unique("key"))
    first = world.post(f"/queues/{desk.queue}/claim", {}, "reviewer", headers=key).json()
    again = world.post(f"/queues/{desk.queue}/claim", {"hold": []}, "reviewer", headers=key)
    assert again.json()["review"]["resumed"] is True
    assert "idempotency-replayed" not in again.headers
    path, body = f"/reviews/{first['review']['id']}/heartbeat", {"token": first["lease"]["token"]}
    beats = [world.post(path, body, "reviewer", headers=key).json()["expires_at"] for _ in range(2)]
    assert beats[0] < beats[1]
