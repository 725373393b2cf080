"""What `/metrics` reports. Labels are routes and kinds, never ids or anything a client sent."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import (
    REGISTRY as OWN_PROCESS,
)
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Histogram(
    "countersign_request_seconds",
    "Duration of requests by method, route and status.",
    ["method", "route", "status"],
    buckets=BUCKETS,
)

READY = Gauge("countersign_ready", "1 when requests can be served.", multiprocess_mode="mostrecent")
PENDING = Gauge(
    "countersign_pending_facts", "Facts without a place in their feed yet.", multiprocess_mode="mostrecent"
)
SEQUENCER_LAG = Gauge(
    "countersign_sequencer_lag_seconds", "Age of the oldest of them.", multiprocess_mode="mostrecent"
)

LOG_SIZE = Gauge("countersign_log_leaves", "Leaves of the audit log.", multiprocess_mode="mostrecent")
CHECKPOINT_AGE = Gauge(
    "countersign_log_checkpoint_age_seconds",
    "Age of the newest signed checkpoint of the audit log.",
    multiprocess_mode="mostrecent",
)
ANCHOR_AGE = Gauge(
    "countersign_log_anchor_age_seconds",
    "How long ago a checkpoint was shown outside the database, by kind of place (the latest of a kind).",
    ["kind"],
    multiprocess_mode="mostrecent",
)
SIGNER_REFUSES = Gauge(
    "countersign_log_signer_refuses",
    "1 while the signer refuses to sign the audit log.",
    multiprocess_mode="mostrecent",
)

LOG_FINDINGS = Gauge(
    "countersign_log_findings",
    "What the last checks of the audit log and the reconciler found wrong.",
    multiprocess_mode="mostrecent",
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_children: dict[tuple[str, str, int], Any] = {}


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. Unknown methods are one label: clients choose them."""
    key = (method if method in METHODS else "OTHER", route, status)
    child = _children.get(key)
    if child is None:
        child = _children[key] = REQUESTS.labels(*map(str, key))
    child.observe(seconds)


def set_gauges(*, ready: bool, pending: int, sequencer_lag: float) -> None:
    """What was found out for this reading."""
    READY.set(ready)
    PENDING.set(pending)
    SEQUENCER_LAG.set(sequencer_lag)


def set_log_gauges(
    *,
    size: int,
    checkpoint_age: float | None,
    anchor_ages: Mapping[str, float],
    refused: bool,
    findings: int,
) -> None:
    """What was found out about the audit log. Ages of what never happened are not reported."""
    LOG_SIZE.set(size)
    SIGNER_REFUSES.set(refused)
    LOG_FINDINGS.set(findings)
    if checkpoint_age is not None:
        CHECKPOINT_AGE.set(checkpoint_age)
    for kind, age in anchor_ages.items():
        ANCHOR_AGE.labels(kind).set(age)


def exposition() -> bytes:
    """All metrics in the text format: of every web process where they share a folder, else of this one."""
    if values.ValueClass is values.MutexValue:
        return generate_latest(OWN_PROCESS)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
