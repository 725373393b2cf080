"""manage.py up: whatever is killed, and whenever, nothing acknowledged is lost and nothing happens twice.

Bounded: FAULT_ROUNDS kills (default 6), some seconds each.
"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.copy import PARTS, Copy, temporary_folder
from tests.faults.history import History

pytestmark = pytest.mark.journey

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "6"))


@pytest.fixture
def copy() -> Iterator[Copy]:
    with temporary_folder() as folder:
        copy = Copy(Path(folder) / "v")
        try:
            copy.start()
            yield copy
        finally:
            if copy.up is not None:
                copy.stop()


@pytest.fixture
def history(copy: Copy) -> History:
    return make_history(copy)


def make_history(copy: Copy) -> History:
    """A key and three reviewers, who have a model to work on."""
    scopes = [
        "predictions:write",
        "outcomes:read",
        "labels:read",
        "registry:write",
        "policies:write",
        "audit:read",
    ]
    key = copy.manage("service_key", "create", "load", *(f"--scope={scope}" for scope in scopes))
    tokens = []
    for n in range(3):
        email = f"reviewer{n}@example.org"
        copy.manage(
            "user", "create", email, "--role", "reviewer", COUNTERSIGN_PASSWORD="a long pass phrase 1"
        )
        tokens.append(copy.manage("user", "token", email))
    history = History(copy.url, key, tokens)
    history.prepare()
    return history


def test_loses_and_doubles_nothing(copy: Copy, history: History) -> None:
    threads = history.run_load()
    parts = [
        part for _ in range(ROUNDS // len(PARTS) + 1) for part in random.sample(sorted(PARTS), len(PARTS))
    ]
    for part in parts[:ROUNDS]:
        time.sleep(random.uniform(0.5, 2))
        kill(copy, part)
        await_ready(copy)
    time.sleep(1)
    history.stop.set()
    for thread in threads:
        thread.join(120)
    assert not history.troubles, history.troubles
    assert len(history.predictions) > 100
    assert len(history.judgements) > 20
    time.sleep(2)
    history.check()
    assert "refuses" not in copy.manage("audit_log", "show")

    copy.kill_everything()
    copy.start()
    time.sleep(2)

    history.check()
    print(
        f"{ROUNDS} kills; {len(history.predictions)} predictions and {len(history.judgements)} judgements "
        f"acknowledged, {history.retries} requests repeated, none lost"
    )


def test_leaves_no_process_behind(copy: Copy) -> None:
    family = copy.family()
    assert len(family) >= len(PARTS)

    copy.stop()

    assert not [process for process in family if process.is_running()]


def kill(copy: Copy, part: str) -> None:
    """Kill a part, waiting for it where an earlier kill took it along and it is being started again."""
    deadline = time.monotonic() + 30
    while not copy.kill(part):
        assert time.monotonic() < deadline, f"there was no {part}"
        time.sleep(0.1)


def await_ready(copy: Copy) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{copy.url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError("the copy did not come back")
