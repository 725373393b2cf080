"""A suspension in two real web processes: both see it at their next request."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from config.embedded.programs import programs
from config.environment import BASE_DIR
from tests.live import LiveCopy
from tests.servers import free_port

SEEN_WITHIN = 2.0
"""Seconds."""


@pytest.fixture
def second(live: LiveCopy) -> Iterator[str]:
    """Another web process beside those of the copy, on the same database."""
    port = free_port()
    environment = {**live.environment, "WEB_PROCESSES": "1", "COUNTERSIGN_PROCESS": "web", "PORT": str(port)}
    (web, *_), _ = programs(port=port, environ=environment)
    process = subprocess.Popen(web.command, cwd=BASE_DIR, env={**os.environ, **environment})
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _await(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the second web process does not answer")


def test_both_see_a_suspension_and_its_lifting(live: LiveCopy, second: str) -> None:
    scopes = ("registry:write", "policies:write", "predictions:write", "gate:read", "suspensions:write")
    given = [part for scope in scopes for part in ("--scope", scope)]
    secret = live.manage("service_key", "create", "two processes", *given).stdout.strip()

    def call(url: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            f"{url}/api/v1{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    call(live.url, "/systems", {"slug": "two", "name": "Two"})
    call(
        live.url,
        "/models",
        {"slug": "two-model", "system": "two", "task": "t", "output_schema": {"type": "object"}},
    )
    call(live.url, "/models/two-model/versions", {"version": "1"})
    call(live.url, "/models/two-model/policies", {"queue": "two-inbox", "threshold": 0.5})
    call(live.url, "/models/two-model/policies/1/publish", {})
    numbers = iter(range(10_000))

    def seen(url: str) -> tuple[bool, bool]:
        """Whether the gate denies it as suspended, and whether a prediction goes to a person."""
        question = {"model": "two-model", "version": "1", "environment": "production"}
        codes = {reason["code"] for reason in call(url, "/gate", question)["reasons"]}
        posted = {"model": "two-model", "version": "1", "external_id": f"p{next(numbers)}", "input": {},
                  "output": {"label": "x"}, "confidence": 0.9}  # fmt: skip
        routing = call(url, "/predictions", posted)["routing"]
        return "SUSPENDED" in codes, routing["reasons"] == ["SUSPENDED"]

    urls = [live.url] * 6 + [second] * 3
    assert {seen(url) for url in urls} == {(False, False)}

    row = call(second, "/suspensions", {"model": "two-model", "reason": "It drifts."})
    began = time.monotonic()
    assert {seen(url) for url in urls} == {(True, True)}
    assert time.monotonic() - began < SEEN_WITHIN * len(urls)

    call(live.url, f"/suspensions/{row['id']}/lift", {"reason": "Mended."})
    assert {seen(url) for url in urls} == {(False, False)}
