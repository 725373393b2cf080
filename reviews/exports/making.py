"""Writes the files of an export and describes them. Flat in memory, whatever the labels hold."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings

from audit import spreadsheets
from audit.canonical import canonical_bytes, utc_text
from audit.trail import feeds
from audit.trail.models import Feed
from reviews.exports import csv_safe
from reviews.exports.concealing import drop, pseudonymise
from reviews.exports.files import NewFile
from reviews.exports.rows import Selection, classes_of
from reviews.exports.splits import Splitter
from reviews.intake.content import stored_text
from reviews.intake.reading import read_json

BEAT_EVERY = 500
"""Rows between two signs of life."""
MOST_COLUMNS = 500
"""Columns that one member of a label may become; above, it stays in one column as JSON."""
MOST_CLASSES = 1_000
OTHER_CLASSES = "(other)"

_LINE_ENDS: Final = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}
"""What some readers take for the end of a line; JSON may write it as an escape."""
_KEY_FOR: Final = b"countersign: pseudonyms of exports, version 1"

Beat = Callable[[int, int], None]
"""Told how many rows were looked at, and of how many."""


class Order(NamedTuple):
    """What is to be made."""

    request: Mapping[str, Any]
    through: int
    model_id: UUID
    created_at: datetime


class _Steps:
    """Tells the beat one steady progress over as many passes as the format needs."""

    def __init__(self, beat: Beat, passes: int) -> None:
        self._beat = beat
        self._passes = passes
        self._before = 0
        self.total = 0

    def tell(self, done: int, of: int) -> None:
        """`done` of the `of` rows of this pass. The first pass looks at all rows there are."""
        if self._before == 0:
            self.total = of
        share = self._before * self.total + (self.total * done // of if of else 0)
        self._beat(share // self._passes, self.total)

    def next_pass(self) -> None:
        self._before += 1

    def end(self) -> None:
        self._beat(self.total, self.total)


class _Tally:
    """What the manifest says about the rows."""

    def __init__(self) -> None:
        self.rows = 0
        self.classes: Counter[str] = Counter()
        self.unclassified = 0
        self.schemas: Counter[int] = Counter()

    def add(self, label: Mapping[str, Any], classes: list[str]) -> None:
        self.rows += 1
        self.schemas[label["output_schema_version"]] += 1
        if not classes:
            self.unclassified += 1
        for name in classes:
            known = name in self.classes or len(self.classes) < MOST_CLASSES
            self.classes[name if known else OTHER_CLASSES] += 1


def make(order: Order, folder: Path, beat: Beat) -> dict[str, Any]:
    """Write the files into the empty `folder`; answer the manifest.

    The files, and the digest over them and the request, say nothing about when, where or by which software
    they were made: the same order gives the same bytes.
    """
    tally = _Tally()
    steps = _Steps(beat, passes=2 if order.request["format"] == "csv" else 1)
    rows = _rows(order, tally, steps)
    split = Splitter(order.request["model"], order.request["split"])
    if order.request["format"] == "csv":
        files = _write_csv(rows, split, folder, steps)
    else:
        files = _write_jsonl(rows, split, folder)
    steps.end()
    return {
        "files": files,
        "rows": tally.rows,
        "filter": order.request["filter"],
        "through": feeds.cursor_of(Feed.LABELS, order.through),
        "schema_version": max(tally.schemas, default=None),
        "schema_versions": {str(number): tally.schemas[number] for number in sorted(tally.schemas)},
        "software": settings.SOFTWARE,
        "label_counts": {name: tally.classes[name] for name in sorted(tally.classes)},
        "unclassified": tally.unclassified,
        "created_at": utc_text(order.created_at),
        "digest": digest_of(order, files),
    }


def digest_of(order: Order, files: list[dict[str, Any]]) -> str:
    """SHA-256 over what was asked and what came out, in canonical form."""
    what = {"request": order.request, "through": order.through, "files": files}
    return hashlib.sha256(canonical_bytes(what)).hexdigest()


class _Placed(NamedTuple):
    """A row as it leaves, and what decides its part."""

    label: dict[str, Any]
    subject_hash: bytes | None
    external_id: str


def _rows(order: Order, tally: _Tally, steps: _Steps) -> Iterator[_Placed]:
    request = order.request
    selection = Selection(model_id=order.model_id, through=order.through, request=request)
    total = selection.count(lambda found: steps.tell(0, found))
    wanted = set(request["filter"]["classes"] or ())
    key = _pseudonym_key(order)
    for done, row in enumerate(selection, 1):
        if done % BEAT_EVERY == 0:
            steps.tell(done, total)
        if wanted and wanted.isdisjoint(classes_of(row.label["label"], request["class_field"])):
            continue
        label = row.label
        if request["drop"]:
            label = drop(label, request["drop"])
        if request["pseudonymise"]:
            label = pseudonymise(label, request["pseudonymise"], key)
        tally.add(label, classes_of(label.get("label"), request["class_field"]))
        yield _Placed(label, row.subject_hash, row.head.external_id)


def _pseudonym_key(order: Order) -> bytes:
    """Of this request alone, so that pseudonyms of two different exports cannot be joined."""
    secret = hmac.digest(settings.SECRET_KEY.encode(), _KEY_FOR, "sha256")
    asked = canonical_bytes({"request": order.request, "through": order.through})
    return hmac.digest(secret, asked, "sha256")


def _write_jsonl(rows: Iterator[_Placed], split: Splitter, folder: Path) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        parts = {name: stack.enter_context(NewFile(folder / f"{name}.jsonl")) for name in split.names}
        for row in rows:
            part = split.part_of(subject_hash=row.subject_hash, external_id=row.external_id)
            parts[part].write(_line(row.label))
    return [parts[name].entry() for name in split.names]


def _line(label: Mapping[str, Any]) -> bytes:
    text = stored_text(label)
    if not text.isascii():
        text = text.translate(_LINE_ENDS)
    return text.encode() + b"\n"


def _write_csv(rows: Iterator[_Placed], split: Splitter, folder: Path, steps: _Steps) -> list[dict[str, Any]]:
    """In two passes: only the last row tells which columns there are. Between them the rows lie on disk."""
    columns = _Columns()
    with ExitStack() as stack:
        aside = {name: stack.enter_context(NewFile(folder / f".{name}.rows")) for name in split.names}
        for row in rows:
            columns.meet(row.label)
            part = split.part_of(subject_hash=row.subject_hash, external_id=row.external_id)
            aside[part].write(_line(row.label))
    total = sum(file.rows for file in aside.values())
    steps.next_pass()
    titles = csv_safe.header(columns.names)
    whole = frozenset(columns.whole)
    entries, done = [], 0
    for name in split.names:
        spool = folder / f".{name}.rows"
        with NewFile(folder / f"{name}.csv") as file, spool.open("rb") as lines:
            file.write(spreadsheets.title_line(titles).encode(), rows=0)
            for line in lines:
                cells = csv_safe.flatten(_object(line), whole=whole)
                file.write(spreadsheets.line(cells, titles).encode())
                done += 1
                if done % BEAT_EVERY == 0:
                    steps.tell(done, total)
        spool.unlink()
        entries.append(file.entry())
    return entries


class _Columns:
    """The columns that a file needs; a member that would become too many of them is kept whole."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.whole: set[str] = set()
        self._counts: Counter[str] = Counter()

    def meet(self, label: Mapping[str, Any]) -> None:
        for name in csv_safe.columns_of(label, whole=frozenset(self.whole)):
            if name in self.names:
                continue
            self.names.add(name)
            member = name.partition("/")[0]
            self._counts[member] += 1
            if self._counts[member] > MOST_COLUMNS:
                self.whole.add(member)
                self.names = {each for each in self.names if each.partition("/")[0] != member} | {member}


def _object(line: bytes) -> dict[str, Any]:
    value = read_json(line)
    assert isinstance(value, dict)  # our own spool
    return value
