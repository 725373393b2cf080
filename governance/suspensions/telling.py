"""Sends the mail that suspensions owe, and remembers what was sent."""

import datetime as dt

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Q

from governance.suspensions import notifications, selectors
from governance.suspensions.models import Suspension

UNTOLD = Q(raised_told_at=None) | Q(lifted_at__isnull=False, lifted_told_at=None)


@transaction.atomic
def tell_next(*, now: dt.datetime) -> bool:
    """Write the mail of one suspension that nobody was told about; whether there was one.

    What was lifted before anybody was told is told once, as lifted.
    """
    row = (
        selectors.whole().filter(UNTOLD).select_for_update(of=["self"], no_key=True, skip_locked=True)
        .order_by("pk").first()
    )  # fmt: skip
    if row is None:
        return False
    people = notifications.people_to_tell(row)
    get_connection().send_messages([notifications.message_about(row, person) for person in people])
    told = {"raised_told_at": row.raised_told_at or now}
    if not row.is_live:
        told["lifted_told_at"] = now
    Suspension.objects.filter(pk=row.pk).update(**told)
    return True
