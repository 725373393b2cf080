"""What falls due by itself: reminders before an approval ends, its end, and stages past their deadline.

Each is told once; the row of `Notice` says that it was, in the transaction of its event.
"""

import datetime as dt
from functools import partial
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from psycopg.errors import UniqueViolation

from audit.trail import services as trail
from audit.trail.actors import CLOCK
from governance.approvals.models import ApprovalRequest, Notice
from governance.approvals.states import State

REMIND_DAYS: Final = (30, 14, 7, 1)
EXPIRED: Final = "expired"
REVALIDATE: Final = "revalidate"


def due_at(request: ApprovalRequest, now: dt.datetime) -> list[str]:
    """What should have been told about a request by now; of several reminders only the latest."""
    if request.state == State.OPEN:
        late = request.stage_due_at is not None and request.stage_due_at <= now
        return [f"stage_{request.stage}_round_{request.round}_late"] if late else []
    if request.state != State.APPROVED or request.expires_at is None:
        return []
    if request.expires_at <= now:
        return [EXPIRED]
    left = request.expires_at - now
    near = [days for days in REMIND_DAYS if left <= dt.timedelta(days=days)]
    found = [f"ends_in_{min(near)}"] if near else []
    if request.revalidate_at is not None and request.revalidate_at <= now:
        found.append(REVALIDATE)
    return found


def candidates(now: dt.datetime) -> QuerySet[ApprovalRequest]:
    """Requests about which something may be due: late stages, and the newest approvals near their end."""
    late = ApprovalRequest.objects.filter(state=State.OPEN, stage_due_at__lte=now)
    soon = now + dt.timedelta(days=max(REMIND_DAYS))
    newest = (
        ApprovalRequest.objects.filter(state=State.APPROVED, version__isnull=False)
        .order_by("version", "environment", "-decided_at")
        .distinct("version", "environment")
    )
    ending = ApprovalRequest.objects.filter(pk__in=newest.values("pk"), expires_at__lte=soon)
    looked = ApprovalRequest.objects.filter(pk__in=newest.values("pk"), revalidate_at__lte=now)
    return late.union(ending, looked)


@transaction.atomic
def tell(*, request_id: UUID, what: str, now: dt.datetime) -> bool:
    """Write down that something is told; False if it was already, by whomever.

    Safe to call twice, also at once: the second finds the row.
    """
    request = ApprovalRequest.objects.get(pk=request_id)
    try:
        with transaction.atomic():
            Notice.objects.create(request=request, what=what, at=now)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        return False
    details = {"approval": str(request.pk), "what": what}
    remark = partial(
        trail.remark,
        actor=CLOCK,
        entity_type="approval_notice",
        details=details,
        system_id=request.system_id,
        now=now,
    )
    if what == EXPIRED:
        remark(kind="approvals.request.expired")
    elif what.startswith("stage_"):
        remark(kind="approvals.request.escalated")
    else:
        remark(kind="approvals.request.reminded")
    return True
