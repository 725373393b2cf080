"""Is it alive, is it ready, how is it doing: for load balancers, administrators and Prometheus."""

import contextlib
import functools
import hmac
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError

from audit.checking.models import CheckState
from audit.checking.selectors import last_checks
from audit.fingerprint import selectors as fingerprint
from audit.log import selectors
from audit.log.standing import Standing, standing
from audit.overview.selectors import of_checks
from audit.roles import why_weakened
from config import metrics as measures
from config.celery import app as celery
from config.models import Landmark
from config.ratelimit import client_address

log = structlog.get_logger(__name__)

LATE_SEQUENCER = 5.0
LATE_WORKER = timedelta(seconds=90)
MONTHS_AHEAD = 2
KEPT_FOR = 1.0
"""Seconds for which one look is good enough: anybody may ask."""


@dataclass
class Report:
    """What a look at everything found."""

    checks: dict[str, str] = field(default_factory=dict)
    """`ok`, or what is wrong, by subject."""
    warnings: list[str] = field(default_factory=list)
    """What works, but not as it should."""
    ready: bool = True
    pending: int = 0
    sequencer_lag: float = 0.0
    log: Standing | None = None
    checks_of_log: list[CheckState] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        status = "unavailable" if not self.ready else "degraded" if self.warnings else "ok"
        return {"status": status, "checks": self.checks, "warnings": self.warnings}


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing more."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Whether requests can be served; with warnings about what needs an administrator."""
    found = report()
    return JsonResponse(found.as_json(), status=200 if found.ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The text format of Prometheus, for loopback or for whoever holds METRICS_TOKEN."""
    if not _may_read_metrics(request):
        return HttpResponse("loopback or METRICS_TOKEN only\n", status=403, content_type="text/plain")
    found = report()
    measures.set_gauges(ready=found.ready, pending=found.pending, sequencer_lag=found.sequencer_lag)
    if found.log is not None:
        _measure_log(found.log, found.checks_of_log)
    return HttpResponse(measures.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


_looking = threading.Lock()
_last: tuple[float, Report] = (-KEPT_FOR, Report())


def report() -> Report:
    """What there is to say, at most a second old."""
    global _last
    with _looking:
        if time.monotonic() - _last[0] >= KEPT_FOR:
            _last = (time.monotonic(), look())
        return _last[1]


def look() -> Report:
    """Look at everything now."""
    found = Report()
    with _subject(found, "database", needed=True), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not found.ready:
        return found
    with _subject(found, "migrations", needed=True):
        if missing := _missing_migrations():
            found.ready = False
            found.checks["migrations"] = f"{missing} are missing: run `manage.py migrate --database admin`"
            return found
    for subject, check in CHECKS.items():
        with _subject(found, subject):
            check(found)
    return found


@contextlib.contextmanager
def _subject(found: Report, subject: str, *, needed: bool = False) -> Iterator[None]:
    before = len(found.warnings)
    try:
        yield
    except (DatabaseError, OSError, BrokerError) as error:
        # The kind only: anybody may read this, and messages name hosts and logins.
        log.warning("health.check_failed", subject=subject, exc_info=error)
        found.checks[subject] = f"failed: {type(error).__name__}"
        found.ready = found.ready and not needed
        if not needed:
            found.warnings.append(f"{subject} could not be checked or reached")
    else:
        found.checks.setdefault(subject, "ok" if len(found.warnings) == before else "warning")


@functools.cache
def _migrations_on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _missing_migrations() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return len(_migrations_on_disk() - set(cursor.fetchall()))


def _check_guards(found: Report) -> None:
    if reason := why_weakened(connection):
        found.warnings.append(reason)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'audit\\_%%' "
            "AND tgenabled <> 'A' AND tgparentid = 0"
        )
        row = cursor.fetchone()
    if row and row[0]:
        found.warnings.append(f"guards weakened: {row[0]} of the trail's triggers are switched off")


def _check_schema(found: Report) -> None:
    """The schema last looked like what migrations or an operator account for, and somebody looks."""
    standing = fingerprint.standing()
    if standing.digest and not standing.is_explained:
        found.warnings.append(
            f"schema: {len(standing.changed)} objects changed without a migration, such as "
            f"{standing.changed[0] if standing.changed else 'none by name'}: see manage.py audit_fingerprint"
        )
    elif standing.last_event_at is not None and standing.is_late(timezone.now()):
        found.warnings.append("schema: nobody has looked at it for more than a day; is the worker running?")


def _check_partitions(found: Report) -> None:
    """The months ahead exist, and nothing fell into the partition for what has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE to_regclass('reviews_prediction' || month) IS NULL
                                       OR to_regclass('reviews_payload' || month) IS NULL)
            FROM (SELECT to_char(date_trunc('month', now() AT TIME ZONE 'UTC')
                                 + make_interval(months => ahead), '_YYYY_MM') AS month
                  FROM generate_series(0, %s) AS ahead) AS months
            """,
            [MONTHS_AHEAD],
        )
        row = cursor.fetchone()
    if row and row[0]:
        found.warnings.append(f"partitions: {row[0]} of the next {MONTHS_AHEAD + 1} months have none yet")


def _check_sequencer(found: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM (SELECT FROM audit_pending LIMIT 100000) AS counted),
                   coalesce(extract(epoch FROM clock_timestamp() - (
                       SELECT recorded_at FROM audit_event WHERE seq = (
                           SELECT min(ref) FROM audit_pending WHERE feed = 1))), 0)
            """
        )
        row = cursor.fetchone()
    assert row is not None  # it has no FROM
    found.pending, found.sequencer_lag = int(row[0]), max(0.0, float(row[1]))
    if found.sequencer_lag > LATE_SEQUENCER:
        found.warnings.append(
            f"sequencer: facts wait for {found.sequencer_lag:.0f} s for their place in the feeds"
        )


def _check_log(found: Report) -> None:
    """The tree is signed, and somebody outside has seen it."""
    found.log = standing(timezone.now())
    found.warnings += [f"log: {warning}" for warning in found.log.warnings]
    found.checks_of_log = last_checks()
    since = selectors.current().started_at
    found.warnings += [
        f"log: {warning}" for warning in of_checks(found.checks_of_log, since=since, now=timezone.now())
    ]


def _measure_log(log: Standing, checks: list[CheckState]) -> None:
    now = timezone.now()
    ages = {place.kind: (now - place.at).total_seconds() for place in log.places if place.at}
    signed_at = log.checkpoint.signed_at if log.checkpoint else None
    measures.set_log_gauges(
        size=log.size,
        checkpoint_age=(now - signed_at).total_seconds() if signed_at else None,
        anchor_ages=ages,
        refused=bool(log.refusal),
        findings=sum(sum(check.result["found"].values()) for check in checks),
    )


def _check_worker(found: Report) -> None:
    seen = Landmark.objects.filter(name=Landmark.WORKER_SEEN).values_list("at", flat=True).first()
    if seen is None or timezone.now() - seen > LATE_WORKER:
        found.warnings.append("worker: no sign of life; exports and held judgements wait")


def _check_broker(found: Report) -> None:
    with celery.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)


CHECKS: dict[str, Callable[[Report], None]] = {
    "guards": _check_guards,
    "schema": _check_schema,
    "partitions": _check_partitions,
    "sequencer": _check_sequencer,
    "log": _check_log,
    "broker": _check_broker,
    "worker": _check_worker,
}


def _may_read_metrics(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if not settings.PROXY_COUNT and "X-Forwarded-For" in request.headers:
        return False  # a proxy on this machine makes everybody look like loopback
    try:
        return ipaddress.ip_address(client_address(request)).is_loopback
    except ValueError:
        return False
