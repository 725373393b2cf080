"""Runs the checks and remembers how far they came."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from audit.checking.findings import Findings
from audit.checking.known import FROM_HERE, keys_here
from audit.checking.leaves import Beat, check_leaves, check_stray_openings
from audit.checking.models import CheckState
from audit.checking.reconciler import reconcile
from audit.checking.restarts import check_restarts
from audit.checking.stamps import check_stamps
from audit.checking.trees import check_anchor_file, check_strays, check_trees
from audit.log import selectors
from audit.log.models import Log
from audit.verifier import VKey

NEWEST_ANCHORS: Final = 20
"""Checkpoints of the anchor file, and time stamps, that a check of what is new looks at."""


def verify(*, since_last: bool, keys: Sequence[VKey] = (), beat: Beat) -> tuple[Findings, dict[str, Any]]:
    """Check the log: all of it, or what came since the last check that found nothing.

    Without `keys`, signatures are checked with those that the installation publishes itself.
    Answers the findings and how far the check came. Changes nothing.
    """
    findings = Findings()
    logs = selectors.logs()
    if not keys and (keys := keys_here(logs)):
        findings.not_proved.append(FROM_HERE)
    reached = logs[-1].base + logs[-1].size
    before = CheckState.objects.filter(ok=True).order_by("-position").first() if since_last else None
    after = min(before.position, reached) if before else 0
    check_leaves(findings, logs, after=after, upto=reached, beat=beat)
    check_trees(findings, logs, after=after, keys=keys, seen=before.roots if before else {})
    if not after:
        check_strays(findings)
        check_stray_openings(findings)
    announced = check_restarts(findings, logs, keys)
    check_anchor_file(findings, logs, keys, announced, newest=NEWEST_ANCHORS if after else None)
    check_stamps(findings, newest=NEWEST_ANCHORS if after else None)
    reconcile(findings, after=after)
    if after:
        findings.not_proved.append(f"anything about the bytes of the first {after} events: checked earlier")
    return findings, {"position": reached, "roots": _roots_of(logs)}


def remember(name: str, findings: Findings, reached: dict[str, Any], *, now: dt.datetime) -> CheckState:
    """Keep the result, for the next check and for the health page."""
    state, _ = CheckState.objects.update_or_create(
        name=name, defaults={**reached, "at": now, "ok": findings.ok, "result": findings.as_json()}
    )
    return state


def _roots_of(logs: Sequence[Log]) -> dict[str, Any]:
    return {str(log.number): {"size": log.size, "root": bytes(log.root).hex()} for log in logs}
