"""Where one log follows another: what the first leaf of the later one says of those before it."""

from collections.abc import Iterator, Sequence
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
    forgotten: dict[str, verifier.Forgotten] = field(default_factory=dict)
    """By origin of a log that the database does not know any more."""

    def covers(self, log: Log, note: verifier.Note) -> bool:
        loss = self.losses.get(log.number)
        return loss is not None and loss.covers(note)

    def forgot(self, note: verifier.Note) -> bool:
        log = self.forgotten.get(note.origin)
        return log is not None and log.covers(note)

    def sentences(self) -> Iterator[str]:
        """What is not proved because of them."""
        for number, loss in sorted(self.losses.items()):
            yield loss.sentence(number)
        for _, log in sorted(self.forgotten.items()):
            yield log.sentence()


def check_restarts(findings: Findings, logs: Sequence[Log], keys: Sequence[verifier.VKey]) -> Announced:
    """Check the first leaf of every log but the first; answer which losses are announced there."""
    announced = Announced()
    for former, log in pairwise(logs):
        findings.counts["restarts"] += 1
        try:
            _check(findings, logs, former, log, keys, announced)
        except (verifier.Disproved, verifier.Unreadable, OutsideLog) as error:
            findings.add("RESTART", f"Log {log.number}: {error}")
    findings.not_proved += announced.sentences()
    return announced


def _check(
    findings: Findings,
    logs: Sequence[Log],
    former: Log,
    log: Log,
    keys: Sequence[verifier.VKey],
    announced: Announced,
) -> None:
    details = _details_of(log)
    notes = verifier.quoted_by(details, (former.number, former.origin, former.size, bytes(former.root)))
    if all(note.origin != former.origin for note in notes):
        findings.not_proved.append(
            f"what log {former.number} was when it ended: log {log.number} quotes no anchor of it, if there "
            "was one"
        )
    by_origin = {each.origin: each for each in logs}
    for note in notes:
        about = by_origin.get(note.origin)
        is_known = not keys or any(key.name == note.origin for key in keys)
        if keys and (is_known or about is not None):
            verifier.believed(note, keys)
        if about is None:
            _forget(announced, note, log, is_believed=is_known)
        elif about.number >= log.number:
            raise verifier.Disproved("RESTART", f"it quotes a checkpoint of {note.origin[:80]}.")
        elif not is_state(about, note):
            _lose(announced, about, note, log, reason=verifier.printable(details.get("reason")))


def _forget(announced: Announced, note: verifier.Note, log: Log, *, is_believed: bool) -> None:
    before = announced.forgotten.get(note.origin)
    if before is None or before.signed.size < note.size:
        announced.forgotten[note.origin] = verifier.Forgotten(note, log.number, is_believed)


def _lose(announced: Announced, about: Log, note: verifier.Note, log: Log, *, reason: str) -> None:
    before = announced.losses.get(about.number)
    if before is None or before.signed.size < note.size:
        announced.losses[about.number] = verifier.Loss(_common(about), note, log.number, reason)


def _details_of(log: Log) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [log.base + 1])
        row = cursor.fetchone()
    said = orjson.loads(bytes(row[0])) if row else {}
    if said.get("kind") != verifier.RESTARTED or type(said.get("details")) is not dict:
        raise verifier.Disproved("RESTART", "it does not say what it goes on from.")
    return dict(said["details"])


def quoted_origins(former: Log, log: Log) -> set[str]:
    """The names of the logs whose checkpoints the first leaf of a log quotes; unchecked."""
    ended = (former.number, former.origin, former.size, bytes(former.root))
    try:
        return {note.origin for note in verifier.quoted_by(_details_of(log), ended)}
    except (verifier.Disproved, ValueError):
        return set()


def _common(log: Log) -> int:
    """The leaves of the largest signed checkpoint that is a state of the tree as it is."""
    signed = Checkpoint.objects.filter(log=log.number).order_by("-size")
    return next((row.size for row in signed.iterator() if is_state(log, verifier.read_note(row.note))), 0)


def is_state(log: Log, note: verifier.Note) -> bool:
    """Whether the tree, as its tiles have it, was once what was signed."""
    return note.size <= log.size and selectors.root_at(log, note.size) == note.root
