"""The trees: tiles against the tiles below, roots against checkpoints, anchors and what was seen before."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection

from audit import verifier
from audit.checking.findings import Findings
from audit.checking.restarts import Announced, is_state
from audit.log import selectors, tiles
from audit.log.errors import OutsideLog
from audit.log.models import Anchor, Checkpoint, Log
from audit.merkle import HASH_SIZE

_UPPER: Final = """
SELECT level, n, hashes FROM audit_tile
WHERE log = %(log)s AND level > 0 AND n >= %(after)s::bigint >> (8 * level + 8)
UNION ALL SELECT level, n, hashes FROM audit_edge WHERE log = %(log)s AND level > 0
ORDER BY level, n
"""


_STRAYS: Final = """
SELECT 'CHECKPOINT', format('A checkpoint of %s leaves is of a log %s that there is not.', size, log)
FROM audit_checkpoint WHERE log NOT IN (SELECT number FROM audit_log)
UNION ALL
SELECT 'CHECKPOINT', format('Log %s was shown outside at %s leaves; that checkpoint is gone.', log, size)
FROM (SELECT DISTINCT log, size FROM audit_anchor) AS shown
WHERE NOT EXISTS (SELECT FROM audit_checkpoint AS c WHERE c.log = shown.log AND c.size = shown.size)
"""


def check_strays(findings: Findings) -> None:
    """Checkpoints that are of no log, or that were shown outside and are not here any more."""
    with connection.cursor() as cursor:
        cursor.execute(_STRAYS)
        for code, detail in cursor.fetchall():
            findings.add(code, detail)


def check_trees(
    findings: Findings,
    logs: Sequence[Log],
    *,
    after: int,
    keys: Sequence[verifier.VKey],
    seen: Mapping[str, Any],
) -> None:
    """Check every log from leaf `after` on; what lies before only against the roots that were `seen`."""
    for log in logs:
        first = max(after - log.base, 0)
        _check_tiles(findings, log, first)
        _check_root(findings, log, log.size, bytes(log.root), "the log's row")
        if before := seen.get(str(log.number)):
            _check_root(findings, log, before["size"], bytes.fromhex(before["root"]), "the last check")
        signed = Checkpoint.objects.filter(log=log.number, size__gt=first if after else -1)
        for row in signed.order_by("size").iterator():
            _check_note(findings, log, row.note, keys, what=f"checkpoint of {row.size} leaves", row=row)
        for anchor in Anchor.objects.filter(log=log.number, kind=Anchor.FILE, size__gt=first).exclude(
            evidence=""
        ):
            _check_note(findings, log, anchor.evidence, keys, what=f"anchor of {anchor.size} leaves")
    if not keys:
        findings.not_proved.append(
            "that checkpoints are signed by the log's key: none was given (--key), and none is known here"
        )


def _check_tiles(findings: Findings, log: Log, first: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UPPER, {"log": log.number, "after": first})
        rows = cursor.fetchall()
    for level, n, hashes in rows:
        stored = bytes(hashes)
        for at in range(len(stored) // HASH_SIZE):
            child = n * tiles.WIDTH + at
            if child < first >> (8 * level):
                continue
            try:
                below = selectors.tile(log, level - 1, child)
            except OutsideLog as error:
                findings.add("TILE", f"Log {log.number}: {error}")
                continue
            findings.counts["tiles"] += 1
            if verifier.tile_root(below) != stored[at * HASH_SIZE : (at + 1) * HASH_SIZE]:
                findings.add(
                    "TILE", f"Log {log.number}: tile {child} of level {level - 1} is not what is above."
                )


def _check_root(findings: Findings, log: Log, size: int, root: bytes, where: str) -> None:
    try:
        if selectors.root_at(log, size) != root:
            findings.add("ROOT", f"Log {log.number} of {size} leaves has another root than {where} says.")
    except OutsideLog:
        findings.add(
            "BEHIND", f"Log {log.number} has {log.size} leaves; {where} says {size}: its end is gone."
        )


def _check_note(
    findings: Findings,
    log: Log,
    text: str,
    keys: Sequence[verifier.VKey],
    *,
    what: str,
    row: Checkpoint | None = None,
) -> None:
    findings.counts["checkpoints"] += 1
    try:
        note = verifier.read_note(text)
        if keys:
            verifier.believed(note, keys)
    except (verifier.Disproved, verifier.Unreadable) as error:
        findings.add("SIGNATURE", f"Log {log.number}, {what}: {error}")
        return
    if note.origin != log.origin or (row and (note.size, note.root) != (row.size, bytes(row.root))):
        findings.add("CHECKPOINT", f"Log {log.number}: the {what} says something else than its row.")
    _check_root(findings, log, note.size, note.root, f"the {what}")


def check_anchor_file(
    findings: Findings,
    logs: Sequence[Log],
    keys: Sequence[verifier.VKey],
    announced: Announced,
    *,
    newest: int | None = None,
) -> None:
    """Hold the logs against the file outside the database: what it remembers must be a state of them, or of
    a part whose loss was `announced`.

    `newest`: only so many of its last checkpoints.
    """
    path = anchor_file()
    if not path.is_file():
        findings.not_proved.append("that the log is what it was: there is no anchor file beside the database")
        return
    by_origin = {log.origin: log for log in logs}
    notes = list(_notes(findings, path))
    if newest is None:
        _check_kept(findings, logs[-1], notes[:-1])  # the newest may wait for the signer to put it back
    for note in notes if newest is None else notes[-newest:]:
        findings.counts["anchored"] += 1
        try:
            if keys:
                verifier.believed(note, keys)
        except (verifier.Disproved, verifier.Unreadable) as error:
            findings.add("SIGNATURE", f"The anchor file: {error}")
            continue
        log = by_origin.get(note.origin)
        if log is not None and not is_state(log, note) and announced.covers(log, note):
            findings.counts["anchored of a part that was lost"] += 1
        elif log is not None:
            _check_root(findings, log, note.size, note.root, "the anchor file")
        elif announced.forgot(note):
            findings.counts["anchored of a log that was lost"] += 1
        else:
            findings.add(
                "ANCHOR", f"The anchor file knows a log {note.origin[:80]} that the database does not."
            )


def _check_kept(findings: Findings, log: Log, notes: Sequence[verifier.Note]) -> None:
    """What was written down of the log that grows is still in the database."""
    kept = set(Checkpoint.objects.filter(log=log.number).values_list("size", flat=True))
    for note in notes:
        if note.origin == log.origin and note.size not in kept:
            findings.add(
                "CHECKPOINT", f"The anchor file knows a checkpoint of {note.size} leaves; it is gone."
            )


def _notes(findings: Findings, path: Path) -> Iterable[verifier.Note]:
    try:
        return verifier.notes_in(path.read_text(), path.name)
    except (OSError, UnicodeDecodeError, verifier.Unreadable) as error:
        findings.add("ANCHOR", f"The anchor file cannot be read: {error}")
        return []


def anchor_file() -> Path:
    """Where checkpoints are written down outside the database."""
    return Path(getattr(settings, "AUDIT_ANCHOR_FILE", "") or settings.VAR_DIR / "anchors" / "log.jsonl")
