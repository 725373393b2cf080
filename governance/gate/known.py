"""What a process remembers of versions and how they stand, for as long as the epoch it was read at stands.

No correctness rests on this: the statement that keeps an answer compares the epoch in the same round trip,
and a change in between makes us read afresh and judge again. What changes with time alone (an exemption that
ends, evidence that grows old) raises no epoch, so nothing is remembered for longer than a second.
"""

import datetime as dt
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection

from governance.gate.facts import Standing, Subject, standing_of, subject_of
from registry.catalog.epoch import EPOCH
from registry.catalog.models import ModelVersion

LONGEST: Final = 1.0
"""Seconds."""
MOST: Final = 1_000
"""Entries of each kind; whoever asks about more at once is answered from the database."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything under one epoch, read when it is first asked for."""

    epoch: str
    read_at: float
    _named: dict[tuple[str, str], Subject] = field(default_factory=dict)
    _holding: dict[tuple[str, ...], Sequence[Subject]] = field(default_factory=dict)
    _standings: dict[tuple[UUID, str], Standing] = field(default_factory=dict)

    def named(self, model: str, version: str) -> Subject | None:
        """The version of that name. Absence is not kept: anybody can make up names."""
        found = self._named.get((model, version))
        if found is None and (found := _read_named(model, version)) and len(self._named) < MOST:
            self._named[model, version] = found
        return found

    def holding(self, artifacts: tuple[str, ...]) -> Sequence[Subject]:
        """The versions that have exactly these artifacts, whoever may know them."""
        found = self._holding.get(artifacts)
        if found is None:
            found = _read_holding(artifacts)
            if found and len(self._holding) < MOST:
                self._holding[artifacts] = found
        return found

    def standing(self, subject: Subject, environment: str, *, now: dt.datetime) -> Standing:
        """How a version stands there."""
        found = self._standings.get((subject.version_id, environment))
        if found is None:
            found = standing_of(subject, environment, now=now)
            if len(self._standings) < MOST:
                self._standings[subject.version_id, environment] = found
        return found


_lock = threading.Lock()
_current: Known | None = None


def current() -> Known:
    """What this process last read, at most a second ago."""
    known = _current
    return known if known and time.monotonic() - known.read_at < LONGEST else renewed(known)


def renewed(stale: Known | None) -> Known:
    """A newer one than `stale`; another thread may have begun it already."""
    global _current
    with _lock:
        if _current is None or _current is stale:
            _current = _begin()
        return _current


def _begin() -> Known:
    # The epoch first: what is newer than it is found out by the statement, what is older would not be.
    read_at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {EPOCH} FROM registry_epoch")
        (epoch,) = cursor.fetchone()
    return Known(epoch, read_at)


def _read_named(model: str, version: str) -> Subject | None:
    found = ModelVersion.objects.select_related("model").prefetch_related("artifacts")
    row = found.filter(model__slug=model, version=version).first()
    return subject_of(row) if row else None


def _read_holding(artifacts: tuple[str, ...]) -> list[Subject]:
    """By one of the digests through its index, then by all of them."""
    candidates = ModelVersion.objects.filter(artifacts__sha256=artifacts[0]).values("pk")
    exact = (
        ModelVersion.objects.filter(pk__in=candidates)
        .annotate(digests=ArrayAgg("artifacts__sha256", distinct=True, order_by="artifacts__sha256"))
        .filter(digests=list(artifacts))
    )
    rows = ModelVersion.objects.filter(pk__in=exact.values("pk")).select_related("model")
    return [subject_of(row) for row in rows.prefetch_related("artifacts").order_by("pk")]
