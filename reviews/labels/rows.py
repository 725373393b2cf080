"""Labels as they are handed out, read in the order of their feed: the SQL behind the feed and the exports.

Two steps, so that memory stays flat whatever was posted: first the heads, narrow rows that say how large the
content is; then the content of so many heads as fit.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from audit.canonical import utc_text
from audit.trail.models import Feed
from reviews.intake.reading import read_json

AT_ONCE = 4 * 1024 * 1024
"""Bytes of content that are read together; a single larger label is read alone."""

_HEADS = f"""
SELECT p.n, l.id, l.prediction_id, l.item_id, l.round, l.judgement_id, l.source, l.changed, l.propensity,
    l.sample_weight, l.supersedes, l.withdrawn, l.decided_at, m.slug, r.external_id, r.version_name, s.number,
    r.reasons, r.confidence, o.number, octet_length(b.body), coalesce(octet_length(j.output), 0)
FROM audit_position p
JOIN reviews_label l ON l.seq = p.ref
JOIN registry_model m ON m.id = l.model_id
LEFT JOIN reviews_prediction r ON r.id = l.prediction_id
LEFT JOIN reviews_payload b ON b.prediction_id = l.prediction_id
LEFT JOIN registry_schemaversion s ON s.id = r.schema_id
LEFT JOIN reviews_routingpolicy o ON o.id = r.policy_id
LEFT JOIN reviews_judgement j ON j.id = l.judgement_id
WHERE p.feed = {Feed.LABELS.value} AND p.n > %(after)s AND p.n <= %(upto)s
"""

_PAYLOADS = "SELECT prediction_id, body, subject_hash FROM reviews_payload WHERE prediction_id = ANY(%s)"

_JUDGEMENTS = """
SELECT j.item_id, j.round, j.id, a.pseudonym, j.output, j.changed, j.reasons, j.comment, j.shown_sha256,
    j.shown_mode, j.shown_suggestion, j.seconds, j.via, j.at, j.diff::text
FROM unnest(%s::uuid[], %s::int[]) AS wanted (item_id, round)
JOIN reviews_judgement j ON j.item_id = wanted.item_id AND j.round = wanted.round
JOIN governance_person a ON a.id = j.reviewer_id
WHERE j.undone_at IS NULL
ORDER BY j.at, j.id
"""


class Head(NamedTuple):
    """A label without its content. `n` is its position in the feed; `payload_bytes` is None once erased."""

    n: int
    id: UUID
    prediction_id: UUID
    item_id: UUID
    round: int
    judgement_id: UUID | None
    source: str
    changed: bool | None
    propensity: float
    sample_weight: float | None
    supersedes: UUID | None
    withdrawn: bool
    decided_at: datetime
    model: str
    external_id: str
    version: str
    schema_number: int
    reasons: list[str]
    confidence: float | None
    policy_number: int | None
    payload_bytes: int | None
    output_bytes: int

    @property
    def is_tombstone(self) -> bool:
        """Withdrawn, or its content was erased: either way nobody may train on it any more."""
        return self.withdrawn or self.payload_bytes is None

    @property
    def size(self) -> int:
        return 512 + (self.payload_bytes or 0) + 2 * self.output_bytes


class Judged(NamedTuple):
    """One reviewer's answer, as stored."""

    item_id: UUID
    round: int
    id: UUID
    pseudonym: str
    output: str | None
    changed: bool | None
    reasons: list[str]
    comment: str
    shown_sha256: str
    shown_mode: str
    shown_suggestion: bool
    seconds: float
    via: str
    at: datetime
    diff: str

    def told(self) -> dict[str, Any]:
        """As it is handed out: by pseudonym."""
        return {
            "reviewer": self.pseudonym,
            "output": None if self.output is None else read_json(self.output.encode()),
            "changed": self.changed,
            "reasons": self.reasons,
            "comment": self.comment,
            "shown": {
                "sha256": self.shown_sha256,
                "mode": self.shown_mode,
                "suggestion": self.shown_suggestion,
            },
            "seconds": self.seconds,
            "via": self.via,
            "at": utc_text(self.at),
        }


class Row(NamedTuple):
    """A label as it is handed out. `subject_hash` is not part of it; splits use it."""

    head: Head
    label: dict[str, Any]
    subject_hash: bytes | None


def heads(*, after: int, upto: int, where: str = "", limit: int | None = None, **values: Any) -> list[Head]:
    """Labels at the positions behind `after` up to `upto`, in order.

    `where` are conditions in our own SQL over the aliases above, beginning with AND, its values by name.
    """
    statement = f"{_HEADS} {where} ORDER BY p.n" + (" LIMIT %(limit)s" if limit is not None else "")
    with connection.cursor() as cursor:
        cursor.execute(statement, {"after": after, "upto": upto, "limit": limit, **values})
        return [Head._make(row) for row in cursor.fetchall()]


def count(*, after: int, upto: int, where: str = "", **values: Any) -> int:
    """How many `heads` would find."""
    statement = f"SELECT count(*) FROM ({_HEADS} {where}) AS found"
    with connection.cursor() as cursor:
        cursor.execute(statement, {"after": after, "upto": upto, **values})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def chunks(found: Sequence[Head], largest: int = AT_ONCE) -> Iterator[Sequence[Head]]:
    """Neighbours whose content is at most `largest` together."""
    start, size = 0, 0
    for here, head in enumerate(found):
        if here > start and size + head.size > largest:
            yield found[start:here]
            start, size = here, 0
        size += head.size
    if found:
        yield found[start:]


def complete(chunk: Sequence[Head]) -> list[Row]:
    """The rows of some heads, in the same order."""
    living = [head for head in chunk if not head.is_tombstone]
    payloads = _payloads([head.prediction_id for head in living])
    judgements = _judgements(living)
    rows = []
    for head in chunk:
        if head.is_tombstone or head.prediction_id not in payloads:
            rows.append(Row(head, _tombstone(head), None))
            continue
        body, subject_hash = payloads[head.prediction_id]
        posted = read_json(body.encode())
        rows.append(Row(head, _label(head, posted, judgements[head.item_id, head.round]), subject_hash))
    return rows


def _payloads(ids: list[UUID]) -> dict[UUID, tuple[str, bytes | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_PAYLOADS, [ids])
        return {
            id_: (body, None if subject_hash is None else bytes(subject_hash))
            for id_, body, subject_hash in cursor.fetchall()
        }


def _judgements(living: Sequence[Head]) -> Mapping[tuple[UUID, int], list[Judged]]:
    found: dict[tuple[UUID, int], list[Judged]] = defaultdict(list)
    rounds = {(head.item_id, head.round) for head in living}
    with connection.cursor() as cursor:
        cursor.execute(_JUDGEMENTS, [[item for item, _ in rounds], [round_ for _, round_ in rounds]])
        for row in cursor.fetchall():
            judgement = Judged._make(row)
            found[judgement.item_id, judgement.round].append(judgement)
    return found


def _label(head: Head, posted: Any, judgements: Sequence[Judged]) -> dict[str, Any]:
    """The contract's members, in its order."""
    answer: Any = None
    diff: Any = []
    told: list[dict[str, Any]] = []
    for judgement in judgements:
        told.append(judgement.told())
        if judgement.id == head.judgement_id:
            answer, diff = told[-1]["output"], read_json(judgement.diff.encode())
    return {
        **_frame(head),
        "input": posted.get("input"),
        "model_output": posted.get("output"),
        "label": answer,
        "changed": head.changed,
        "diff": diff,
        "source": head.source,
        "judgements": told,
        "routing": {
            "policy": None if head.policy_number is None else head.model,
            "policy_version": head.policy_number,
            "reasons": head.reasons,
            "propensity": head.propensity,
        },
        "confidence": head.confidence,
        "scores": posted.get("scores"),
        "segment": posted.get("segment"),
        "propensity": head.propensity,
        "sample_weight": head.sample_weight,
        **_end(head),
        "withdrawn": False,
    }


_WITHOUT_CONTENT: Final[Mapping[str, Any]] = {
    "input": None,
    "model_output": None,
    "label": None,
    "changed": None,
    "diff": [],
    "source": None,
    "judgements": [],
    "routing": None,
    "confidence": None,
    "scores": None,
    "segment": None,
    "propensity": None,
    "sample_weight": None,
}


def _tombstone(head: Head) -> dict[str, Any]:
    """The same members, so that one reader reads both; what must no longer be used is not there."""
    return {**_frame(head), **_WITHOUT_CONTENT, **_end(head), "withdrawn": True}


def _frame(head: Head) -> dict[str, Any]:
    return {
        "id": str(head.id),
        "prediction": str(head.prediction_id),
        "external_id": head.external_id,
        "model": head.model,
        "version": head.version,
        "output_schema_version": head.schema_number,
    }


def _end(head: Head) -> dict[str, Any]:
    return {
        "decided_at": utc_text(head.decided_at),
        "supersedes": None if head.supersedes is None else str(head.supersedes),
    }
