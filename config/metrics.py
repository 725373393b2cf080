"""What `/metrics` reports. Labels are routes and kinds, never ids or anything a client sent."""

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


def exposition() -> bytes:
    """All metrics in the text format: of every web process where they share a folder, else of this one."""
    if values.ValueClass is values.MutexValue:
        return generate_latest(OWN_PROCESS)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
