"""Queues, claims, leases, judgements: exactly once, in the order of checks that the contract names."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.world import CLASSES, Desk, World, eventually, problem, unique


@pytest.fixture
def desk(world: World) -> Desk:
    return world.desk()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_making_queues(world: World) -> None:
    for who in ("policies:write", "ours", "manager", "root"):
        slug = unique("q")
        answer = world.post("/queues", {"slug": slug, "name": "A queue", "system": world.ours}, who)
        assert answer.status_code == 201, (who, answer.text)
        assert answer.headers["location"].endswith(f"/queues/{slug}")
        assert answer.json()["slug"] == slug
        problem(world.post("/queues", {"slug": slug, "name": "A queue", "system": world.ours}, who), 409)
    for who in ("reviewer", "auditor", "registry:write", "predictions:write"):
        problem(world.post("/queues", {"slug": unique("q"), "name": "q", "system": world.ours}, who), 403)
    problem(world.post("/queues", {"slug": unique("q"), "name": "q", "system": world.ours}, "stranger"), 404)
    problem(world.post("/queues", {"slug": unique("q"), "name": "q", "system": "nobody"}), 404)
    for body, pointer in (
        ({"name": "q", "system": world.ours}, "/slug"),
        ({"slug": "A B", "name": "q", "system": world.ours}, "/slug"),
        ({"slug": unique("q"), "system": world.ours}, "/name"),
        ({"slug": unique("q"), "name": "q"}, "/system"),
    ):
        problem(world.post("/queues", body), 422, pointer=pointer)


def test_numbers_of_a_queue(world: World, desk: Desk) -> None:
    empty = world.done("GET", f"/queues/{desk.queue}", who="reviewer")
    assert set(empty) >= {"slug", "waiting", "leased", "overdue", "oldest_at", "next_free_at", "as_of"}
    assert (empty["waiting"], empty["leased"], empty["overdue"]) == (0, 0, 0)
    assert (empty["oldest_at"], empty["next_free_at"]) == (None, None)
    for _ in range(3):
        world.waiting(desk)
    claim = world.claimed(desk)
    found = world.done("GET", f"/queues/{desk.queue}", who="manager")
    assert (found["waiting"], found["leased"], found["overdue"]) == (2, 1, 0)
    assert found["oldest_at"] <= found["as_of"]
    assert found["next_free_at"] == claim["lease"]["expires_at"]
    problem(world.get("/queues/nobody"), 404)


def test_a_claim(world: World, desk: Desk) -> None:
    assert world.claimed(desk) == {"review": None, "why": "empty", "next_free_at": None}
    posted = world.waiting(desk, scores={"ok": 0.5}, explanation={"features": []}, subject="customer-77")
    claim = world.claimed(desk)
    review = claim["review"]
    assert set(review) >= {
        "id", "queue", "prediction", "form", "reason_codes", "routing_reasons", "due_at", "priority",
        "draft", "resumed",
    }  # fmt: skip
    assert (review["id"], review["queue"]) == (posted["review"]["id"], desk.queue)
    assert review["prediction"]["id"] == posted["id"]
    assert review["prediction"]["input"] == {"amount": 12.5}
    assert review["prediction"]["output"] == {"label": "ok"}
    assert "customer-77" not in str(claim)
    assert review["form"]["properties"]["label"]["enum"] == CLASSES
    assert review["routing_reasons"] == ["LOW_CONFIDENCE"]
    assert review["reason_codes"] == [
        "wrong_label", "wrong_value", "missing_value", "not_in_input", "bad_input", "out_of_policy", "other",
    ]  # fmt: skip
    assert (review["draft"], review["resumed"]) == (None, False)
    assert review["due_at"] == posted["review"]["due_at"]
    assert set(claim["lease"]) == {"token", "expires_at"}
    assert isinstance(claim["lease"]["token"], int)
    assert moment(claim["lease"]["expires_at"]) > datetime.now(UTC)
    again = world.claimed(desk)
    assert again["review"]["resumed"] is True
    assert again["lease"]["token"] == claim["lease"]["token"]
    assert world.done("GET", f"/reviews/{review['id']}", who="reviewer")["state"] == "leased"
    assert world.done("GET", f"/predictions/{posted['id']}")["review"]["state"] == "leased"


def test_no_body_is_needed_to_claim(world: World, desk: Desk) -> None:
    for path in (f"/queues/{desk.queue}/claim", "/claim"):
        assert world.call("POST", path, "reviewer").status_code == 200
        assert world.post(path, {}, "reviewer").status_code == 200
        problem(world.post(path, {"nobody": 1}, "reviewer"), 422, pointer="/nobody")
        for hold in ("x", {}, [1], ["x"], [None]):
            problem(world.post(path, {"hold": hold}, "reviewer"), 422)
        assert world.post(path, {"hold": [str(uuid.uuid4())]}, "reviewer").status_code == 200
        assert world.post(path, {"hold": []}, "reviewer").status_code == 200
    for queues in ("x", {}, [1]):
        problem(world.post("/claim", {"queues": queues}, "reviewer"), 422)
    problem(world.post("/claim", {"queues": ["nobody"]}, "reviewer"), 404)


def test_why_nothing(world: World, desk: Desk) -> None:
    world.waiting(desk)
    lease = world.claimed(desk)["lease"]
    nothing = world.claimed(desk, "second")
    assert nothing == {"review": None, "why": "all_leased", "next_free_at": nothing["next_free_at"]}
    assert nothing["next_free_at"] == lease["expires_at"]
    own = world.desk()
    world.waiting(own, "owned")
    assert world.claimed(own) == {"review": None, "why": "not_eligible", "next_free_at": None}
    assert world.claimed(own, "second")["review"] is not None


def test_at_most_two_leases(world: World, desk: Desk) -> None:
    posted = [world.waiting(desk)["review"]["id"] for _ in range(3)]
    first = world.claimed(desk)["review"]["id"]
    second = world.claimed(desk, hold=[first])
    assert second["review"]["id"] != first
    assert second["review"]["resumed"] is False
    assert world.claimed(desk, hold=[first])["review"]["id"] == second["review"]["id"]
    held = [first, second["review"]["id"]]
    third = world.post(f"/queues/{desk.queue}/claim", {"hold": held}, "reviewer")
    problem(third, 409)
    (left,) = set(posted) - set(held)
    problem(world.post(f"/reviews/{left}/claim", {}, "reviewer"), 409)
    assert world.done("POST", f"/reviews/{left}/claim", {}, "second")["review"]["id"] == left
    problem(world.post(f"/reviews/{first}/claim", {}, "second"), 409, "LEASED")
    assert world.done("POST", f"/reviews/{first}/claim", {}, "reviewer")["review"]["resumed"] is True


def test_the_most_urgent_over_my_queues(world: World) -> None:
    late, soon = world.desk({"deadline_minutes": 600}), world.desk({"deadline_minutes": 1})
    world.waiting(late)
    urgent = world.waiting(soon)
    queues = {"queues": [late.queue, soon.queue]}
    assert world.done("POST", "/claim", queues, "second")["review"]["id"] == urgent["review"]["id"]
    assert world.done("POST", "/claim", {"queues": [late.queue]}, "second")["review"]["queue"] == late.queue


def test_claiming_at_once(world: World, desk: Desk) -> None:
    for _ in range(4):
        world.waiting(desk)
    with ThreadPoolExecutor(4) as pool:
        people = ["reviewer", "second", "manager", "reviewer"]
        claims = list(pool.map(lambda who: world.claimed(desk, who)["review"]["id"], people))
    assert claims[0] == claims[3]
    assert len(set(claims)) == 3


def test_heartbeat_and_release(world: World, desk: Desk) -> None:
    world.waiting(desk)
    claim = world.claimed(desk)
    path, token = f"/reviews/{claim['review']['id']}", claim["lease"]["token"]
    beat = world.done("POST", f"{path}/heartbeat", {"token": token}, "reviewer")
    assert moment(beat["expires_at"]) >= moment(claim["lease"]["expires_at"])
    problem(world.post(f"{path}/heartbeat", {"token": token + 1}, "reviewer"), 409, "LEASE_LOST")
    problem(world.post(f"{path}/heartbeat", {"token": token}, "second"), 409, "LEASE_LOST")
    problem(world.post(f"{path}/heartbeat", {}, "reviewer"), 422, pointer="/token")
    problem(world.post(f"{path}/heartbeat", {"token": "1"}, "reviewer"), 422, pointer="/token")
    problem(world.post(f"{path}/release", {"token": token + 1}, "reviewer"), 409, "LEASE_LOST")
    assert world.done("POST", f"{path}/release", {"token": token}, "reviewer")["state"] == "waiting"
    problem(world.post(f"{path}/heartbeat", {"token": token}, "reviewer"), 409, "LEASE_LOST")
    assert world.claimed(desk)["lease"]["token"] > token


def test_a_skip(world: World, desk: Desk) -> None:
    """The same person gets it again only when nothing else waits."""
    first, second = world.waiting(desk), world.waiting(desk)
    claim = world.claimed(desk)
    assert claim["review"]["id"] == first["review"]["id"]
    body = {"token": claim["lease"]["token"], "reason": "too hard"}
    assert (
        world.done("POST", f"/reviews/{first['review']['id']}/release", body, "reviewer")["state"]
        == "waiting"
    )
    other = world.claimed(desk)
    assert other["review"]["id"] == second["review"]["id"]
    assert world.judge(other).status_code == 201
    assert world.claimed(desk)["review"]["id"] == first["review"]["id"]


def test_a_snooze(world: World, desk: Desk) -> None:
    world.waiting(desk)
    claim = world.claimed(desk)
    path, token = f"/reviews/{claim['review']['id']}", claim["lease"]["token"]
    for until in ("tomorrow", "2020-01-01T00:00:00Z", 7):
        body = {"token": token, "reason": "x", "snooze_until": until}
        problem(world.post(f"{path}/release", body, "reviewer"), 422, pointer="/snooze_until")
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    body = {"token": token, "reason": "later", "snooze_until": until}
    assert world.done("POST", f"{path}/release", body, "reviewer")["state"] == "snoozed"
    nothing = world.claimed(desk, "second")
    assert nothing["review"] is None
    assert world.done("POST", f"{path}/claim", {}, "second")["review"]["resumed"] is False


def test_assign_and_unlock(world: World, desk: Desk) -> None:
    posted = world.waiting(desk)
    path = f"/reviews/{posted['review']['id']}"
    body = {"person": world.emails["second"], "reason": "knows it"}
    assert world.done("POST", f"{path}/assign", body, "manager")["id"] == posted["review"]["id"]
    assert world.claimed(desk)["review"] is None
    assert world.claimed(desk, "second")["review"]["id"] == posted["review"]["id"]
    problem(world.post(f"{path}/claim", {}, "reviewer"), 403)
    assert world.done("POST", f"{path}/unlock", {"reason": "gone home"}, "manager")["state"] == "waiting"
    problem(world.post(f"{path}/unlock", {"reason": "again"}, "manager"), 409)
    world.done("POST", f"{path}/assign", {"person": None, "reason": "anybody"}, "manager")
    assert world.claimed(desk)["review"]["id"] == posted["review"]["id"]
    for person in ("nobody@example.org", str(uuid.uuid4()), 7, ""):
        problem(
            world.post(f"{path}/assign", {"person": person, "reason": "x"}, "manager"), 422, pointer="/person"
        )
    problem(world.post(f"{path}/assign", {"reason": "x"}, "manager"), 422, pointer="/person")


def test_drafts(world: World, desk: Desk) -> None:
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    path, token = f"/reviews/{posted['review']['id']}", claim["lease"]["token"]
    draft = {"output": {"label": "fraud"}, "comment": "as I typed"}
    answer = world.call("PUT", f"{path}/draft", "reviewer", json={"token": token, "draft": draft})
    assert answer.status_code == 200
    assert answer.json()["draft"] == draft
    assert world.claimed(desk)["review"]["draft"] == draft
    lost = world.call("PUT", f"{path}/draft", "reviewer", json={"token": token + 1, "draft": draft})
    problem(lost, 409, "LEASE_LOST")
    world.done("POST", f"{path}/release", {"token": token}, "reviewer")
    assert world.claimed(desk, "second")["review"]["draft"] is None
    assert "as I typed" not in world.get(path, "manager").text
    assert "as I typed" not in world.get(f"/predictions/{posted['id']}").text


def test_leases_end(world: World, desk: Desk) -> None:
    """A token of an earlier lease is refused, and what was typed is kept."""
    posted = world.waiting(desk)
    claim = world.claimed(desk)
    world.done("POST", f"/reviews/{posted['review']['id']}/unlock", {"reason": "x"}, "manager")
    problem(world.judge(claim, label="fraud", reasons=["wrong_label"]), 409, "LEASE_LOST")
    problem(world.judge(claim, label="nonsense"), 409, "LEASE_LOST")
    again = world.claimed(desk)
    assert again["lease"]["token"] > claim["lease"]["token"]
    assert again["review"]["draft"] is not None
    problem(world.judge(claim), 409, "LEASE_LOST")
    assert world.judge(again).status_code == 201


def states(world: World, posted: dict[str, Any]) -> tuple[str, str]:
    found = world.done("GET", f"/predictions/{posted['id']}")
    return found["status"], found["review"]["state"]


def test_lists_of_reviews(world: World, desk: Desk) -> None:
    decided, _ = world.decided(desk, "fraud")
    kept, _ = world.decided(desk)
    waiting = world.waiting(desk)
    ids = [each["review"]["id"] for each in (decided, kept, waiting)]

    def found(query: str, who: str = "manager") -> list[str]:
        rows = world.done("GET", f"/reviews?queue={desk.queue}{query}", who=who)["results"]
        return [ids.index(row["id"]) for row in rows]

    assert sorted(found("")) == [0, 1, 2]
    assert sorted(found("&state=decided")) == [0, 1]
    assert found("&state=waiting") == [2]
    assert found("&state=leased") == []
    assert found("&changed=true") == [0]
    assert found("&changed=false") == [1]
    assert found(f"&external_id={kept['external_id']}&model={desk.model}") == [1]
    assert sorted(found("&decided_after=2020-01-01T00:00:00Z")) == [0, 1]
    assert found("&decided_after=2999-01-01T00:00:00Z") == []
    assert sorted(found("&reviewer=me", "reviewer")) == [0, 1]
    assert found("&reviewer=me", "second") == []
    page = world.done("GET", f"/reviews?queue={desk.queue}&limit=2", who="manager")
    rest = world.done("GET", f"/reviews?queue={desk.queue}&limit=2&cursor={page['next']}", who="manager")
    assert len(page["results"]) == 2
    assert [len(rest["results"]), rest["next"]] == [1, None]
    row = world.done("GET", f"/reviews/{ids[0]}", who="manager")
    assert (row["id"], row["state"], row["queue"], row["changed"]) == (ids[0], "decided", desk.queue, True)
    assert eventually(lambda: states(world, decided) == ("final", "decided"))


def test_reason_codes(world: World, desk: Desk) -> None:
    for who in ("reviewer", "owner", "root"):
        rows = world.done("GET", f"/models/{desk.model}/reason-codes", who=who)["results"]
        assert [row["code"] for row in rows][:2] == ["wrong_label", "wrong_value"]
    problem(world.get("/models/nobody/reason-codes"), 404)
