"""A log with a key and an anchor file of its own, and events to fill it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from audit.log import growing
from audit.trail import sequencer
from audit.trail import services as trail
from audit.trail.actors import OPERATOR


@pytest.fixture
def outside(tmp_path: Path, settings: Any) -> Path:
    """The folder in which key and anchors are."""
    settings.VAR_DIR, settings.AUDIT_LOG_KEY_FILE, settings.AUDIT_ANCHOR_FILE = tmp_path, "", ""
    settings.AUDIT_WITNESSES, settings.AUDIT_TSA_URL, settings.AUDIT_TSA_CERTIFICATES = (), "", ""
    return tmp_path


@pytest.fixture
def grow() -> Callable[[int], None]:
    """Write that many events and add them to the log."""

    def do(count: int) -> None:
        write(count)
        sequence()

    return do


def write(count: int, *, kind: str = "test.noted") -> None:
    """Events that wait for the sequencer."""
    with transaction.atomic():
        for n in range(count):
            trail.remark(kind=kind, actor=OPERATOR, entity_type="test", details={"n": n}, now=timezone.now())


def sequence() -> None:
    """What the sequencer does, until nothing waits."""
    while sequencer.integrate_all() or growing.grow():
        pass
