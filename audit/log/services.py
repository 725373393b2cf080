"""What a person or the clock does with the log: show that it lives, begin anew, change the key."""

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Final

from django.db import connection, transaction

from audit.log import anchors, growing, keyfiles, keys, selectors, signing
from audit.log.errors import LogBroken, NothingToRestart, WillNotSign
from audit.log.models import Log
from audit.trail import services as trail
from audit.trail.actors import CLOCK, OPERATOR
from audit.trail.models import Event

HEARTBEAT_AFTER: Final = dt.timedelta(minutes=9)
"""So that with the time it takes to sign there is a checkpoint at least every ten minutes."""

_IS_WAITING = """
SELECT EXISTS (SELECT FROM audit_pending WHERE feed = 1)
    OR EXISTS (SELECT FROM audit_feedstate WHERE feed = 1 AND size > %s)
"""
_LOCK_FEED = "SELECT size FROM audit_feedstate WHERE feed = 1 FOR UPDATE"
# The next place of the feed, which only the sequencer gives otherwise: nobody else may come between.
_PLACE = """
WITH taken AS (DELETE FROM audit_pending WHERE feed = 1 AND ref = %(ref)s RETURNING ref)
INSERT INTO audit_position (feed, n, ref) SELECT 1, %(n)s, ref FROM taken
"""
_LENGTHEN = "UPDATE audit_feedstate SET size = %s WHERE feed = 1"


def beat(now: dt.datetime) -> bool:
    """Write an event when the log has been silent for long: a frozen log would look like a quiet one.

    Answers whether it did. Nothing is written while something waits to be added or signed.
    """
    log = selectors.current()
    newest = selectors.newest_checkpoint(log)
    if newest is None or newest.size < log.size or now - newest.signed_at < HEARTBEAT_AFTER:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IS_WAITING, [log.base + log.size])
        (waiting,) = cursor.fetchone()
        if not waiting:
            details = {"log": log.number, "size": log.size}
            trail.remark(
                kind="audit.log.heartbeat", actor=CLOCK, entity_type="audit_log", details=details, now=now
            )
    return not waiting


@transaction.atomic
def restart(*, reason: str, now: dt.datetime, anyway: bool = False) -> Log:
    """Begin a log under a new origin, after a restore: its first leaf says what the former one had come to.

    `anyway` also while the former log continues what was anchored, such as after a stolen key.

    Raises:
        NothingToRestart: the former log is whole.
        CannotSign: the anchor file cannot be read or written.
        LogBroken: places are missing, so that the former log has no end.
    """
    if not reason.strip():
        raise ValueError("a restart needs its reason")
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_FEED)
        (places,) = cursor.fetchone()
    while growing.grow():
        pass
    former = selectors.current()
    if not anyway and _is_whole(former):
        raise NothingToRestart(
            f"Log {former.number} continues what was anchored: there is nothing to begin anew. To do so "
            "nevertheless, say --anyway."
        )
    origin = f"{former.origin.rpartition('/')[0]}/{secrets.token_hex(8)}"
    anchored = anchors.read().newest
    # A restore may have forgotten a whole log; its number is not given twice.
    number = max(former.number, anchored.log if anchored else 0) + 1
    log = Log(number=number, origin=origin, base=places, started_at=now)
    quoted = [each.note for each in anchors.newest_of_each()]
    _write_first_leaf(log, former, quoted, reason=reason, now=now)
    log.save(force_insert=True)
    # Before the commit: without it a permission lies unused; the other way round nobody could sign.
    anchors.add_beginning(log=log.number, origin=origin, reason=reason, now=now)
    return log


def _is_whole(log: Log) -> bool:
    try:
        newest = selectors.newest_checkpoint(log)
        signing.require_continuation(log, signing.head_of(log), anchors.read(), newest)
    except (WillNotSign, LogBroken):
        return False
    return True


def _write_first_leaf(log: Log, former: Log, quoted: Sequence[str], *, reason: str, now: dt.datetime) -> None:
    """Say how the former log ended and what was `quoted`: the newest checkpoint outside of each log.

    Of logs before the former one, too: a restore may have forgotten the leaf that quoted theirs.
    """
    details = {
        "log": log.number,
        "origin": log.origin,
        "former_log": former.number,
        "former_origin": former.origin,
        "former_size": former.size,
        "former_root": bytes(former.root).hex(),
        "anchored": quoted[0] if quoted else "",
        "also_anchored": list(quoted[1:]),
        "reason": reason,
    }
    event_id = trail.remark(
        kind=signing.RESTARTED, actor=OPERATOR, entity_type="audit_log", details=details, now=now
    )
    ref = Event.objects.values_list("seq", flat=True).get(id=event_id)
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"ref": ref, "n": log.base + 1})
        cursor.execute(_LENGTHEN, [log.base + 1])


@transaction.atomic
def adopt(*, reason: str, now: dt.datetime) -> None:
    """Begin a new anchor file with the newest checkpoint of the database: the former file is lost.

    From here on the database's own word is believed about what was signed before: the auditors hold
    checkpoints that show whether that is true.

    Raises:
        NothingToRestart: there is an anchor file, or no checkpoint that could be adopted.
        WillNotSign: the log does not continue its own newest checkpoint, or another key signed it.
        LogBroken: the tiles do not give the root that the log's row has.
    """
    log = selectors.current()
    newest = selectors.newest_checkpoint(log)
    if newest is None or anchors.read().newest is not None:
        raise NothingToRestart("There is an anchor, or nothing was signed yet: the signer goes on by itself.")
    signing.require_continuation(
        log, signing.head_of(log), anchors.Remembered(anchors.Anchored(log.number, newest.note)), newest
    )
    details = {"log": log.number, "size": newest.size, "root": bytes(newest.root).hex(), "reason": reason}
    trail.remark(kind="audit.log.adopted", actor=OPERATOR, entity_type="audit_log", details=details, now=now)
    anchors.add_checkpoint(log=log.number, note=newest.note, now=now)


@transaction.atomic
def rotate_key(*, now: dt.datetime) -> tuple[str, str]:
    """Sign with a new key from now on; the vkeys of the former and the new one.

    After a crash between the file and the commit, the signer says what is missing: `signing.tick`.

    Raises:
        CannotSign: there is no key that could be retired, or it is not the one that signs this log.
    """
    log = signing.lock_keys()
    keys.require_in_use(log)
    former = keys.signer(log.origin).verifier
    keys.remember(log, former, now=now)
    keyfiles.rotate(keys.key_file(), keys.names_of_former())
    present = keys.signer(log.origin).verifier
    signing.list_key(log, present, actor=OPERATOR, now=now)
    return former.vkey, present.vkey
