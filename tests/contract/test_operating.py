"""What stands at the root, and the command line with its fixed names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from tests.contract.test_authentication import ADDRESSES
from tests.contract.world import API, PASSWORD, World, problem, unique


def test_healthz(world: World) -> None:
    answer = world.http.get("/healthz")
    assert (answer.status_code, answer.text.strip()) == (200, "ok")


def test_readyz(world: World) -> None:
    answer = world.http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] in ("ok", "degraded")


def test_metrics(world: World) -> None:
    answer = world.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE" in answer.text


def test_openapi(world: World) -> None:
    document = world.http.get(f"{API}/openapi.json")
    assert document.status_code == 200
    assert document.headers["content-type"].split(";")[0] in (
        "application/json",
        "application/vnd.oai.openapi+json",
    )
    body = document.json()
    assert body["openapi"].startswith("3.1")
    here = {
        (method.upper(), "/".join("{}" if part.startswith("{") else part for part in path.split("/")))
        for path, methods in body["paths"].items()
        for method in methods
    }
    for method, path in ADDRESSES:
        segments = [
            "{}" if part in ("x", "1", "a", "a.jsonl") or part.startswith("0193") else part
            for part in path.split("/")
        ]
        assert (method, f"{API}{'/'.join(segments)}") in here, (method, path)


def test_the_readable_api(world: World) -> None:
    answer = world.http.get(f"{API}/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "https://" not in answer.text.replace(world.url, "")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


def test_secrets_stand_alone_on_stdout(world: World) -> None:
    key = world.command("service_key", "create", unique("k"), "--scope", "audit:read", "--system", world.ours)
    token = world.command("user", "token", world.emails["auditor"])
    for secret in (key, token):
        assert len(secret.split()) == 1
    world.secrets["fresh"], world.secrets["acting"] = key, token
    assert world.get("/audit/events", "fresh").status_code == 200
    assert world.get("/audit/events", "acting").status_code == 200


def test_keys_are_listed_rotated_and_revoked(world: World) -> None:
    name = unique("rotated")
    world.secrets["old"] = world.command(
        "service_key", "create", name, "--scope", "outcomes:read", "--scope", "predictions:write"
    )
    assert name in world.command("service_key", "list")
    posted = world.done("POST", "/predictions", world.desk().prediction(), "old")
    world.secrets["new"] = world.command("service_key", "rotate", name)
    assert world.done("GET", f"/predictions/{posted['id']}", who="new")["input"] == {"amount": 12.5}
    for who in ("old", "new"):
        assert world.get("/outcomes", who).status_code == 200, who
    world.command("service_key", "revoke", "_".join(world.secrets["old"].split("_")[:2]))
    problem(world.get("/outcomes", "old"), 401)
    assert world.get("/outcomes", "new").status_code == 200
    assert world.secrets["new"] not in world.command("service_key", "list")


ROLES = (
    "reviewer", "adjudicator", "queue_manager", "model_owner", "compliance_officer", "risk_officer",
    "auditor",
)  # fmt: skip


def test_roles_are_granted_and_taken(world: World) -> None:
    """Every role at every scope; nothing is left of it afterwards."""
    desk = world.desk(publish=False)
    world.person("many", "reviewer", system=world.theirs)
    email = world.emails["many"]
    problem(world.get(f"/queues/{desk.queue}", "many"), 404)
    for role in ROLES:
        for scope in ((), ("--system", world.ours), ("--queue", desk.queue)):
            world.command("user", "grant", email, role, *scope)
            assert world.get(f"/queues/{desk.queue}", "many").status_code == 200, (role, scope)
            world.command("user", "revoke", email, role, *scope)
    problem(world.get(f"/queues/{desk.queue}", "many"), 404)


def test_an_auditor_of_one_system(world: World) -> None:
    kinds = {
        who: {row["kind"] for row in world.done("GET", "/audit/events?limit=500", who=who)["results"]}
        for who in ("auditor", "root")
    }
    assert "registry.system.registered" in kinds["auditor"]
    assert "access.key.created" in kinds["root"] - kinds["auditor"]


def test_passwords(world: World) -> None:
    world.command("user", "password", world.emails["second"])
    with world.signed_in("second") as browser:
        assert browser.get("/").status_code == 200
    assert PASSWORD


@pytest.mark.parametrize(
    "arguments",
    [
        ["user", "create", "new@example.org", "--role", "nobody"],
        ["user", "grant", "nobody@example.org", "reviewer"],
        ["user", "token", "nobody@example.org"],
        ["user", "create", "new@example.org", "--role", "reviewer", "--system", "nobody"],
        ["service_key", "create", "x", "--scope", "nobody:write"],
        ["service_key", "create", "x", "--scope", "audit:read", "--system", "nobody"],
        ["service_key", "revoke", "nobody"],
    ],
)
def test_refused_commands(world: World, arguments: list[str]) -> None:
    with pytest.raises(AssertionError, match="refused"):
        world.command(*arguments)


def test_a_copy_that_does_not_run(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE", "REDIS", "DJANGO"))
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "service_key", "create", "x", "--scope", "audit:read"],
        cwd=BASE_DIR,
        env={**environment, "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "make up" in done.stderr or "manage.py up" in done.stderr
    assert "Traceback" not in done.stderr
