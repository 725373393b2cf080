"""What approvals and classes say, without the rooms that hold them: the gate is what is tested."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from audit.ids import uuid7
from governance.gate import facts, known
from governance.suspensions import facts as below
from registry.systems.reasons import Reason


@dataclass
class Signed:
    """An approval as the room below gives it."""

    id: UUID = field(default_factory=uuid7)
    expires_at: dt.datetime = field(default_factory=lambda: timezone.now() + dt.timedelta(days=30))
    revalidation: str = "ok"
    conditions: list[dict[str, str]] = field(default_factory=list)
    waived: frozenset[str] = frozenset()


@dataclass
class Said:
    """What the other rooms say about every version."""

    class_: str | None = "high_risk"
    approval: Signed | None = field(default_factory=Signed)
    why_none: tuple[Reason, ...] = (Reason("NOT_APPROVED", "Nobody has asked for an approval."),)
    unfulfilled: tuple[Reason, ...] = ()
    contexts: list[Any] = field(default_factory=list)
    lifting: bool = False


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """Change it, and the gate says something else."""
    it = Said()

    def evaluate(conditions: Any, *, context: Any, **_: Any) -> Any:
        it.contexts.append(context)
        return it.unfulfilled

    monkeypatch.setattr(facts.approvals, "approval_in_force", lambda *_: it.approval)
    monkeypatch.setattr(facts.approvals, "why_none", lambda *_: it.why_none)
    monkeypatch.setattr(facts.conditions, "evaluate", evaluate)
    monkeypatch.setattr(facts.hooks, "measured", lambda version: {"errors": 0.02})
    monkeypatch.setattr(below, "lifting_approved", lambda *_: it.lifting)
    monkeypatch.setattr(below, "class_of", lambda system_id: it.class_)
    return it


@pytest.fixture(autouse=True)
def knows_nothing_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What another test's database said is forgotten; so is this one's, after it."""
    monkeypatch.setattr(known, "_current", None)
    yield
    known._current = None


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, settings: Any) -> None:
    """Keys of this test alone."""
    settings.VAR_DIR, settings.RECEIPT_KEY_FILE = tmp_path, ""
