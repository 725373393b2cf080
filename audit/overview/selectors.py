"""How the log is doing, put together from everything that watches it."""

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.db import connection

from audit.checking import selectors as checking
from audit.checking.models import CheckState
from audit.fingerprint import selectors as fingerprint
from audit.log import anchors, selectors, standing
from audit.log.models import Log, LogKey

HOURS: Final = 24

# Each hour's growth is the difference of the largest trees that were signed until then.
_GROWTH: Final = """
SELECT hour, (SELECT max(size) FROM audit_checkpoint
              WHERE log = %(log)s AND signed_at < hour + interval '1 hour')
FROM generate_series(date_trunc('hour', %(now)s::timestamptz) - make_interval(hours => %(hours)s),
                     date_trunc('hour', %(now)s::timestamptz), interval '1 hour') AS hour ORDER BY hour
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the log."""

    begins: dt.datetime
    leaves: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page of the log says."""

    log: Log
    former: list[Log]
    standing: standing.Standing
    fingerprint: fingerprint.Standing
    checks: list[CheckState]
    """The last checks by `audit_verify` and by the clock, the newest first."""
    key: LogKey | None
    waiting: int
    lag: float
    """Seconds for which the oldest event has waited for its place."""
    hours: list[Hour]
    anchored_by_same_user: bool
    warnings: list[str]
    """What is late or wrong, each a sentence for people."""


def overview(now: dt.datetime) -> Overview:
    """Look at everything."""
    *former, log = selectors.logs()
    found = standing.standing(now)
    schema, checks = fingerprint.standing(), checking.last_checks()
    waiting, lag = _waiting()
    return Overview(
        log=log,
        former=former,
        standing=found,
        fingerprint=schema,
        checks=checks,
        key=LogKey.objects.filter(log=log.number).order_by("-seq").first(),
        waiting=waiting,
        lag=lag,
        hours=growth(log, now),
        anchored_by_same_user=_anchored_by_same_user(),
        warnings=[
            *found.warnings,
            *of_checks(checks, since=log.started_at, now=now),
            *_of_schema(schema, now),
            *_of_lag(lag),
        ],
    )


def growth(log: Log, now: dt.datetime) -> list[Hour]:
    """How many leaves each of the last hours added and a checkpoint covers."""
    with connection.cursor() as cursor:
        cursor.execute(_GROWTH, {"log": log.number, "now": now, "hours": HOURS})
        rows = [(hour, size or 0) for hour, size in cursor.fetchall()]
    return [Hour(hour, size - before) for (_, before), (hour, size) in pairwise(rows)]


def _waiting() -> tuple[int, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM (SELECT FROM audit_pending WHERE feed = 1 LIMIT 100000) AS counted),
                   coalesce(extract(epoch FROM clock_timestamp() - (
                       SELECT recorded_at FROM audit_event WHERE seq = (
                           SELECT min(ref) FROM audit_pending WHERE feed = 1))), 0)
            """
        )
        waiting, lag = cursor.fetchone()
    return int(waiting), max(0.0, float(lag))


LATE_EVENTS: Final = 5.0
LATE_CHECK: Final = dt.timedelta(minutes=30)


def _of_lag(lag: float) -> list[str]:
    if lag <= LATE_EVENTS:
        return []
    return [f"events have waited for their place in the log for {lag:.0f} s: does the sequencer run?"]


def of_checks(checks: Sequence[CheckState], *, since: dt.datetime, now: dt.datetime) -> list[str]:
    """What the last checks found, and whether the clock still checks."""
    found = [
        f"the check of {'everything' if check.name == CheckState.WHOLE else 'what is new'} found "
        f"{', '.join(check.result['found'])}: run manage.py audit_verify, and keep a copy of the database"
        for check in checks
        if not check.ok
    ]
    last = max((check.at for check in checks), default=since)
    if now - last > LATE_CHECK:
        found.append("nobody has checked the log for half an hour: does the worker run?")
    return found


def _of_schema(schema: fingerprint.Standing, now: dt.datetime) -> list[str]:
    if schema.is_late(now):
        return ["the fingerprint of the schema is older than a day: does the clock run?"]
    if schema.changed and not schema.is_explained:
        return ["the schema changed, and no migration explains it"]
    return []


def _anchored_by_same_user() -> bool:
    """Whether the anchor file belongs to the user of this process, who could then rewrite it."""
    try:
        return anchors.place().stat().st_uid == os.getuid()
    except OSError:
        return False
