"""Routing policies: what may be written, how drafts become immutable, and who may do that."""

from typing import Any

import pytest

from tests.contract.world import Desk, World, problem, unique

DEFAULTS = {
    "class_thresholds": {}, "always_review": [], "qa_rate": 0.0, "qa_blocks": False, "rules": [],
    "guardrails": [],
    "reviewers": 1, "mode": "assisted", "on_deadline": "escalate", "escalation_queue": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    return world.desk(publish=False)


def test_life(world: World) -> None:
    desk = world.desk(publish=False)
    path = f"/models/{desk.model}/policies"
    answer = world.post(path, {"queue": desk.queue, "threshold": 0.85}, "policies:write")
    assert answer.status_code == 201
    first = answer.json()
    assert answer.headers["location"].endswith(f"{path}/1")
    assert (first["number"], first["state"], first["queue"], first["threshold"]) == (
        1,
        "draft",
        desk.queue,
        0.85,
    )
    for name, default in DEFAULTS.items():
        assert first[name] == default, name
    second = world.done("POST", path, {"queue": desk.queue, "threshold": 1}, "owner")
    assert (second["number"], second["state"]) == (2, "draft")
    changed = world.done("PUT", f"{path}/1", {"queue": desk.queue, "threshold": 0.5}, "policies:write")
    assert (changed["number"], changed["threshold"]) == (1, 0.5)
    assert world.done("PUT", f"{path}/1", {"queue": desk.queue, "threshold": 0.5})["threshold"] == 0.5
    assert world.done("GET", f"{path}/1")["threshold"] == 0.5
    published = world.post(f"{path}/1/publish", {}, "policies:write")
    assert (published.status_code, published.json()["state"]) == (200, "published")
    problem(world.post(f"{path}/1/publish", {}), 409)
    problem(world.call("PUT", f"{path}/1", json={"queue": desk.queue, "threshold": 0.4}), 409)
    problem(world.call("DELETE", f"{path}/1"), 409)
    assert world.done("POST", f"{path}/2/publish", {}, "owner")["state"] == "published"
    assert world.done("GET", f"{path}/1")["state"] == "retired"
    problem(world.post(f"{path}/1/publish", {}), 409)
    third = world.done("POST", path, {"queue": desk.queue, "threshold": 0})["number"]
    answer = world.call("DELETE", f"{path}/{third}")
    assert (answer.status_code, answer.content) == (204, b"")
    problem(world.call("PUT", f"{path}/{third}", json={"queue": desk.queue, "threshold": 0}), 404)
    problem(world.get(f"{path}/{third}"), 404)
    listed = world.done("GET", path, who="owner")
    assert {row["number"]: row["state"] for row in listed["results"]} == {1: "retired", 2: "published"}
    assert listed["next"] is None
    assert world.done("POST", path, {"queue": desk.queue, "threshold": 0})["number"] == 4
    problem(world.get(f"{path}/99"), 404)


GOOD = [
    {"threshold": 0}, {"threshold": 1}, {"threshold": 1.0}, {"threshold": 0.0},
    {"class_thresholds": {"fraud": 0.95, "ok": 0}}, {"class_thresholds": {}}, {"always_review": ["blocked"]},
    {"always_review": []}, {"qa_rate": 0}, {"qa_rate": 1}, {"qa_rate": 0.02}, {"qa_blocks": True},
    {"deadline_minutes": 1}, {"deadline_minutes": 240}, {"rules": []}, {"guardrails": []}, {"reviewers": 1},
    {"mode": "assisted"}, {"on_deadline": "escalate"}, {"escalation_queue": None},
]  # fmt: skip
BAD: list[tuple[dict[str, Any], str]] = [
    ({"threshold": ...}, "/threshold"), ({"threshold": None}, "/threshold"),
    ({"threshold": "0.5"}, "/threshold"),
    ({"threshold": True}, "/threshold"), ({"threshold": -0.1}, "/threshold"),
    ({"threshold": 1.1}, "/threshold"),
    ({"threshold": 10**400}, "/threshold"), ({"queue": ...}, "/queue"), ({"queue": "nobody"}, "/queue"),
    ({"queue": 1}, "/queue"), ({"queue": None}, "/queue"), ({"class_thresholds": []}, "/class_thresholds"),
    ({"class_thresholds": {"nobody": 0.5}}, "/class_thresholds/nobody"),
    ({"class_thresholds": {"ok": 2}}, "/class_thresholds/ok"),
    ({"class_thresholds": {"ok": "x"}}, "/class_thresholds/ok"),
    ({"always_review": "ok"}, "/always_review"), ({"always_review": ["nobody"]}, "/always_review/0"),
    ({"always_review": [1]}, "/always_review"), ({"qa_rate": -0.1}, "/qa_rate"),
    ({"qa_rate": 1.1}, "/qa_rate"),
    ({"qa_rate": "x"}, "/qa_rate"), ({"qa_blocks": 1}, "/qa_blocks"), ({"qa_blocks": "true"}, "/qa_blocks"),
    ({"deadline_minutes": 0}, "/deadline_minutes"), ({"deadline_minutes": -5}, "/deadline_minutes"),
    ({"deadline_minutes": "x"}, "/deadline_minutes"), ({"deadline_minutes": 1.5}, "/deadline_minutes"),
    ({"reviewers": 0}, "/reviewers"), ({"reviewers": "x"}, "/reviewers"), ({"mode": "naked"}, "/mode"),
    ({"on_deadline": "approve"}, "/on_deadline"), ({"escalation_queue": "nobody"}, "/escalation_queue"),
    ({"rules": {}}, "/rules"), ({"guardrails": "x"}, "/guardrails"), ({"number": 7}, "/number"),
    ({"nobody": 1}, "/nobody"),
]  # fmt: skip
NOT_YET: list[tuple[dict[str, Any], str]] = [
    ({"rules": [{"name": "large", "when": "input.amount > 1.0", "queue": "x", "reviewers": 2}]}, "/rules"),
    ({"guardrails": [{"name": "sum-fits", "check": "output.total >= 0.0"}]}, "/guardrails"),
    ({"reviewers": 2}, "/reviewers"), ({"mode": "blind"}, "/mode"),
    ({"mode": "reveal_after_commit"}, "/mode"),
    ({"on_deadline": "return_undecided"}, "/on_deadline"), ({"on_deadline": "reject"}, "/on_deadline"),
]  # fmt: skip


def test_members(world: World, desk: Desk) -> None:
    path = f"/models/{desk.model}/policies"
    base: dict[str, Any] = {"queue": desk.queue, "threshold": 0.5}
    for members in GOOD:
        answer = world.post(path, {**base, **members})
        assert answer.status_code == 201, (members, answer.text)
        for name, value in members.items():
            assert answer.json()[name] == value
    draft = f"{path}/1"
    for rows, code in ((BAD, None), (NOT_YET, "NOT_AVAILABLE_YET")):
        for members, pointer in rows:
            body = {name: value for name, value in {**base, **members}.items() if value is not ...}
            problem(world.post(path, body), 422, code, pointer)
            if pointer in ("/threshold", "/rules", "/nobody"):
                problem(world.call("PUT", draft, json=body), 422, code, pointer)
    problem(world.post(f"{draft}/replay", {"last": 10000}), 422, "NOT_AVAILABLE_YET")


def test_a_queue_of_another_system(world: World, desk: Desk) -> None:
    slug = unique("q")
    world.done("POST", "/queues", {"slug": slug, "name": "q", "system": world.theirs})
    for name in ("queue", "escalation_queue"):
        body = {"queue": desk.queue, "threshold": 0.5, name: slug}
        problem(world.post(f"/models/{desk.model}/policies", body), 422, pointer=f"/{name}")


def test_what_waits_keeps_the_policy_that_routed_it(world: World) -> None:
    desk, other = world.desk(), world.desk()
    posted = world.waiting(desk)
    world.publish(desk.model, {"queue": other.queue, "threshold": 0.1})
    assert world.done("GET", f"/reviews/{posted['review']['id']}")["queue"] == desk.queue
    kept = world.done("GET", f"/predictions/{posted['id']}")
    assert kept["routing"]["policy_version"] == 1
    accepted = world.done("POST", "/predictions", desk.prediction(confidence=0.5))
    assert (accepted["decision"], accepted["routing"]["policy_version"]) == ("accept", 2)


def test_quality_assurance(world: World) -> None:
    """Everything is looked at: beside the answer, or before it."""
    desk = world.desk({"qa_rate": 1.0})
    body = world.done("POST", "/predictions", desk.prediction())
    assert (body["status"], body["decision"]) == ("final", "accept")
    assert body["routing"]["reasons"] == ["RANDOM_QA"]
    assert body["routing"]["propensity"] == 1.0
    assert body["review"]["state"] == "waiting"
    assert body["outcome"]["source"] == "model"
    low = world.waiting(desk)
    assert "LOW_CONFIDENCE" in low["routing"]["reasons"]
    assert low["status"] == "pending"
    desk = world.desk({"qa_rate": 1.0, "qa_blocks": True})
    body = world.done("POST", "/predictions", desk.prediction())
    assert (body["status"], body["decision"], body["outcome"]) == ("pending", "review", None)
    assert body["routing"]["reasons"] == ["RANDOM_QA"]
    desk = world.desk({"qa_rate": 0.5})
    sent = [desk.prediction() for _ in range(40)]
    first = [world.done("POST", "/predictions", body) for body in sent]
    assert {body["routing"]["propensity"] for body in first} == {0.5}
    assert 0 < sum(bool(body["review"]) for body in first) < 40
    assert [world.done("POST", "/predictions", body)["review"] for body in sent] == [
        each["review"] for each in first
    ]


def test_a_deadline(world: World) -> None:
    desk = world.desk({"deadline_minutes": 1})
    posted = world.waiting(desk)
    queue = world.done("GET", f"/queues/{desk.queue}")
    assert (queue["waiting"], queue["overdue"]) == (1, 0)
    assert posted["review"]["due_at"] > queue["oldest_at"]
