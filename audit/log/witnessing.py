"""A small witness of our own: it remembers the newest tree of each log and cosigns only what continues it.

No Django and no database, so that it can run on a machine of somebody else. Source: C2SP tlog-witness.
One process per folder; a checkpoint is on the disk before its cosignature leaves.
"""

import contextlib
import fcntl
import hashlib
import http.server
import os
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from audit import merkle
from audit.log import keyfiles
from audit.note import (
    COSIGNATURE,
    Checkpoint,
    InvalidNote,
    Signer,
    Verifier,
    number_in,
    open_note,
    split_note,
)
from audit.notekeys import decoded

MOST_HASHES: Final = 63
LARGEST_BODY: Final = 64 * 1024
SIZE_TYPE: Final = "text/x.tlog.size"
PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gets."""

    status: HTTPStatus
    body: str
    content_type: str = "text/plain; charset=utf-8"


class Witness:
    """The folder, the key, and the logs it knows."""

    def __init__(self, folder: Path, logs: Iterable[Verifier], *, name: str | None = None) -> None:
        """Open or make the folder; `name` is only for a new one.

        Raises:
            CannotSign: its key cannot be read.
            BlockingIOError: another process uses the folder.
        """
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Held as long as the process lives.
        self._held = (folder / "lock").open("w")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._held.close()
            raise
        self.signer = Signer(_name(folder, name), _key(folder), COSIGNATURE)
        self._logs: dict[str, list[Verifier]] = {}
        for verifier in logs:
            self._logs.setdefault(verifier.name, []).append(verifier)
        self._one_at_a_time = threading.Lock()

    def close(self) -> None:
        self._held.close()

    def add_checkpoint(self, body: bytes, *, now: int) -> Answer:
        """Answer one call; `now` in seconds since 1970."""
        try:
            old, proof, note = _parsed(body)
            checkpoint = Checkpoint.parse(split_note(note)[0])
        except (InvalidNote, UnicodeError) as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        if (known := self._logs.get(checkpoint.origin)) is None:
            return Answer(HTTPStatus.NOT_FOUND, "this log is not known here\n")
        try:
            open_note(note, known)
        except InvalidNote as error:
            return Answer(HTTPStatus.FORBIDDEN, f"{error}\n")
        if old > checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint\n")
        with self._one_at_a_time:
            return self._cosigned(checkpoint, note, old, proof, now=now)

    def _cosigned(self, fresh: Checkpoint, note: str, old: int, proof: list[bytes], *, now: int) -> Answer:
        last = self.newest(fresh.origin)
        if old != (last.size if last else 0):
            return Answer(HTTPStatus.CONFLICT, f"{last.size if last else 0}\n", SIZE_TYPE)
        if last is not None and last.size == fresh.size and last.root != fresh.root:
            return Answer(HTTPStatus.CONFLICT, "another root was cosigned for this size\n")
        if not _continues(last, fresh, proof):
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "this does not continue what was seen before\n")
        _replace(self._file(fresh.origin), note.encode())
        return Answer(HTTPStatus.OK, self.signer.sign(fresh.text, timestamp=now).line)

    def newest(self, origin: str) -> Checkpoint | None:
        """The newest tree that was cosigned for a log."""
        file = self._file(origin)
        return Checkpoint.parse(split_note(file.read_bytes())[0]) if file.exists() else None

    def _file(self, origin: str) -> Path:
        return self.folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"


def server(witness: Witness, *, port: int, host: str = "127.0.0.1") -> http.server.ThreadingHTTPServer:
    """The witness behind HTTP; port 0 takes a free one."""

    class Desk(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = PATIENCE

        def do_POST(self) -> None:
            try:
                length = int(self.headers.get("Content-Length", ""))
            except ValueError:
                return self._say(Answer(HTTPStatus.LENGTH_REQUIRED, "Content-Length is needed\n"))
            if self.path != "/add-checkpoint":
                return self._say(Answer(HTTPStatus.NOT_FOUND, "POST /add-checkpoint\n"))
            if not 0 <= length <= LARGEST_BODY:
                return self._say(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long\n"))
            return self._say(witness.add_checkpoint(self.rfile.read(length), now=int(time.time())))

        def _say(self, answer: Answer) -> None:
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            if answer.status not in (HTTPStatus.OK, HTTPStatus.CONFLICT):
                self.close_connection = True
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: the folder says what was cosigned."""

    return http.server.ThreadingHTTPServer((host, port), Desk)


@contextlib.contextmanager
def serving(witness: Witness, *, port: int = 0) -> Iterator[str]:
    """Serve on loopback in a thread; gives the address."""
    desk = server(witness, port=port)
    thread = threading.Thread(target=desk.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{desk.server_address[1]}"
    finally:
        desk.shutdown()
        desk.server_close()
        thread.join()


def _continues(last: Checkpoint | None, fresh: Checkpoint, proof: list[bytes]) -> bool:
    if last is None or last.size == 0:
        return not proof
    return merkle.verify_consistency(last.size, last.root, fresh.size, fresh.root, proof)


def _parsed(body: bytes) -> tuple[int, list[bytes], str]:
    """The old size, the proof and the signed note of a call.

    Raises:
        InvalidNote: it is written otherwise.
        UnicodeError: it is no UTF-8.
    """
    head, blank, note = body.decode().partition("\n\n")
    first, *proof = head.split("\n")
    if not blank or not first.startswith("old ") or len(proof) > MOST_HASHES:
        raise InvalidNote("a call is the old size, at most 63 hashes, a blank line and a checkpoint")
    hashes = [decoded(line) for line in proof]
    if any(len(each) != merkle.HASH_SIZE for each in hashes):
        raise InvalidNote("a hash has 32 bytes")
    return number_in(first.removeprefix("old ")), hashes, note


def _name(folder: Path, wanted: str | None) -> str:
    file = folder / "name"
    if not file.exists():
        _replace(file, (wanted or f"countersign.local/witness/{secrets.token_hex(8)}").encode())
    return file.read_text()


def _key(folder: Path) -> Any:
    file = folder / "witness.pem"
    if not file.exists():
        keyfiles.make(file)
    return keyfiles.load(file)


def _replace(file: Path, body: bytes) -> None:
    """Put `body` in the place of a file's content: all of it or nothing, and on the disk."""
    draft = file.with_name(f".{secrets.token_hex(8)}")
    with draft.open("wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
