"""Where one log follows another: what the first leaf of the later one says of the end of the former."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import orjson
from django.db import connection

from audit import verifier
from audit.checking.findings import Findings
from audit.log import selectors
from audit.log.errors import OutsideLog
from audit.log.models import Checkpoint, Log

# By its place, not by the tree: a log that was just begun has no leaf yet.
_FIRST: Final = """
SELECT e.body FROM audit_position AS p JOIN audit_event AS e ON e.seq = p.ref
WHERE p.feed = 1 AND p.n = %s
"""


@dataclass
class Announced:
    """What was signed and is gone, as later logs quote it."""

    losses: dict[int, verifier.Loss] = field(default_factory=dict)
    """By number of the log."""
    forgotten: dict[str, verifier.Note] = field(default_factory=dict)
    """By origin of a log that the database does not know any more: its last checkpoint."""

    def covers(self, log: Log, note: verifier.Note) -> bool:
        loss = self.losses.get(log.number)
        return loss is not None and loss.covers(note)

    def forgot(self, note: verifier.Note) -> bool:
        last = self.forgotten.get(note.origin)
        return last is not None and (
            note.size < last.size or (note.size, note.root) == (last.size, last.root)
        )


def check_restarts(findings: Findings, logs: Sequence[Log], keys: Sequence[verifier.VKey]) -> Announced:
    """Check the first leaf of every log but the first; answer which losses are announced there."""
    announced = Announced()
    for former, log in pairwise(logs):
        findings.counts["restarts"] += 1
        try:
            _check(findings, former, log, keys, announced)
        except (verifier.Disproved, verifier.Unreadable, OutsideLog) as error:
            findings.add("RESTART", f"Log {log.number}: {error}")
    known = {log.origin for log in logs}
    for origin in announced.forgotten.keys() & known:
        findings.add("RESTART", f"A log calls {origin} forgotten, and the database has it.")
    return announced


def _check(
    findings: Findings, former: Log, log: Log, keys: Sequence[verifier.VKey], announced: Announced
) -> None:
    details = _details_of(log)
    note = verifier.quoted_by(details, (former.number, former.origin, former.size, bytes(former.root)))
    if note is None:
        findings.not_proved.append(f"what log {former.number} was when it ended: it was never anchored")
        return
    if keys:
        verifier.believed(note, keys)
    if note.origin != former.origin:
        announced.forgotten[note.origin] = note
        findings.not_proved.append(
            f"what became of {note.origin[:80]}, which a restore forgot: log {log.number} quotes its "
            f"checkpoint of {note.size:,} leaves"
        )
    elif not is_state(former, note):
        reason = verifier.printable(details.get("reason"))
        loss = verifier.Loss(_common(former), note, log.number, reason)
        announced.losses[former.number] = loss
        findings.not_proved.append(loss.sentence(former.number))


def _details_of(log: Log) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [log.base + 1])
        row = cursor.fetchone()
    said = orjson.loads(bytes(row[0])) if row else {}
    if said.get("kind") != verifier.RESTARTED or type(said.get("details")) is not dict:
        raise verifier.Disproved("RESTART", "it does not say what it goes on from.")
    return dict(said["details"])


def quoted_origin(log: Log) -> str | None:
    """The name of the log whose checkpoint the first leaf of a log quotes; unchecked."""
    try:
        text = _details_of(log).get("anchored")
        return verifier.read_note(str(text)).origin if text else None
    except (verifier.Disproved, ValueError):
        return None


def _common(log: Log) -> int:
    """The leaves of the largest signed checkpoint that is a state of the tree as it is."""
    signed = Checkpoint.objects.filter(log=log.number).order_by("-size")
    return next((row.size for row in signed.iterator() if is_state(log, verifier.read_note(row.note))), 0)


def is_state(log: Log, note: verifier.Note) -> bool:
    """Whether the tree, as its tiles have it, was once what was signed."""
    return note.size <= log.size and selectors.root_at(log, note.size) == note.root
