"""The file outside the database that remembers what was signed: it is only added to.

One JSON object per line. A checkpoint: `at`, `log` and `note` (the signed note). The beginning of a log,
added before the database knows of it: `at`, `log`, `begins` (its origin) and `reason`. A line that a crash
cut off is no JSON and is passed over; it cannot have been acknowledged.
"""

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from audit.log.errors import CannotSign

_BLOCK: Final = 64 * 1024
MOST_LOGS: Final = 100
"""Of which a new log quotes checkpoints: more would be too long for a leaf."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A checkpoint in the file."""

    log: int
    note: str

    @property
    def origin(self) -> str:
        """The name of the log that it is of."""
        return self.note.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the file says last."""

    newest: Anchored | None = None
    begun: Mapping[int, str] = field(default_factory=dict)
    """Origins of the logs that were begun since the newest checkpoint, by number."""


def place() -> Path:
    """Where the file is."""
    return Path(settings.AUDIT_ANCHOR_FILE or settings.VAR_DIR / "anchors" / "log.jsonl")


def read() -> Remembered:
    """The newest checkpoint and what came after it.

    Raises:
        CannotSign: the file cannot be read, or holds something else.
    """
    begun: dict[int, str] = {}
    try:
        for line in _lines_from_the_end(place()):
            found = _parsed(line)
            if found is None:
                continue
            if "note" in found:
                return Remembered(Anchored(int(found["log"]), str(found["note"])), begun)
            begun.setdefault(int(found["log"]), str(found["begins"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CannotSign(f"The anchor file cannot be read: {type(error).__name__}") from error
    return Remembered(None, begun)


def newest_of_each() -> list[Anchored]:
    """The newest checkpoint of each log that the file knows, at most `MOST_LOGS`, the newest first.

    Reads the whole file.

    Raises:
        CannotSign: the file cannot be read, or holds something else.
    """
    found: dict[str, Anchored] = {}
    try:
        for line in _lines_from_the_end(place()):
            said = _parsed(line)
            if said is not None and "note" in said:
                anchored = Anchored(int(said["log"]), str(said["note"]))
                found.setdefault(anchored.origin, anchored)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CannotSign(f"The anchor file cannot be read: {type(error).__name__}") from error
    return list(found.values())[:MOST_LOGS]


def add_checkpoint(*, log: int, note: str, now: dt.datetime) -> None:
    """Add a checkpoint; it is on the disk when this returns.

    Raises:
        CannotSign: it could not be written.
    """
    _add({"at": now.isoformat(), "log": log, "note": note})


def add_beginning(*, log: int, origin: str, reason: str, now: dt.datetime) -> None:
    """Add that a log begins under this origin: without it the signer signs none.

    Raises:
        CannotSign: it could not be written.
    """
    _add({"at": now.isoformat(), "log": log, "begins": origin, "reason": reason})


def _add(line: Mapping[str, Any]) -> None:
    path = place()
    try:
        is_new = not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            size = os.fstat(descriptor).st_size
            # What a crash cut off must not swallow this line.
            torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
            written = ("\n" if torn else "") + json.dumps(line, ensure_ascii=False) + "\n"
            _write_all(descriptor, written.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(path.parent)
    except OSError as error:
        raise CannotSign(f"The anchor file cannot be written: {type(error).__name__}") from error


def _write_all(descriptor: int, body: bytes) -> None:
    if os.write(descriptor, body) != len(body):
        raise OSError("only a part was written")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict):
        raise TypeError("a line of the anchor file is an object")
    return found


def _lines_from_the_end(path: Path) -> Iterator[bytes]:
    """Whole lines, the last one first, without reading more than is asked for."""
    if not path.exists():
        return
    with path.open("rb") as file:
        at, rest = file.seek(0, os.SEEK_END), b""
        while at:
            step = min(_BLOCK, at)
            at -= step
            file.seek(at)
            first, *lines = (file.read(step) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            rest = first
        if rest:
            yield rest
