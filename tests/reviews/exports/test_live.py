"""An export from asking to the file, through real processes and a real broker; also when the worker dies."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pytest

from config.environment import BASE_DIR
from tests.live import LiveCopy

pytestmark = [pytest.mark.journey, pytest.mark.services]

MAKE = """
import django; django.setup()
from django.utils import timezone
from audit.trail.actors import OPERATOR
from governance.access import credentials
from tests.reviews.labels import making
system = making.system()
model, queue, reviewer = making.model(system), making.queue(system), making.person()
for n in range(30):
    making.label(model, queue, reviewer, {"label": "ok"}, posted={"input": {"n": n}}, changed=True)
_, secret = credentials.create_key(
    name="trainer", scopes=["labels:read"], system_ids=[system.pk], actor=OPERATOR, now=timezone.now())
print(model.slug, secret)
"""


@pytest.fixture(scope="module")
def trainer(live: LiveCopy) -> tuple[str, str]:
    """A model with thirty labels, and a key that may read them."""
    done = subprocess.run(
        [sys.executable, "-c", MAKE],
        cwd=BASE_DIR,
        env=live.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    slug, secret = done.stdout.split()
    return slug, secret


def call(live: LiveCopy, secret: str, path: str, body: Any = None) -> bytes:
    request = urllib.request.Request(
        f"{live.url}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


def ended(live: LiveCopy, secret: str, export_id: str, *, seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        live.supervisor.look_after()
        shown: dict[str, Any] = json.loads(call(live, secret, f"/exports/{export_id}"))
        if shown["state"] not in ("queued", "running"):
            return shown
        time.sleep(0.1)
    raise AssertionError(f"still {shown['state']}")


def test_a_worker_makes_it_and_the_files_can_be_fetched(live: LiveCopy, trainer: tuple[str, str]):
    slug, secret = trainer
    asked = json.loads(call(live, secret, "/exports", {"model": slug, "format": "jsonl"}))

    shown = ended(live, secret, asked["id"], seconds=30)

    assert (shown["state"], shown["manifest"]["rows"]) == ("done", 30)
    lines = call(live, secret, f"/exports/{asked['id']}/files/labels.jsonl").splitlines()
    assert [json.loads(line)["input"]["n"] for line in lines] == list(range(30))


def test_is_made_although_the_worker_was_killed(live: LiveCopy, trainer: tuple[str, str]):
    slug, secret = trainer
    os.kill(live.process("exporter").process.pid, signal.SIGKILL)
    asked = json.loads(call(live, secret, "/exports", {"model": slug, "format": "csv"}))

    shown = ended(live, secret, asked["id"], seconds=90)

    assert (shown["state"], shown["manifest"]["rows"]) == ("done", 30)
