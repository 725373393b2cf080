"""Everything that changes a delegation."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from governance.access.models import Person
from governance.delegations import policies
from governance.delegations.errors import DelegationEnded
from governance.delegations.models import Delegation
from registry.systems.models import AISystem

LONGEST: Final = dt.timedelta(days=92)


@transaction.atomic
def give(
    *,
    actor: Person,
    to: Person,
    role: str,
    system: AISystem | None,
    begins_at: dt.datetime,
    ends_at: dt.datetime,
    reason: str,
    now: dt.datetime,
) -> Delegation:
    """Let somebody sign for oneself in one role, on one system or wherever one holds it.

    Raises:
        NotPermitted: `actor` does not hold the role there.
        BadInput: to oneself or to somebody who has left, or the dates are no such span.
    """
    if why_not := policies.why_not_give(actor, role, system):
        raise NotPermitted(why_not)
    errors = []
    if to.pk == actor.pk or not to.is_active:
        errors.append(FieldError("/to", "BAD_VALUE", "Lend it to somebody else with an active account."))
    if not begins_at < ends_at or ends_at <= now or ends_at - begins_at > LONGEST:
        errors.append(
            FieldError("/ends_at", "BAD_VALUE", "A delegation ends, within three months of its beginning.")
        )
    if errors:
        raise BadInput(errors)
    delegation = Delegation(
        giver=actor,
        taker=to,
        role=role,
        system=system,
        begins_at=begins_at,
        ends_at=ends_at,
        reason=reason,
        created_by=actor.audit_ref,
        created_at=now,
    )
    details = {
        "from": actor.audit_ref,
        "to": to.audit_ref,
        "role": role,
        "system": str(system.pk) if system else None,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "reason": trail.commit_to(entity=delegation, name="reason", value=reason),
    }
    trail.record(kind="approvals.delegation.given", actor=actor, entity=delegation, details=details, now=now)
    return delegation


@transaction.atomic
def end(*, delegation_id: UUID, actor: Actor, now: dt.datetime) -> Delegation:
    """End a delegation early.

    Raises:
        NotPermitted: `actor` may not.
        DelegationEnded: it has ended.
    """
    delegation = (
        Delegation.objects.select_for_update(of=["self"])
        .select_related("giver", "taker", "system")
        .get(pk=delegation_id)
    )
    if why_not := policies.why_not_end(actor, delegation):
        raise NotPermitted(why_not)
    if delegation.ended_at is not None or delegation.ends_at <= now:
        raise DelegationEnded
    delegation.ended_at, delegation.ended_by = now, actor.audit_ref
    trail.record(kind="approvals.delegation.ended", actor=actor, entity=delegation, details={}, now=now)
    return delegation
