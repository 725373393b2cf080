"""Lists, feeds and waiting: pages that neither skip nor repeat, cursors that hold, answers in time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.world import Desk, World, eventually, problem

FEEDS = ["/outcomes", "/labels", "/audit/events"]


def read(world: World, path: str, who: str = "root", **params: Any) -> Any:
    answer = world.get(path, who, params=params)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"results", "cursor"}
    assert isinstance(body["cursor"], str)
    return body


def read_all(world: World, path: str, **params: Any) -> list[Any]:
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = read(world, path, **params, **cursor)
        if not page["results"] and cursor.get("after") == page["cursor"]:
            return found
        found += page["results"]
        cursor = {"after": page["cursor"]}


@pytest.mark.parametrize("path", ["/systems", "/models", "/queues", "/reviews", "/exports"])
def test_lists(world: World, path: str) -> None:
    desk = world.desk()
    for _ in range(3):
        world.waiting(desk)
        if path == "/exports":
            world.post("/exports", {"model": desk.model, "format": "jsonl"}, "labels:read")
        if path == "/queues":
            world.desk(publish=False)
    who = {"/reviews": "manager", "/exports": "labels:read"}.get(path, "root")
    whole = world.done("GET", f"{path}?limit=500", who=who)
    assert set(whole) == {"results", "next"}
    assert 2 <= len(whole["results"]) < 500
    assert whole["next"] is None
    found, query = [], ""
    for _ in range(3):
        page = world.done("GET", f"{path}?limit=1{query}", who=who)
        assert len(page["results"]) == 1
        found += page["results"]
        if page["next"] is None:
            break
        query = f"&cursor={page['next']}"
    assert [row["id"] for row in found] == [row["id"] for row in whole["results"]][: len(found)]


@pytest.mark.parametrize("path", FEEDS)
def test_feeds(world: World, path: str) -> None:
    desk = world.desk()
    before = {"after": read_all_cursor(world, path)}
    world.decided(desk)
    named = {} if path == "/audit/events" else {"model": desk.model}
    rows = eventually(lambda: read(world, path, **before, **named)["results"], seconds=20)
    assert rows
    world.decided(desk)
    eventually(
        lambda: len(read(world, path, **before, **named, limit=500)["results"]) > len(rows), seconds=20
    )
    time.sleep(0.2)
    grown = read(world, path, **before, **named, limit=500)["results"]
    assert grown[: len(rows)] == rows
    singly, cursor = [], before
    while page := read(world, path, **cursor, **named, limit=1):
        if not page["results"] and page["cursor"] == cursor["after"]:
            break
        assert len(page["results"]) <= 1
        singly += page["results"]
        cursor = {"after": page["cursor"]}
    assert singly[: len(grown)] == grown
    empty = read(world, path, **cursor, **named)
    assert (empty["results"], read(world, path, after=empty["cursor"], **named)["results"]) == ([], [])


def read_all_cursor(world: World, path: str) -> str:
    cursor = read(world, path, limit=500)["cursor"]
    while (page := read(world, path, after=cursor, limit=500))["cursor"] != cursor:
        cursor = page["cursor"]
    return str(cursor)


def test_a_cursor_belongs_to_its_feed(world: World) -> None:
    for path in FEEDS:
        for other in FEEDS:
            if path != other:
                cursor = read(world, other)["cursor"]
                problem(world.get(path, params={"after": cursor}), 422, pointer="/after")


def test_immediate_accepts(world: World) -> None:
    desk = world.desk()
    accepted = world.done("POST", "/predictions", desk.prediction(correlation=[1]))
    decided = world.decided(desk)[0]
    rows = eventually(lambda: read(world, "/outcomes", model=desk.model)["results"], seconds=20)
    assert [row["prediction"] for row in rows] == [decided["id"]]

    def both() -> Any:
        rows = read(world, "/outcomes", model=desk.model, include="model")["results"]
        return rows if len(rows) == 2 else None

    rows = eventually(both, seconds=20)
    assert [row["prediction"] for row in rows] == [accepted["id"], decided["id"]]
    assert (rows[0]["decision"], rows[0]["status"], rows[0]["correlation"]) == ("accept", "final", [1])
    assert rows[0]["outcome"] == accepted["outcome"]
    assert rows[0]["outcome"]["source"] == "model"


def test_a_waiting_reader_is_told(world: World) -> None:
    desk = world.desk()
    after = read(world, "/outcomes", model=desk.model)["cursor"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, world, "/outcomes", after=after, model=desk.model, wait=20)
        posted, _ = world.decided(desk)
        decided = time.monotonic()
        (row,) = waiting.result()["results"]
        assert time.monotonic() - decided < 10
    assert row["prediction"] == posted["id"]


def test_waiting_in_vain(world: World) -> None:
    desk = world.desk()
    posted = world.waiting(desk)
    for path, params in (
        (f"/predictions/{posted['id']}", {}),
        ("/predictions", {"model": desk.model, "external_id": posted["external_id"]}),
        ("/outcomes", {"model": desk.model}),
        ("/labels", {"model": desk.model}),
    ):
        for wait, least in (("0", 0.0), ("0.5", 0.4), ("1", 0.9)):
            began = time.monotonic()
            answer = world.get(path, params={**params, "wait": wait})
            assert answer.status_code == 200
            assert least <= time.monotonic() - began < least + 15
            assert "retry-after" not in answer.headers


def test_waiting_for_a_prediction(world: World) -> None:
    desk = world.desk()
    posted = world.waiting(desk)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(world.get, f"/predictions/{posted['id']}", "ours", params={"wait": "20"})
        assert world.judge(world.claimed(desk), label="fraud", reasons=["wrong_label"]).status_code == 201
        decided = time.monotonic()
        body = waiting.result().json()
        assert time.monotonic() - decided < 10
    assert (body["status"], body["outcome"]["output"]) == ("final", {"label": "fraud"})
    began = time.monotonic()
    assert world.get(f"/predictions/{posted['id']}", params={"wait": "30"}).json()["status"] == "final"
    assert time.monotonic() - began < 10


def test_more_waiters_than_places(world: World) -> None:
    """They are answered at once, with what there is and when to ask again."""
    desk = world.desk()
    posted = world.waiting(desk)
    path = f"/predictions/{posted['id']}"
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(world.get(path, params={"wait": "4"})))
        for _ in range(90)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turned_away = [answer for answer in answers if "retry-after" in answer.headers]
    assert {answer.status_code for answer in answers} == {200}
    assert turned_away
    assert {answer.headers["retry-after"] for answer in turned_away} == {"1"}
    assert all(answer.json()["status"] == "pending" for answer in answers)


def test_a_filter_of_events(world: World) -> None:
    desk = world.desk()

    def look() -> Any:
        found = read_all(world, "/audit/events", limit=500, kind="reviews.queue.created")
        return found if any(row["details"]["slug"] == desk.queue for row in found) else None

    rows = eventually(look)
    assert {row["kind"] for row in rows} == {"reviews.queue.created"}
    assert set(rows[0]) == {"id", "kind", "actor", "entity", "entity_version", "at", "details"}
    event = world.done("GET", f"/audit/events/{rows[0]['id']}")
    assert {**rows[0], "inclusion": event["inclusion"]} == event


def history(world: World, entity: str, count: int) -> Any:
    def look() -> Any:
        rows = read_all(world, "/audit/events", limit=500, entity=entity)
        return rows if len(rows) >= count else None

    return eventually(look)


def test_every_change_has_its_event(world: World) -> None:
    desk: Desk = world.desk()
    posted, _ = world.decided(desk)
    rows = history(world, f"prediction:{posted['id']}", 2)
    assert [row["entity_version"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["actor"].partition(":")[0] for row in rows] == ["key", "person"]
    limited = read(world, "/audit/events", "audit:read", entity=f"prediction:{posted['id']}")
    assert limited["results"] or limited["cursor"]
    actor = rows[0]["actor"]
    assert {row["actor"] for row in read(world, "/audit/events", actor=actor)["results"]} <= {actor}
