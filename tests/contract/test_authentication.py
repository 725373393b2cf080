"""Who may call: keys, tokens, sessions; 401, 403, and 404 that tells nothing."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.world import API, World, problem, unique

ID = "0193f0c2-0000-7000-8000-000000000001"
ADDRESSES = [
    ("POST", "/predictions"), ("GET", "/predictions"), ("GET", f"/predictions/{ID}"),
    ("POST", f"/predictions/{ID}/flag"), ("POST", f"/predictions/{ID}/cancel"), ("GET", "/outcomes"),
    ("GET", "/models/x/policies"), ("POST", "/models/x/policies"), ("GET", "/models/x/policies/1"),
    ("PUT", "/models/x/policies/1"), ("DELETE", "/models/x/policies/1"),
    ("POST", "/models/x/policies/1/publish"), ("POST", "/models/x/policies/1/replay"),
    ("POST", "/queues"), ("GET", "/queues"), ("GET", "/queues/x"), ("POST", "/queues/x/claim"),
    ("POST", "/claim"),
    ("GET", "/reviews"), ("GET", f"/reviews/{ID}"), ("POST", f"/reviews/{ID}/claim"),
    ("POST", f"/reviews/{ID}/assign"), ("POST", f"/reviews/{ID}/unlock"),
    ("POST", f"/reviews/{ID}/heartbeat"),
    ("POST", f"/reviews/{ID}/release"), ("PUT", f"/reviews/{ID}/draft"), ("POST", f"/reviews/{ID}/judgement"),
    ("POST", f"/reviews/{ID}/undo"), ("POST", f"/reviews/{ID}/escalate"), ("POST", f"/reviews/{ID}/reopen"),
    ("GET", "/models/x/reason-codes"), ("GET", "/labels"), ("POST", "/exports"), ("GET", "/exports"),
    ("GET", f"/exports/{ID}"), ("POST", f"/exports/{ID}/cancel"), ("GET", f"/exports/{ID}/files/a.jsonl"),
    ("POST", "/systems"), ("GET", "/systems"), ("GET", "/systems/x"), ("PATCH", "/systems/x"),
    ("POST", "/models"), ("GET", "/models"), ("GET", "/models/x"), ("PATCH", "/models/x"),
    ("POST", "/models/x/versions"), ("GET", "/models/x/versions"), ("GET", "/models/x/versions/1"),
    ("GET", "/models/x/versions/1/card"), ("POST", "/models/x/versions/1/card"),
    ("GET", "/models/x/compare"), ("GET", "/models/x/aliases"), ("GET", "/models/x/aliases/a"),
    ("PUT", "/models/x/aliases/a"), ("DELETE", "/models/x/aliases/a"),
    ("GET", "/deployments"), ("POST", "/deployments"), ("POST", "/deployments/rollback"),
    ("GET", f"/deployments/{ID}"), ("GET", "/lineage"),
    ("GET", "/environments"), ("GET", "/audit/events"), ("GET", f"/audit/events/{ID}"),
]  # fmt: skip


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer nonsense", "Bearer csk_nothing", "Bearer cst_nothing", "Bearer \xff",
     "Token x", "Basic eDp5", "Bearer csk_a b", "Bearer " + "x" * 5000],
)  # fmt: skip
def test_nobody_is_answered_401_everywhere(world: World, authorization: str | None) -> None:
    addresses = ADDRESSES if authorization is None else ADDRESSES[:2]
    for method, path in addresses:
        headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
        answer = world.http.request(method, API + path, headers=headers)
        problem(answer, 401, "NOT_AUTHENTICATED")
        assert answer.headers["www-authenticate"].startswith("Bearer"), (method, path)


def test_a_revoked_key_ends_at_once(world: World) -> None:
    for method, path in ADDRESSES:
        problem(world.call(method, path, "ended"), 401, "NOT_AUTHENTICATED")
    text = world.command("service_key", "create", unique("k"), "--scope", "predictions:write")
    world.secrets["short"] = text
    desk = world.desk()
    assert world.post("/predictions", desk.prediction(), "short").status_code == 201
    world.command("service_key", "revoke", "_".join(text.split("_")[:2]))
    problem(world.post("/predictions", desk.prediction(), "short"), 401)
    problem(world.batch([desk.prediction()], "short"), 401)
    problem(world.get(f"/predictions/{ID}", "short"), 401)


def test_missing_things_are_404(world: World) -> None:
    """For `root`, who has every scope,
    and for somebody with every role: nothing is there under these names."""
    for method, path in ADDRESSES:
        if any(part in path for part in ("/x", ID)):
            answer = world.call(method, path, json={} if method in ("POST", "PUT", "PATCH") else None)
            assert answer.status_code in (404, 403), (method, path, answer.status_code, answer.text)
            if path.startswith(("/reviews", "/queues/x/claim")):
                answer = world.call(method, path, "manager", json={})
            problem(answer, 404)


NEEDS = [
    ("POST", "/predictions", "predictions:write"),
    ("GET", "/outcomes", "outcomes:read"),
    ("GET", "/labels", "labels:read"),
    ("POST", "/exports", "labels:read"),
    ("GET", "/exports", "labels:read"),
    ("POST", "/systems", "registry:write"),
    ("POST", "/models", "registry:write"),
    ("POST", "/queues", "policies:write"),
    ("GET", "/audit/events", "audit:read"),
]


@pytest.mark.parametrize(("method", "path", "needed"), NEEDS)
def test_scopes(world: World, method: str, path: str, needed: str) -> None:
    for scope in ("predictions:write", "outcomes:read", "labels:read", "registry:write", "policies:write",
                  "gate:read", "audit:read", "webhooks:write", "suspensions:write"):  # fmt: skip
        answer = world.call(method, path, scope, **({"json": {}} if method == "POST" else {}))
        if scope == needed:
            assert answer.status_code in (200, 422) or (path == "/systems" and answer.status_code == 403), (
                answer.text
            )
        else:
            problem(answer, 403, "NOT_PERMITTED")


def test_the_right_verb_inside_ones_scope(world: World) -> None:
    desk = world.desk()
    posted = world.waiting(desk)
    number = world.done("POST", f"/models/{desk.model}/policies", {"queue": desk.queue, "threshold": 0.5})[
        "number"
    ]
    policy = {"queue": desk.queue, "threshold": 0.5}
    review = f"/reviews/{posted['review']['id']}"
    for method, path, body, refused in (
        ("POST", "/predictions", desk.prediction(), ("labels:read", "reviewer", "manager", "owner")),
        (
            "POST",
            f"/models/{desk.model}/policies",
            policy,
            ("predictions:write", "reviewer", "manager", "auditor"),
        ),
        ("PUT", f"/models/{desk.model}/policies/{number}", policy, ("registry:write", "reviewer", "auditor")),
        ("DELETE", f"/models/{desk.model}/policies/{number}", None, ("registry:write", "reviewer")),
        (
            "POST",
            f"/models/{desk.model}/policies/{number}/publish",
            {},
            ("registry:write", "reviewer", "auditor"),
        ),
        (
            "POST",
            f"/models/{desk.model}/versions",
            {"version": "2"},
            ("policies:write", "reviewer", "manager"),
        ),
        ("PATCH", f"/models/{desk.model}", {"task": "x"}, ("policies:write", "reviewer", "manager")),
        ("PATCH", f"/systems/{world.ours}", {"name": "x"}, ("policies:write", "reviewer", "manager")),
        ("POST", f"/queues/{desk.queue}/claim", {}, ("ours", "auditor", "owner")),
        ("POST", f"{review}/claim", {}, ("ours", "auditor", "owner")),
        ("POST", f"{review}/assign", {"person": None, "reason": "x"}, ("ours", "reviewer", "owner")),
        ("POST", f"{review}/unlock", {"reason": "x"}, ("ours", "reviewer")),
        ("POST", f"/predictions/{posted['id']}/cancel", {"reason": "x"}, ("labels:read", "reviewer")),
        ("POST", f"/predictions/{posted['id']}/flag", {"reason": "x"}, ("labels:read", "reviewer")),
        ("GET", "/audit/events", None, ("reviewer", "manager", "owner")),
        ("GET", "/outcomes", None, ("reviewer",)),
        ("GET", "/labels", None, ("reviewer", "owner")),
    ):
        for who in refused:
            answer = world.call(method, path, who, **({} if body is None else {"json": body}))
            problem(answer, 403, "NOT_PERMITTED")


def test_outside_ones_scopes_is_missing(world: World) -> None:
    desk = world.desk()
    posted = world.waiting(desk)
    prediction, review, missing = posted["id"], posted["review"]["id"], str(uuid.uuid4())
    for method, path in ADDRESSES:
        there = path.replace("/x", f"/{desk.model}")
        if there == path and ID not in path:
            continue
        if "/exports/" in path or "/audit/" in path:
            continue
        there = there.replace(ID, prediction if "/predictions/" in path else review)
        gone = path.replace("/x", "/nobody").replace(ID, missing)
        if path in ("/systems/x",):
            there = f"/systems/{world.ours}"
        body: Any = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
        for who in ("foreign", "stranger"):
            found, lost = (world.call(method, each, who, **body) for each in (there, gone))
            assert problem(found, 404) == problem(lost, 404), (method, path, who)


def test_foreign_names_in_bodies_are_missing(world: World) -> None:
    desk = world.desk()
    for path, body in (
        ("/queues", {"slug": unique("q"), "name": "q", "system": "NAME"}),
        ("/models", {"slug": unique("m"), "system": "NAME", "task": "t", "output_schema": {}}),
    ):
        found, lost = (
            world.post(path, {**body, "system": name}, "foreign") for name in (world.ours, "nobody")
        )
        assert problem(found, 404) == problem(lost, 404)
    for query in ("/outcomes", "/labels"):
        found, lost = (world.get(query, "foreign", params={"model": name}) for name in (desk.model, "nobody"))
        assert problem(found, 404) == problem(lost, 404)
    export = {"model": desk.model, "format": "jsonl"}
    found, lost = (
        world.post("/exports", {**export, "model": name}, "foreign") for name in (desk.model, "nobody")
    )
    assert problem(found, 404) == problem(lost, 404)
    claims = [world.post("/claim", {"queues": [name]}, "stranger") for name in (desk.queue, "nobody")]
    assert problem(claims[0], 404) == problem(claims[1], 404)


def test_lists_hold_what_is_ones_own(world: World) -> None:
    desk = world.desk()
    world.waiting(desk)
    for path, member in (("/queues", "slug"), ("/models", "slug"), ("/reviews", "queue")):
        for who, sees in (("manager", True), ("stranger", False)):
            rows = world.done("GET", f"{path}?limit=500", who=who)["results"]
            assert (desk.model in [row[member] for row in rows]) is sees, (path, who)
    for who, slugs in (("reviewer", [world.ours]), ("stranger", [world.theirs]), ("foreign", [world.theirs])):
        assert [row["slug"] for row in world.done("GET", "/systems", who=who)["results"]] == slugs


@pytest.fixture
def browser(world: World) -> Iterator[httpx.Client]:
    with world.signed_in("reviewer") as browser:
        yield browser


def test_a_session_needs_its_csrf_token(world: World, browser: httpx.Client) -> None:
    desk = world.desk()
    path = f"{API}/queues/{desk.queue}/claim"
    assert browser.get(f"{API}/queues").status_code == 200
    problem(browser.post(path, json={}), 403)
    token = browser.cookies["csrftoken"]
    headers = {"X-CSRFToken": token, "Referer": f"{world.url}/", "Origin": world.url}
    answer = browser.post(path, json={}, headers=headers)
    assert answer.json() == {"review": None, "why": "empty", "next_free_at": None}
    problem(browser.post(path, json={}, headers={**headers, "Origin": "http://evil.example"}), 403)


def test_a_bearer_counts_before_a_session(world: World, browser: httpx.Client) -> None:
    problem(browser.get(f"{API}/queues", headers={"Authorization": "Bearer csk_nothing"}), 401)


def test_a_person_who_is_deactivated(world: World) -> None:
    world.person("gone", "reviewer", system=world.ours)
    assert world.get("/queues", "gone").status_code == 200
    world.command("user", "deactivate", world.emails["gone"])
    problem(world.get("/queues", "gone"), 401)


def test_a_role_on_one_queue_reaches_only_that(world: World) -> None:
    desk, other = world.desk(), world.desk()
    world.person("narrow", "reviewer", queue=desk.queue)
    posted, elsewhere = world.waiting(desk), world.waiting(other)
    assert world.claimed(desk, "narrow")["review"]["id"] == posted["review"]["id"]
    assert world.get(f"/predictions/{posted['id']}", "narrow").json()["input"] == {"amount": 12.5}
    problem(world.get(f"/queues/{other.queue}", "narrow"), 404)
    problem(world.get(f"/reviews/{elsewhere['review']['id']}", "narrow"), 404)
    problem(world.get(f"/predictions/{elsewhere['id']}", "narrow"), 404)
    assert [row["slug"] for row in world.done("GET", "/queues", who="narrow")["results"]] == [desk.queue]
    assert world.post("/claim", {}, "narrow").json()["review"] is not None
