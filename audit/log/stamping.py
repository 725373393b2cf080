"""Has checkpoints stamped by a time-stamp authority: a time that somebody else vouches for."""

import base64
import datetime as dt

from django.conf import settings

from audit.log import authority, noting, selectors
from audit.log.authority import Authority, NotStamped
from audit.log.models import Anchor, Checkpoint, Log


def stamp_newest(now: dt.datetime) -> bool:
    """Have the newest checkpoint stamped if it is time; whether it was.

    An authority that cannot or will not leaves its reason for the health page; the next call tries again.

    Raises:
        CannotSign: the settings are wrong.
    """
    named = authority.configured()
    if named is None:
        return False
    log = selectors.current()
    newest = selectors.newest_checkpoint(log)
    if newest is None or not is_due(named, log, newest, now=now):
        return False
    try:
        token = authority.ask(named, newest.note.encode())
    except NotStamped as refused:
        noting.note_place(named.name, trouble=str(refused), now=now)
        return False
    evidence = base64.b64encode(token).decode()
    Anchor.objects.create(
        log=log.number, size=newest.size, kind=Anchor.TIMESTAMP, place=named.name, evidence=evidence, at=now
    )
    noting.note_place(named.name, trouble="", now=now)
    return True


def is_due(named: Authority, log: Log, newest: Checkpoint, *, now: dt.datetime) -> bool:
    """Whether the log grew since its last stamp, and that is long enough ago."""
    stamped = Anchor.objects.filter(log=log.number, kind=Anchor.TIMESTAMP, place=named.name)
    last = stamped.order_by("-size").first()
    if last is None:
        return newest.size > 0
    return newest.size > last.size and now - last.at >= pause()


def pause() -> dt.timedelta:
    """The time from one stamp to the next."""
    return dt.timedelta(minutes=settings.AUDIT_TSA_MINUTES)
