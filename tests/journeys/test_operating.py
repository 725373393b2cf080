"""A running copy as an administrator and a load balancer see it."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message

import psycopg
import pytest

from tests.live import LiveCopy

pytestmark = [pytest.mark.journey, pytest.mark.services]


def get(live: LiveCopy, path: str, **headers: str) -> tuple[int, str, Message]:
    request = urllib.request.Request(live.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def eventually(check: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def test_says_that_it_is_alive_and_ready(live: LiveCopy):
    assert get(live, "/healthz")[:2] == (200, "ok\n")

    status, body, _ = get(live, "/readyz")

    assert status == 200
    assert json.loads(body)["checks"]["database"] == "ok"


def test_the_clock_reaches_the_worker_through_the_broker(live: LiveCopy):
    eventually(
        lambda: (
            json.loads(get(live, "/readyz")[1]) | {"checks": None}
            == {
                "status": "ok",
                "checks": None,
                "warnings": [],
            }
        )
    )


def test_measures_by_route_and_never_by_path(live: LiveCopy):
    get(live, "/no-such-page-as-4711")

    status, body, _ = get(live, "/metrics")

    assert status == 200
    assert 'countersign_request_seconds_count{method="GET",route="(none)",status="404"}' in body
    assert "no-such-page" not in body


def test_logs_the_route_and_the_request_id_and_not_the_query(live: LiveCopy):
    _, _, headers = get(live, "/healthz?name=Grace", **{"X-Request-ID": "abc-123"})

    assert headers["X-Request-ID"] == "abc-123"
    eventually(lambda: '"request_id":"abc-123"' in (live.var_dir / "log" / "web.log").read_text(), 5)
    assert "Grace" not in (live.var_dir / "log" / "web.log").read_text()


def test_sends_the_content_security_policy(live: LiveCopy):
    _, _, headers = get(live, "/healthz")

    policy = {part.strip() for part in headers["Content-Security-Policy"].split(";")}
    assert policy == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }


def test_web_answers_again_after_the_database_ended_every_connection(live: LiveCopy):
    assert get(live, "/readyz")[0] == 200

    with psycopg.connect(**live.database.login, dbname="postgres", autocommit=True) as cluster:
        cluster.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [live.database.name]
        )
    time.sleep(1.1)  # what /readyz found out is kept for a second

    found = [get(live, "/readyz")[:2] for _ in range(4)]
    assert [status for status, _ in found] == [200] * 4, found


@pytest.mark.parametrize("name", ["web", "worker", "clock", "sequencer"])
def test_a_killed_process_is_started_again(live: LiveCopy, name: str):
    process = live.process(name).process
    assert process is not None

    os.killpg(process.pid, signal.SIGKILL)

    process.wait(5)
    live.await_ready()

    def is_back() -> bool:
        live.supervisor.look_after()
        again = live.process(name).process
        return again is not None and again.pid != process.pid and again.poll() is None

    eventually(is_back)
