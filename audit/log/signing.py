"""Signs the tree, after looking outside the database whether it still is the tree that was signed before.

A step is: sign, insert the checkpoint, anchor it. Ed25519 gives the same bytes for the same tree, so a crash
between any two of them is mended by the next `tick`: what was anchored is inserted again, what was inserted
is anchored. Two signers at once do no harm; one holds the lead so that the anchors stay in order.
"""

import datetime as dt
from typing import Final

import orjson
from django.db import connection, transaction

from audit import merkle
from audit.log import anchors, keys, selectors
from audit.log.anchors import Remembered
from audit.log.errors import LogBroken, OutsideLog, WillNotSign
from audit.log.models import Anchor, Checkpoint, Log
from audit.note import Checkpoint as Head
from audit.note import InvalidNote, Verifier, open_note, sign_note
from audit.trail import services as trail
from audit.trail.actors import CLOCK, Actor

MOST_LEAVES: Final = 1000
LONGEST_WAIT: Final = dt.timedelta(seconds=60)
RESTARTED: Final = "audit.log.restarted"
ROTATED: Final = "audit.log_key.rotated"
WAITS: Final = "audit.bundle.requested"
"""Whoever writes such an event waits for the checkpoint that covers it."""

_IS_WAITED_FOR: Final = """
SELECT EXISTS (SELECT FROM audit_position WHERE feed = 1 AND n > %(signed)s AND ref = (
    SELECT max(seq) FROM audit_event WHERE kind = %(kind)s))
"""

NO_ANCHOR: Final = (
    "The database holds checkpoints, but the anchor file holds none. Put the file back; if it is lost, run "
    "`manage.py audit_log adopt` and tell the auditors."
)
ROLLED_BACK: Final = (
    "The newest anchor is of {anchored} leaves, the log has {size}: the database is older than "
    "what was signed. After a restore run `manage.py audit_log restart`; otherwise somebody cut the log."
)
REWRITTEN: Final = (
    "The log does not continue the tree of {size} leaves that was signed before: it was rewritten, or "
    "restored and filled again. After a restore run `manage.py audit_log restart`."
)
FOREIGN: Final = (
    "The newest anchor is of another log than the database's. After a restore see `audit_log restart`."
)


def tick(now: dt.datetime) -> Checkpoint | None:
    """One look: mend what a crash left, and sign if it is time; answers a fresh checkpoint.

    Raises:
        WillNotSign: the tree is no continuation of what was anchored.
        CannotSign: the key or the anchor file cannot be used.
        LogBroken: the tree's row says another root than its tiles.
    """
    log, outside = selectors.current(), anchors.read()
    newest = selectors.newest_checkpoint(log)
    if _is_settled(log, outside, newest) and not is_due(log, newest, now=now):
        return None
    head = head_of(log)
    require_continuation(log, head, outside, newest)
    newest = _mend(log, outside, newest, now=now)
    if not is_due(log, newest, now=now):
        return None
    signer = keys.signer(log.origin)
    _list_key_in_use(log, now=now)
    if outside.newest is None and not outside.begun:
        # Before the first checkpoint is in the database: a file that is lost then differs from a first start.
        anchors.add_beginning(log=log.number, origin=log.origin, reason="first start", now=now)
    fresh = _insert(log, sign_note(head.text, signer), now=now)
    _anchor(fresh, now=now)
    return fresh


def lock_keys() -> Log:
    """The current log, whose keys nobody else lists until the end of the transaction."""
    return Log.objects.select_for_update().get(number=selectors.current().number)


def list_key(log: Log, verifier: Verifier, *, actor: Actor, now: dt.datetime) -> None:
    """List a key with its log; one after the first with an event. `log` is locked by `lock_keys`."""
    before = keys.listed(log)
    if verifier in before:
        return
    keys.remember(log, verifier, now=now)
    if before:
        details = {"log": log.number, "former": before[-1].vkey, "present": verifier.vkey}
        trail.remark(kind=ROTATED, actor=actor, entity_type="audit_log", details=details, now=now)


@transaction.atomic
def _list_key_in_use(log: Log, *, now: dt.datetime) -> None:
    """Before a key signs for the first time the log knows of it.

    Whoever changed the file and crashed before the commit, or put another file there, has said nothing.
    """
    if keys.signer(log.origin).verifier not in keys.listed(log):
        log = lock_keys()  # and wait for a change that goes on just now
        list_key(log, keys.signer(log.origin).verifier, actor=CLOCK, now=now)


def is_due(log: Log, newest: Checkpoint | None, *, now: dt.datetime) -> bool:
    """Whether there is something new, and enough or old enough of it."""
    if newest is None:
        return log.size > 0
    fresh = log.size - newest.size
    if fresh >= MOST_LEAVES or (fresh > 0 and now - newest.signed_at >= LONGEST_WAIT):
        return True
    return fresh > 0 and _is_waited_for(log, newest)


def _is_waited_for(log: Log, newest: Checkpoint) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_WAITED_FOR, {"signed": log.base + newest.size, "kind": WAITS})
        (waits,) = cursor.fetchone()
    return bool(waits)


def head_of(log: Log) -> Head:
    """The tree as its tiles have it.

    Raises:
        LogBroken: the log's row says something else.
    """
    try:
        root = selectors.root_at(log, log.size)
    except OutsideLog as missing:
        raise LogBroken(f"log {log.number} lacks tiles: {missing}") from missing
    if root != bytes(log.root):
        raise LogBroken(f"the tiles of log {log.number} give another root than its row")
    return Head(log.origin, log.size, root)


def require_continuation(log: Log, head: Head, outside: Remembered, newest: Checkpoint | None) -> None:
    """Refuse unless the tree continues what is remembered outside the database, and what is in it.

    Raises:
        WillNotSign: it does not; the message says what to do.
    """
    anchored = outside.newest
    if anchored is None or anchored.log < log.number:
        _require_beginning(log, outside, newest)
        if log.number > 1:
            _require_restart(log, outside)
    elif anchored.log > log.number:
        raise WillNotSign(FOREIGN)
    else:
        _require_begins_with(log, head, anchored.note)
    if newest is not None and (anchored is None or newest.note != anchored.note):
        _require_begins_with(log, head, newest.note)


def _require_begins_with(log: Log, head: Head, note: str) -> None:
    """The tree of `head` begins with the tree that the note is about, and we signed that note."""
    try:
        before = Head.parse(open_note(note, keys.verifiers(log.origin)).text)
    except InvalidNote as invalid:
        raise WillNotSign(f"An earlier checkpoint is not signed by this place: {invalid}.") from invalid
    if before.origin != head.origin:
        raise WillNotSign(FOREIGN)
    if before.size > head.size:
        raise WillNotSign(ROLLED_BACK.format(anchored=before.size, size=head.size))
    if before.size == 0:
        return
    proof = selectors.consistency(log, before.size, head.size)
    if not merkle.verify_consistency(before.size, before.root, head.size, head.root, proof):
        raise WillNotSign(REWRITTEN.format(size=before.size))


def _require_beginning(log: Log, outside: Remembered, newest: Checkpoint | None) -> None:
    """Nothing of this log is anchored: then nothing of it was signed, but for a crash just then."""
    if outside.begun.get(log.number) == log.origin:
        if newest is not None and Checkpoint.objects.filter(log=log.number).count() > 1:
            raise WillNotSign(NO_ANCHOR)
    elif newest is not None:
        raise WillNotSign(NO_ANCHOR)
    elif outside.newest is not None or outside.begun or log.number > 1:
        raise WillNotSign(FOREIGN)


def _require_restart(log: Log, outside: Remembered) -> None:
    """A later log is begun by command, and its first leaf quotes what was anchored of those before."""
    first = orjson.loads(selectors.entries(log, 0, 1)[0]) if log.size else {}
    details = first.get("details", {})
    newest = outside.newest.note if outside.newest else ""
    quoted = {details.get("anchored"), *details.get("also_anchored", [])}
    if first.get("kind") != RESTARTED or details.get("anchored") != newest:
        raise WillNotSign("The first leaf of this log does not quote the newest anchor.")
    if missing := [each.origin for each in anchors.newest_of_each() if each.note not in quoted]:
        raise WillNotSign(f"The first leaf of this log does not quote the newest anchor of {missing[0]}.")


def _is_settled(log: Log, outside: Remembered, newest: Checkpoint | None) -> bool:
    """Whether the last checkpoint is inside and outside, so that nothing has to be mended."""
    anchored = outside.newest
    if anchored is None or newest is None:
        return anchored is None and newest is None
    if (anchored.log, anchored.note) != (log.number, newest.note) or newest.size > log.size:
        return False
    if newest.size == log.size and bytes(newest.root) != bytes(log.root):
        return False
    return Anchor.objects.filter(log=log.number, size=newest.size, kind=Anchor.FILE).exists()


def _mend(log: Log, outside: Remembered, newest: Checkpoint | None, *, now: dt.datetime) -> Checkpoint | None:
    """Insert what was anchored only; anchor what was inserted only."""
    if (anchored := outside.newest) is not None and anchored.log == log.number:
        size = Head.parse(open_note(anchored.note, keys.verifiers(log.origin)).text).size
        if newest is None or newest.size < size:
            newest = _insert(log, anchored.note, now=now)
        if newest.size == size:
            _record_anchor(newest, now=now)
            return newest
    if newest is not None:
        _anchor(newest, now=now)
    return newest


def _insert(log: Log, note: str, *, now: dt.datetime) -> Checkpoint:
    """Keep a signed note; one that is there for this size already stays."""
    head = Head.parse(note.rpartition("\n\n")[0] + "\n")
    fresh = Checkpoint(log=log.number, size=head.size, root=head.root, note=note, signed_at=now)
    Checkpoint.objects.bulk_create([fresh], ignore_conflicts=True)
    return Checkpoint.objects.get(log=log.number, size=head.size)


def _anchor(checkpoint: Checkpoint, *, now: dt.datetime) -> None:
    anchors.add_checkpoint(log=checkpoint.log, note=checkpoint.note, now=now)
    _record_anchor(checkpoint, now=now)


@transaction.atomic
def _record_anchor(checkpoint: Checkpoint, *, now: dt.datetime) -> None:
    """Say in the database too where the checkpoint stands: for the pages, no evidence."""
    known = {"log": checkpoint.log, "size": checkpoint.size, "kind": Anchor.FILE}
    if not Anchor.objects.filter(**known).exists():
        Anchor.objects.create(**known, place=anchors.place().name, evidence="", at=now)
