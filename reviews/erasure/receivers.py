"""Who had received the content of predictions: exports, those who downloaded them, lists, keys, people.

What is known and what may be are told apart: a download and a claim are events, but who read a feed is known
only as far as its key was used since there was something to read.
"""

from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from audit.canonical import utc_text
from audit.trail.models import Feed
from reviews.erasure.matching import Meant
from reviews.queue.states import Verdict

DECIDED_DOWNLOADED: Final = "reviews.decided.downloaded"

# The filter of an export is judged as `reviews.exports.rows` does; for classes, which lie in the content,
# every export that could hold it counts. A minute more than the moment at which the content went: the batch
# was committed after that, and clocks differ.
_EXPORTS = f"""
SELECT e.id, e.state, e.requested_by, e.requested_at, count(DISTINCT x.prediction_id)
FROM meant x
JOIN reviews_label l ON l.prediction_id = x.prediction_id AND NOT l.withdrawn
JOIN reviews_prediction r ON r.id = l.prediction_id
JOIN audit_position q ON q.feed = {Feed.LABELS.value} AND q.ref = l.seq
JOIN reviews_export e ON e.model_id = l.model_id AND e.through >= q.n
    AND e.started_at < x.at + interval '1 minute' AND e.state IN ('running', 'done', 'purged')
WHERE NOT EXISTS (
    SELECT FROM reviews_label later
    JOIN audit_position z ON z.feed = {Feed.LABELS.value} AND z.ref = later.seq
    WHERE later.prediction_id = l.prediction_id AND later.version > l.version AND z.n <= e.through)
AND l.decided_at >= coalesce((e.request #>> '{{filter,decided_after}}')::timestamptz, '-infinity')
AND l.decided_at < coalesce((e.request #>> '{{filter,decided_before}}')::timestamptz, 'infinity')
AND coalesce(l.changed = (e.request #>> '{{filter,changed}}')::boolean, true)
AND (jsonb_typeof(e.request #> '{{filter,versions}}') IS DISTINCT FROM 'array'
    OR e.request #> '{{filter,versions}}' ? r.version_name)
AND (jsonb_typeof(e.request -> 'environments') IS DISTINCT FROM 'array'
    OR e.request -> 'environments' ? r.environment)
AND (jsonb_typeof(e.request -> 'queue_ids') IS DISTINCT FROM 'array'
    OR e.request -> 'queue_ids' ? l.queue_id::text)
GROUP BY e.id ORDER BY e.id
"""
# Which of the openings it took is not kept: whatever covers the prediction's events counts. A sample of
# approvals or grants has no openings of predictions.
_BUNDLES = """
SELECT b.id, b.state, b.requested_by, b.requested_at, count(DISTINCT x.prediction_id)
FROM meant x
JOIN reviews_prediction p ON p.id = x.prediction_id
JOIN registry_model m ON m.id = p.model_id
JOIN audit_bundle b ON (b.request ->> 'openings')::boolean AND b.state IN ('running', 'done', 'purged')
    AND (b.system_id IS NULL OR b.system_id = m.system_id)
    AND b.started_at < x.at + interval '1 minute' AND coalesce(b.finished_at, 'infinity') >= p.routed_at
    AND coalesce((b.request #>> '{filter,to}')::timestamptz, 'infinity') > p.routed_at
    AND (b.request #>> '{filter,sample}' IS NULL
        OR b.request #>> '{filter,sample,kinds}' LIKE '%%"reviews.%%')
GROUP BY b.id ORDER BY b.id
"""
_BUNDLE_DOWNLOADS = """
SELECT entity_id, actor, at FROM audit_event
WHERE entity_type = 'bundle' AND entity_id = ANY (%(bundles)s::uuid[])
    AND kind = 'audit.bundle.downloaded' ORDER BY seq
"""
_DOWNLOADS = """
SELECT entity_id, actor, at, body FROM audit_event
WHERE entity_type = 'export' AND entity_id = ANY (%(exports)s::uuid[])
    AND kind = 'reviews.export.downloaded' ORDER BY seq
"""
# What else such a list was narrowed to (classes, reasons, times) is not kept: whatever its queues and
# reviewer allow counts. A later round may stand in another queue than the one that was downloaded.
_DECIDED_LISTS = f"""
, list AS MATERIALIZED (
    SELECT seq, actor, at, convert_from(body, 'UTF8')::jsonb -> 'details' AS asked FROM audit_event
    WHERE kind = '{DECIDED_DOWNLOADED}'
)
SELECT list.actor, list.at, count(DISTINCT x.prediction_id) FROM meant x
JOIN reviews_reviewitem i ON i.prediction_id = x.prediction_id
JOIN reviews_judgement j ON j.item_id = i.id AND j.verdict = '{Verdict.ANSWER.value}'
JOIN list ON list.at >= j.at - interval '1 minute' AND list.at < x.at + interval '1 minute'
    AND (j.undone_at IS NULL OR j.undone_at > list.at)
WHERE (jsonb_typeof(list.asked -> 'queues') IS DISTINCT FROM 'array'
    OR list.asked -> 'queues' ? i.queue_id::text OR i.round > 1)
AND coalesce(list.asked ->> 'reviewer' = j.reviewer_id::text, true)
GROUP BY list.seq, list.actor, list.at ORDER BY list.seq
"""
_POSTERS = """
SELECT p.posted_by, count(*) FROM meant x JOIN reviews_prediction p ON p.id = x.prediction_id
GROUP BY 1 ORDER BY 1
"""
# When a key was last used is written down every minute or two, so a little more is counted.
_READERS = """
SELECT k.id, k.name, k.last_used_at,
    coalesce(bool_or('labels:read' = ANY (k.scopes) AND k.last_used_at >= g.routed_at - slack), false),
    coalesce(bool_or('outcomes:read' = ANY (k.scopes) AND k.last_used_at >= g.told_at - slack), false)
FROM (
    SELECT m.system_id, p.environment, min(p.routed_at) AS routed_at, min(o.decided_at) AS told_at
    FROM meant x
    JOIN reviews_prediction p ON p.id = x.prediction_id
    JOIN registry_model m ON m.id = p.model_id
    LEFT JOIN reviews_outcome o ON o.prediction_id = p.id
    GROUP BY 1, 2
) g
CROSS JOIN (SELECT interval '5 minutes') AS late (slack)
JOIN governance_servicekey k ON k.last_used_at IS NOT NULL
    AND (cardinality(k.system_ids) = 0 OR g.system_id = ANY (k.system_ids))
    AND (cardinality(k.environments) = 0 OR g.environment = ANY (k.environments))
GROUP BY k.id ORDER BY k.name, k.id
"""
_PEOPLE = """
SELECT e.actor, 'reviewed', min(e.at), max(e.at) FROM meant x
JOIN reviews_reviewitem i ON i.prediction_id = x.prediction_id
JOIN audit_event e ON e.entity_type = 'review' AND e.entity_id = i.id
WHERE e.kind IN ('reviews.review.claimed', 'reviews.review.judged')
GROUP BY 1
UNION ALL
SELECT e.actor, 'opened', min(e.at), max(e.at) FROM audit_event e
WHERE e.kind = 'reviews.prediction.payload_opened' AND e.at >= (
    SELECT min(p.routed_at) FROM meant x JOIN reviews_prediction p ON p.id = x.prediction_id)
AND (convert_from(e.body, 'UTF8')::jsonb #>> '{details,prediction}') IN (
    SELECT prediction_id::text FROM meant)
GROUP BY 1
ORDER BY 1, 2
"""
POSTED: Final = "posted it"
LABELS: Final = "may have read its payload or labels"
OUTCOMES: Final = "may have read its outcomes"


class Holding(NamedTuple):
    """An export or a bundle whose files hold, or held, some of it."""

    id: UUID
    state: str
    requested_by: str
    requested_at: Any
    predictions: int


def exports_with(meant: Meant) -> list[Holding]:
    """Exports that hold some of it, those whose files were deleted before included."""
    return [Holding._make(row) for row in _rows(meant, _EXPORTS)]


def bundles_with(meant: Meant) -> list[Holding]:
    """Bundles with openings that may hold some of it, those whose files were deleted before included."""
    return [Holding._make(row) for row in _rows(meant, _BUNDLES)]


def received(meant: Meant) -> dict[str, Any]:
    """Exports with their downloads, keys, people, bundles: plain values, for ever in the erasure's row."""
    exports = exports_with(meant)
    return {
        "exports": _exports_told(exports),
        "keys": _keys(meant),
        "people": [
            {"person": who, "how": how, "first_at": utc_text(first), "last_at": utc_text(last)}
            for who, how, first, last in _rows(meant, _PEOPLE)
        ],
        "bundles": _bundles_told(bundles_with(meant)),
        "decided_lists": [
            {"by": who, "at": utc_text(at), "predictions": n} for who, at, n in _rows(meant, _DECIDED_LISTS)
        ],
    }


def _exports_told(exports: list[Holding]) -> list[dict[str, Any]]:
    downloads: dict[UUID, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_DOWNLOADS, {"exports": [each.id for each in exports]})
        for export_id, actor, at, body in cursor.fetchall():
            file = orjson.loads(bytes(body))["details"]["file"]
            downloads.setdefault(export_id, []).append({"by": actor, "at": utc_text(at), "file": file})
    return [
        {
            "export": str(each.id),
            "requested_by": each.requested_by,
            "requested_at": utc_text(each.requested_at),
            "predictions": each.predictions,
            "state": each.state,
            "downloads": downloads.get(each.id, []),
        }
        for each in exports
    ]


def _bundles_told(bundles: list[Holding]) -> list[dict[str, Any]]:
    downloads: dict[UUID, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BUNDLE_DOWNLOADS, {"bundles": [each.id for each in bundles]})
        for bundle_id, actor, at in cursor.fetchall():
            downloads.setdefault(bundle_id, []).append({"by": actor, "at": utc_text(at)})
    return [
        {
            "bundle": str(each.id),
            "requested_by": each.requested_by,
            "requested_at": utc_text(each.requested_at),
            "predictions": each.predictions,
            "state": each.state,
            "downloads": downloads.get(each.id, []),
        }
        for each in bundles
    ]


def _keys(meant: Meant) -> list[dict[str, Any]]:
    known: list[dict[str, Any]] = [
        {"by": by, "how": [POSTED], "certain": True, "predictions": n} for by, n in _rows(meant, _POSTERS)
    ]
    for id_, name, last_used_at, labels, outcomes in _rows(meant, _READERS):
        how = [words for words, may in ((LABELS, labels), (OUTCOMES, outcomes)) if may]
        if how:
            known.append(
                {
                    "by": f"key:{id_}",
                    "name": name,
                    "how": how,
                    "certain": False,
                    "last_used_at": utc_text(last_used_at),
                }
            )
    return known


def _rows(meant: Meant, statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"WITH meant AS MATERIALIZED ({meant.statement}) {statement}", meant.parameters)
        return list(cursor.fetchall())
