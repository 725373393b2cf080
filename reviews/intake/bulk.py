"""The hot SQL of a batch: its external ids in one statement, then COPY into every table.

COPY takes text that is put together here: psycopg would look at the type of each of some fifty values per
prediction, and most of them are the same in all lines of a batch. Rows are made while the server is busy
with those before them.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import connection
from psycopg import sql

from audit.ids import uuid7
from audit.prepared import execute
from reviews.intake import evidence
from reviews.intake.arrival import Arrival, stored_subject_hash
from reviews.intake.statements import EVENT, GATE, ITEM, OUTCOME, PAYLOAD, PREDICTION, SLOT, Gate, key_id

TAKE_MANY: Final = f"""
WITH {GATE}, taken AS (
    INSERT INTO reviews_externalid (model_id, external_id, prediction_id, digest)
    SELECT line.* FROM gate, unnest(%(models)b::uuid[], %(external_ids)s::text[], %(ids)b::uuid[],
        %(digests)b::bytea[]) AS line
    WHERE gate.live AND gate.epoch = %(epoch)s
    ON CONFLICT (model_id, external_id) DO NOTHING
    RETURNING prediction_id
)
SELECT gate.epoch, gate.live, ARRAY(SELECT prediction_id FROM taken) FROM gate"""


ROWS_AT_ONCE: Final = 256
NULL: Final = "\\N"
LONGEST_CACHED: Final = 200


def take_many(arrivals: Sequence[Arrival], *, epoch: str, caller: Any) -> tuple[Gate, set[UUID]]:
    """Take the external ids of a batch; answers the predictions whose ids were free.

    Sorted: two batches that share ids would otherwise wait for each other.
    """
    ordered = sorted(arrivals, key=lambda each: (each.model.id, each.posted.external_id))
    parameters = {
        "models": [each.model.id for each in ordered],
        "external_ids": [each.posted.external_id for each in ordered],
        "ids": [each.id for each in ordered],
        "digests": [each.digest for each in ordered],
        "epoch": epoch,
        "key": key_id(caller),
    }
    found_epoch, live, taken = execute(TAKE_MANY, parameters).fetchone()  # type: ignore[misc]  # always a row
    return Gate(found_epoch, live), set(taken)


def copy_many(arrivals: Sequence[Arrival]) -> None:
    """Store a batch whose external ids were taken in this transaction."""
    batch = _Batch(arrivals)
    _copy("reviews_prediction", PREDICTION, batch.predictions())
    _copy("reviews_payload", PAYLOAD, batch.payloads())
    _copy("reviews_outcome", OUTCOME, batch.outcomes())
    _copy("reviews_reviewitem", ITEM, batch.items())
    _copy("reviews_slot", SLOT, batch.slots())
    _copy("audit_event", EVENT, batch.events())


class _Shape:
    """What predictions have in common that were posted, judged and routed alike."""

    def __init__(self, arrival: Arrival) -> None:
        posted, routed, model, now = arrival.posted, arrival.routed, arrival.model, arrival.now.isoformat()
        final = not routed.blocks
        self.to_external_id = _row(
            1, model.id.hex, _uuid(arrival.known_version), text(posted.version), model.schema.id.hex
        )
        self.to_confidence = _row(
            text(posted.environment),
            arrival.status.value,
            routed.decision,
            array(routed.reasons),
            routed.propensity,
        )
        self.to_occurred_at = _row(
            _uuid(model.policy_id),
            text(arrival.poster),
            _uuid(arrival.poster_person_id),
            posted.training_use,
            now,
        )
        self.after = _row(now if final else NULL, 1 if final else 0)
        self.outcome = _row(model.id.hex, 1, "final", "model", False, True, now)
        self.event = _row(evidence.ROUTED, text(arrival.poster), "prediction")
        self.after_entity = _row(1, model.system_id.hex, now)
        self.bodies = evidence.RoutedBodies(arrival)


class _Batch:
    """The rows of a batch as COPY text, table by table."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        shapes: dict[tuple[object, ...], _Shape] = {}
        self._rows: list[tuple[Arrival, str, _Shape]] = []
        for each in arrivals:
            posted, routed = each.posted, each.routed
            like = (
                each.model.slug,
                posted.version,
                posted.environment,
                posted.training_use,
                routed.decision,
                routed.reasons,
                routed.propensity,
            )
            shape = shapes.get(like)
            if shape is None:
                shape = shapes[like] = _Shape(each)
            self._rows.append((each, str(each.id), shape))

    def predictions(self) -> Iterator[str]:
        for each, id_, shape in self._rows:
            confidence, occurred_at = each.confidence, each.posted.occurred_at
            yield (
                f"{id_}\t{shape.to_external_id}\t{text(each.posted.external_id)}\t{shape.to_confidence}"
                f"\t{NULL if confidence is None else confidence}\t{array(each.facts.classes)}"
                f"\t{shape.to_occurred_at}\t{NULL if occurred_at is None else occurred_at.isoformat()}"
                f"\t{shape.after}\n"
            )

    def payloads(self) -> Iterator[str]:
        for each, id_, _ in self._rows:
            subject = stored_subject_hash(each)
            hashed = NULL if subject is None else _bytes(subject)
            # JSON text has no control characters of its own: only backslashes mean something to COPY.
            body = each.body.replace("\\", "\\\\")
            yield f"{id_}\t{body}\t{_bytes(each.salt)}\t{hashed}\n"

    def outcomes(self) -> Iterator[str]:
        for each, id_, shape in self._rows:
            if not each.routed.blocks:
                yield f"{id_}\t{shape.outcome}\n"

    def items(self) -> Iterator[str]:
        for each, id_, _ in self._rows:
            if each.item_id is not None:
                routed = each.routed
                yield _row(
                    each.item_id.hex, 1, id_, each.model.id.hex, each.queue_id.hex,
                    _uuid(each.model.policy_id), "waiting", 1, routed.blocks, True, array(routed.reasons),
                    routed.priority, routed.reviewers, each.now.isoformat(), each.due_at.isoformat(),
                    each.sort_at.isoformat(), _uuid(each.poster_person_id),
                ) + "\n"  # fmt: skip

    def slots(self) -> Iterator[str]:
        for each, _, _ in self._rows:
            if each.item_id is not None:
                for n in range(1, each.routed.reviewers + 1):
                    yield _row(
                        each.item_id.hex, n, each.queue_id.hex, each.lane, each.sort_at.isoformat(), True,
                        _uuid(each.poster_person_id), 0,
                    ) + "\n"  # fmt: skip

    def events(self) -> Iterator[str]:
        for each, id_, shape in self._rows:
            body = _bytes(shape.bodies.body(each, id_))
            yield f"{uuid7().hex}\t{shape.event}\t{id_}\t{shape.after_entity}\t{body}\n"
            if each.item_id is not None:
                event = evidence.opened(each, each.item_id)
                id_of_event, kind, actor, kind_of_entity, entity, version, system, now, opened = event
                yield _row(
                    id_of_event.hex, kind, text(actor), kind_of_entity, entity.hex, version, system.hex,
                    now.isoformat(), _bytes(opened),
                ) + "\n"  # fmt: skip


def text(value: str) -> str:
    """A string as COPY takes it. Most need nothing done."""
    if value.isalnum():
        return value
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def array(values: tuple[str, ...]) -> str:
    """An array of strings as COPY takes it."""
    if not values:
        return "{}"
    return _short_array(values) if sum(map(len, values)) < LONGEST_CACHED else _array(values)


def _array(values: tuple[str, ...]) -> str:
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return text("{" + ",".join(quoted) + "}")


_short_array = lru_cache(maxsize=1024)(_array)


def _row(*values: object) -> str:
    return "\t".join(map(str, values))


def _uuid(value: UUID | None) -> str:
    return NULL if value is None else value.hex


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _copy(table: str, columns: str, rows: Iterable[str]) -> None:
    """COPY the rows, some hundred at a time; without any, nothing is asked of the server."""
    iterator = iter(rows)
    chunk = "".join(islice(iterator, ROWS_AT_ONCE))
    if not chunk:
        return
    raw: psycopg.Connection[Any] = connection.connection
    statement = sql.SQL(f"COPY {table} ({columns}) FROM STDIN")
    with connection.wrap_database_errors, psycopg.Cursor(raw).copy(statement) as copy:
        while chunk:
            copy.write(chunk)
            chunk = "".join(islice(iterator, ROWS_AT_ONCE))
