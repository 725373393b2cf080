"""Judging: what is checked in which order, holds and undo, passing on, disputes,
and what the service is told."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from tests.contract.world import Desk, World, eventually, problem


@pytest.fixture
def desk(world: World) -> Desk:
    return world.desk()


def prediction(world: World, posted: dict[str, Any]) -> Any:
    return world.done("GET", f"/predictions/{posted['id']}", who="ours")


def outcomes(world: World, desk: Desk, who: str = "outcomes:read", **more: str) -> list[Any]:
    """The model's feed as it stands once everything committed has its place."""
    params = {"model": desk.model, **more}
    rows: list[Any] = world.get("/outcomes", who, params=params).json()["results"]
    return rows


def test_a_confirmation(world: World, desk: Desk) -> None:
    posted = world.waiting(desk, correlation={"any": "thing"})
    answer = world.judge(world.claimed(desk))
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) >= {"judgement", "changed", "diff", "final_at", "review"}
    assert uuid.UUID(body["judgement"])
    assert (body["changed"], body["diff"]) == (False, [])
    assert body["review"] == {"id": posted["review"]["id"], "state": "decided"}
    found = prediction(world, posted)
    assert (found["status"], found["decision"], found["review"]["state"]) == ("final", "review", "decided")
    outcome = found["outcome"]
    assert (outcome["version"], outcome["source"], outcome["changed"]) == (1, "human", False)
    assert outcome["output"] == {"label": "ok"}
    (judgement,) = found["judgements"]
    assert judgement["reviewer"].startswith("r-")
    assert world.emails["reviewer"] not in str(found)
    (row,) = eventually(lambda: outcomes(world, desk), seconds=1)
    assert row == {
        "prediction": posted["id"], "external_id": posted["external_id"], "model": desk.model,
        "version": "1.0",
        "status": "final", "decision": "review", "outcome": outcome, "correlation": {"any": "thing"},
        "supersedes": None, "decided_at": outcome["decided_at"],
    }  # fmt: skip


def test_a_correction(world: World, desk: Desk) -> None:
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    for more in ({}, {"reasons": []}, {"reasons": ...}):
        problem(world.judge(claim, label="fraud", **more), 422, "REASON_REQUIRED", "/reasons")
    problem(world.judge(claim, label="fraud", reasons=["other"]), 422, pointer="/comment")
    problem(world.judge(claim, label="fraud", reasons=["nonsense"]), 422, pointer="/reasons/0")
    answer = world.judge(claim, label="fraud", reasons=["wrong_label", "other"], comment="seen it before")
    assert answer.status_code == 201, answer.text
    assert answer.json()["changed"] is True
    (change,) = answer.json()["diff"]
    assert change["pointer"] == "/label"
    found = prediction(world, posted)
    assert found["outcome"]["output"] == {"label": "fraud"}
    assert found["outcome"]["changed"] is True
    assert found["output"] == {"label": "ok"}


SHAPES: list[tuple[dict[str, Any], str]] = [
    ({"output": ...}, "/output"), ({"output": None}, "/output"), ({"output": []}, "/output"),
    ({"output": "ok"}, "/output"), ({"output": {}}, "/output/label"),
    ({"output": {"label": "nobody"}}, "/output/label"),
    ({"output": {"label": "ok", "more": 1}}, "/output/more"),
    ({"output": {"label": "ok", "amount": "x"}}, "/output/amount"),
    ({"reasons": "x"}, "/reasons"), ({"reasons": {}}, "/reasons"), ({"reasons": [1]}, "/reasons/0"),
    ({"reasons": None}, "/reasons"), ({"comment": 1}, "/comment"), ({"comment": None}, "/comment"),
    ({"verdict": "nonsense"}, "/verdict"),
    ({"verdict": 1}, "/verdict"), ({"verdict": []}, "/verdict"), ({"hold_seconds": -1}, "/hold_seconds"),
    ({"hold_seconds": 31}, "/hold_seconds"), ({"hold_seconds": "x"}, "/hold_seconds"),
    ({"hold_seconds": True}, "/hold_seconds"), ({"token": ...}, "/token"), ({"token": "1"}, "/token"),
    ({"token": -1}, "/token"), ({"token": 10**30}, "/token"), ({"submission_id": ...}, "/submission_id"),
    ({"submission_id": "x"}, "/submission_id"), ({"submission_id": 1}, "/submission_id"),
    ({"nobody": 1}, "/nobody"),
    ({"verdict": "cannot_tell", "output": ...}, "/reasons"),
    ({"verdict": "cannot_tell", "reasons": ["bad_input"]}, "/output"),
]  # fmt: skip


def test_shapes(world: World, desk: Desk) -> None:
    world.waiting(desk)
    claim = world.claimed(desk)
    for members, pointer in SHAPES:
        problem(world.judge(claim, **members), 422, pointer=pointer)
    assert world.judge(claim, verdict="answer", hold_seconds=0).status_code == 201


def test_order_of_checks(world: World, desk: Desk) -> None:
    """Rights, then the submission, then the lease, then the shape."""
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    mine, bad = str(uuid.uuid4()), {"output": {"label": "nobody"}}
    problem(world.judge(claim, "stranger", submission_id=mine, token=99, **bad), 404)
    problem(world.judge(claim, "auditor", submission_id=mine, token=99, **bad), 403)
    problem(world.judge(claim, "ours", submission_id=mine, token=99, **bad), 403)
    problem(world.judge(claim, submission_id=mine, token=99, **bad), 409, "LEASE_LOST")
    problem(world.judge(claim, submission_id=mine, **bad), 422)
    first = world.judge(claim, submission_id=mine)
    assert first.status_code == 201
    again = world.judge(claim, submission_id=mine)
    assert (again.status_code, again.json()) == (201, first.json())
    problem(world.judge(claim, submission_id=mine, **bad), 409, "IDEMPOTENCY_CONFLICT")
    problem(world.judge(claim, "second", submission_id=mine), 409, "IDEMPOTENCY_CONFLICT")
    problem(world.judge(claim), 409, "LEASE_LOST")
    assert len(prediction(world, posted)["judgements"]) == 1


def test_submitting_at_once(world: World, desk: Desk) -> None:
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    same, different = str(uuid.uuid4()), [str(uuid.uuid4()) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda id_: world.judge(claim, submission_id=id_), [same, same, *different]))
    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    done = [answer.json() for answer in answers if answer.status_code == 201]
    assert done == [done[0]] * len(done)
    assert len(prediction(world, posted)["judgements"]) == 1


def test_hold_and_undo(world: World, desk: Desk) -> None:
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    path, mine = f"/reviews/{posted['review']['id']}", str(uuid.uuid4())
    answer = world.judge(claim, label="fraud", reasons=["wrong_label"], hold_seconds=30, submission_id=mine)
    assert answer.status_code == 201
    assert answer.json()["review"]["state"] == "held"
    found = prediction(world, posted)
    assert (found["status"], found["outcome"], found["review"]["state"]) == ("pending", None, "held")
    assert found["judgements"] == []
    assert outcomes(world, desk) == []
    problem(world.post(f"{path}/undo", {"submission_id": str(uuid.uuid4())}, "reviewer"), 404)
    problem(world.post(f"{path}/undo", {"submission_id": "x"}, "reviewer"), 422, pointer="/submission_id")
    undone = world.post(f"{path}/undo", {"submission_id": mine}, "reviewer")
    assert undone.status_code == 200
    again = world.claimed(desk)
    assert again["review"]["id"] == claim["review"]["id"]
    assert again["review"]["draft"]["output"] == {"label": "fraud"}
    done = world.judge(again, hold_seconds=1)
    seconds = datetime.fromisoformat(done.json()["final_at"])
    assert seconds.tzinfo
    held = world.get(f"/predictions/{posted['id']}", "ours", params={"wait": "20"}).json()
    assert (held["status"], held["outcome"]["source"]) == ("final", "human")
    assert held["outcome"]["output"] == {"label": "ok"}


def test_too_late(world: World, desk: Desk) -> None:
    world.waiting(desk)
    claim, mine = world.claimed(desk), str(uuid.uuid4())
    assert world.judge(claim, submission_id=mine).status_code == 201
    path = f"/reviews/{claim['review']['id']}/undo"
    problem(world.post(path, {"submission_id": mine}, "reviewer"), 409, "TOO_LATE")
    problem(world.post(path, {"submission_id": mine}, "second"), 404)


def test_cancel_while_held(world: World, desk: Desk) -> None:
    posted, mine = world.waiting(desk), str(uuid.uuid4())
    claim = world.claimed(desk)
    assert world.judge(claim, submission_id=mine, hold_seconds=30).status_code == 201
    world.done("POST", f"/predictions/{posted['id']}/cancel", {"reason": "withdrawn"}, "ours")
    undo = f"/reviews/{posted['review']['id']}/undo"
    problem(world.post(undo, {"submission_id": mine}, "reviewer"), 409, "TOO_LATE")
    found = prediction(world, posted)
    assert (found["status"], found["outcome"], found["review"]["state"]) == ("cancelled", None, "cancelled")


def test_cannot_tell(world: World) -> None:
    """To another person, or to the escalation queue."""
    desk, senior = world.desk(), world.desk()
    posted = world.waiting(desk)
    answer = world.judge(world.claimed(desk), verdict="cannot_tell", output=..., reasons=["bad_input"])
    assert answer.status_code == 201, answer.text
    assert answer.json()["review"]["state"] == "waiting"
    assert world.claimed(desk)["why"] == "not_eligible"
    assert world.judge(world.claimed(desk, "second"), "second").status_code == 201
    assert prediction(world, posted)["outcome"]["source"] == "human"
    world.publish(desk.model, {"queue": desk.queue, "threshold": 0.85, "escalation_queue": senior.queue})
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    assert world.judge(claim, verdict="cannot_tell", output=None, reasons=["bad_input"]).status_code == 201
    found = world.done("GET", f"/reviews/{claim['review']['id']}", who="manager")
    assert (found["queue"], found["state"]) == (senior.queue, "waiting")
    assert prediction(world, posted)["status"] == "pending"


def test_escalate(world: World) -> None:
    senior = world.desk()
    desk = world.desk({"escalation_queue": senior.queue})
    world.waiting(desk)
    claim = world.claimed(desk)
    path = f"/reviews/{claim['review']['id']}"
    token = claim["lease"]["token"]
    problem(world.post(f"{path}/escalate", {"token": token}, "reviewer"), 422, pointer="/reason")
    problem(
        world.post(f"{path}/escalate", {"token": token + 1, "reason": "x"}, "reviewer"), 409, "LEASE_LOST"
    )
    answer = world.post(f"{path}/escalate", {"token": token, "reason": "above me"}, "reviewer")
    assert (answer.status_code, answer.json()["queue"], answer.json()["state"]) == (
        200,
        senior.queue,
        "waiting",
    )
    problem(world.judge(claim), 409, "LEASE_LOST")
    assert world.claimed(senior, "second")["review"]["id"] == claim["review"]["id"]


def test_a_flag(world: World, desk: Desk) -> None:
    """The outcome stays in force; another answer becomes version 2."""
    posted = world.done("POST", "/predictions", desk.prediction(correlation={"a": 1}), "ours")
    path = f"/predictions/{posted['id']}/flag"
    problem(world.post(path, {}, "ours"), 422, pointer="/reason")
    problem(world.post(path, {"reason": "x", "by": "nobody"}, "ours"), 422, pointer="/by")
    answer = world.post(path, {"reason": "the customer says no", "by": "customer"}, "ours")
    assert answer.status_code == 200
    flagged = prediction(world, posted)
    assert (flagged["status"], flagged["decision"], flagged["outcome"]) == (
        "final",
        "accept",
        posted["outcome"],
    )
    assert flagged["review"]["state"] == "waiting"
    problem(world.post(path, {"reason": "again"}, "ours"), 409)
    claim = world.claimed(desk)
    assert claim["review"]["routing_reasons"] == ["FLAGGED"]
    assert world.judge(claim, label="fraud", reasons=["wrong_label"]).status_code == 201
    found = prediction(world, posted)
    assert (found["status"], found["outcome"]["version"], found["outcome"]["source"]) == ("final", 2, "human")
    assert [each["version"] for each in found["outcomes"]] == [1, 2]
    (row,) = eventually(lambda: outcomes(world, desk), seconds=1)
    assert (row["outcome"]["version"], row["supersedes"], row["status"]) == (2, 1, "final")
    assert row["correlation"] == {"a": 1}


def test_a_flag_that_changes_nothing(world: World, desk: Desk) -> None:
    posted = world.done("POST", "/predictions", desk.prediction())
    for by in ("staff", "monitor"):
        world.done("POST", f"/predictions/{posted['id']}/flag", {"reason": "x", "by": by})
        assert world.judge(world.claimed(desk)).status_code == 201
    assert prediction(world, posted)["outcome"]["version"] == 1
    assert outcomes(world, desk) == []
    pending = world.waiting(desk)
    problem(world.post(f"/predictions/{pending['id']}/flag", {"reason": "x"}), 409)


def test_reopen(world: World, desk: Desk) -> None:
    posted, _ = world.decided(desk)
    path = f"/reviews/{posted['review']['id']}/reopen"
    problem(world.post(path, {}, "reviewer"), 422, pointer="/reason")
    problem(world.post(path, {"reason": "x"}, "second"), 403)
    answer = world.post(path, {"reason": "I was wrong"}, "reviewer")
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    assert prediction(world, posted)["status"] == "final"
    assert prediction(world, posted)["outcome"]["version"] == 1
    problem(world.post(path, {"reason": "x"}, "manager"), 409)
    claim = world.done("POST", f"/reviews/{posted['review']['id']}/claim", {}, "second")
    assert world.judge(claim, "second", label="fraud", reasons=["wrong_label"]).status_code == 201
    assert prediction(world, posted)["outcome"]["version"] == 2
    rows = eventually(lambda: len(found := outcomes(world, desk)) == 2 and found, seconds=1)
    assert [(row["outcome"]["version"], row["supersedes"]) for row in rows] == [(1, None), (2, 1)]
    assert world.post(path, {"reason": "x"}, "manager").status_code == 200


def test_quality_assurance_beside_the_answer(world: World) -> None:
    desk = world.desk({"qa_rate": 1.0})
    kept, changed = (world.done("POST", "/predictions", desk.prediction()) for _ in range(2))
    for posted, label in ((kept, "ok"), (changed, "fraud")):
        claim = world.done("POST", f"/reviews/{posted['review']['id']}/claim", {}, "reviewer")
        reasons = [] if label == "ok" else ["wrong_label"]
        assert world.judge(claim, label=label, reasons=reasons).status_code == 201
    assert prediction(world, kept)["outcome"]["version"] == 1
    assert prediction(world, changed)["outcome"]["version"] == 2
    (row,) = eventually(lambda: outcomes(world, desk), seconds=1)
    assert (row["prediction"], row["supersedes"], row["decision"]) == (changed["id"], 1, "accept")


def test_cancel(world: World, desk: Desk) -> None:
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    path = f"/predictions/{posted['id']}/cancel"
    problem(world.post(path, {}, "ours"), 422, pointer="/reason")
    answer = world.post(path, {"reason": "withdrawn"}, "ours")
    assert (answer.status_code, answer.json()["status"], answer.json()["outcome"]) == (200, "cancelled", None)
    assert answer.json()["review"]["state"] == "cancelled"
    problem(world.post(path, {"reason": "again"}, "ours"), 409)
    problem(world.judge(claim), 409, "LEASE_LOST")
    assert world.claimed(desk)["why"] == "empty"
    (row,) = eventually(lambda: outcomes(world, desk), seconds=1)
    assert (row["status"], row["outcome"], row["supersedes"]) == ("cancelled", None, None)
    final = world.done("POST", "/predictions", desk.prediction())
    problem(world.post(f"/predictions/{final['id']}/cancel", {"reason": "x"}, "ours"), 409)
    problem(world.post(f"/predictions/{uuid.uuid4()}/cancel", {"reason": "x"}, "ours"), 404)
    problem(world.post(f"/predictions/{posted['id']}/flag", {"reason": "x"}, "ours"), 409)
