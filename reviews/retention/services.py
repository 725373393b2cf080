"""How long content is kept: said by people, done by the clock."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from audit.refusals import BadInput, FieldError, NotPermitted
from audit.trail import services as trail
from audit.trail.actors import Actor
from registry.systems.models import AISystem
from reviews.erasure import services as erasure
from reviews.retention import policies
from reviews.retention.models import FLOOR_DAYS, RetentionRule

LONGEST_DAYS = 36_500


@transaction.atomic
def set_days(*, system_id: UUID, days: int | None, actor: Actor, now: dt.datetime) -> RetentionRule:
    """Say after how many days the content of a system's predictions goes by itself; None keeps it.

    Raises:
        NotPermitted: `actor` may not say that of this system.
        BadInput: less than the floor, or absurdly much.
    """
    system = AISystem.objects.select_for_update(no_key=True).get(pk=system_id)
    if refusal := policies.why_not_set(actor, system):
        raise NotPermitted(refusal)
    require_sound(days)
    rule = RetentionRule.objects.filter(system=system).first() or RetentionRule(system=system)
    details = {"system": system.slug, "from": rule.days, "to": days}
    rule.days, rule.set_by, rule.set_at = days, actor.audit_ref, now
    trail.record(kind="reviews.retention.set", actor=actor, entity=rule, details=details, now=now)
    return rule


def require_sound(days: int | None) -> None:
    """Refuse what nobody may set.

    Raises:
        BadInput: less than the floor, or absurdly much.
    """
    if days is not None and not FLOOR_DAYS <= days <= LONGEST_DAYS:
        detail = (
            f"days is a whole number from {FLOOR_DAYS} to {LONGEST_DAYS}, or null. Six months is the least: "
            "Art. 19(1) and 26(6) of Regulation (EU) 2024/1689."
        )
        raise BadInput([FieldError("/days", "BELOW_FLOOR", detail)])


def let_go(*, now: dt.datetime) -> int:
    """Have erased what is past its retention, system by system; answer how many erasures that began.

    Decided predictions only; what a legal hold keeps is passed over. Safe to repeat: a system under way is
    left alone.
    """
    begun = 0
    for rule in RetentionRule.objects.exclude(days=None):
        before = now - dt.timedelta(days=rule.days or 0)
        if erasure.ask_for_retention(system_id=rule.system_id, before=before, now=now):
            begun += 1
    return begun
