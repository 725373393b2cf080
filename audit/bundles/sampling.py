"""A sample as rows for a work paper: each event with its place and the proof that it is in the signed log."""

import base64
import csv
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from django.db import connection

from audit.bundles.choosing import Choice
from audit.bundles.errors import BundleNotDone, NoSample
from audit.bundles.models import Bundle
from audit.log import selectors
from audit.merkle import leaf_hash
from audit.refusals import Busy
from audit.verifier import sample_rank

COLUMNS: Final = (
    "draw", "rank", "position", "event", "kind", "at", "actor", "entity", "entity_version", "sha256",
    "log", "index", "tree_size", "tree_root", "leaf_hash", "inclusion_proof",
)  # fmt: skip


class SupportsWrite(Protocol):
    """Something to write text to."""

    def write(self, text: str, /) -> Any: ...


_EVENT: Final = """
SELECT e.id, e.kind, e.actor, e.entity_type, e.entity_id, e.entity_version, e.body
FROM audit_position p JOIN audit_event e ON e.seq = p.ref WHERE p.feed = 1 AND p.n = %s
"""


def rows(filter_: Mapping[str, Any], *, subject: str | None = None) -> Iterator[dict[str, Any]]:
    """The drawn events in the order in which they were drawn; the same for the same log, filter and seed.

    Raises:
        Busy: no checkpoint is signed yet.
    """
    log = selectors.current()
    newest = selectors.newest_checkpoint(log)
    if newest is None:
        raise Busy("Nothing in the log is signed yet: there is nothing that a sample could be held against.")
    choice = Choice(filter_, subject=subject, upto=log.base + newest.size, request=None)
    for draw, position in enumerate(choice.picked, 1):
        yield _row(draw, position, filter_["sample"]["seed"])


def rows_of(bundle: Bundle) -> Iterator[dict[str, Any]]:
    """The same of a bundle that is done: what was drawn for it, in the trees that it holds.

    Raises:
        BundleNotDone: nothing is drawn yet, or never will be.
        NoSample: it was asked for without a sample.
    """
    if bundle.manifest is None:
        raise BundleNotDone(f"This bundle is {bundle.get_state_display()}, so nothing is drawn for it.")
    if bundle.manifest["sample"] is None:
        raise NoSample
    sizes = {log["number"]: log["size"] for log in bundle.manifest["logs"]}
    seed = bundle.request["filter"]["sample"]["seed"]
    drawn = enumerate(bundle.manifest["sample"], 1)
    return (_row(draw, position, seed, sizes) for draw, position in drawn)


def _row(draw: int, position: int, seed: str, sizes: Mapping[int, int] | None = None) -> dict[str, Any]:
    """One event in its log's newest signed tree, or in that of the size given for the log."""
    log = selectors.log_of(position)
    newest = selectors.newest_checkpoint(log)
    size = sizes[log.number] if sizes else newest.size if newest else log.size
    index = position - log.base - 1
    with connection.cursor() as cursor:
        cursor.execute(_EVENT, [position])
        id_, kind, actor, type_, entity_id, version, body = cursor.fetchone()
    said, proof = bytes(body), selectors.inclusion(log, index, size)
    at = said.partition(b'"at":"')[2][:27].decode()
    values = (
        draw, sample_rank(seed, position).hex(), position, id_, kind, at, actor, f"{type_}:{entity_id}",
        version, hashlib.sha256(said).hexdigest(), log.origin, index, size,
        _base64(selectors.root_at(log, size)), _base64(leaf_hash(said)), " ".join(map(_base64, proof)),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def write_csv(file: SupportsWrite, found: Iterator[dict[str, Any]]) -> int:
    """Write rows with their titles; answer how many."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    drawn = list(found)
    writer.writerows(drawn)
    return len(drawn)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
