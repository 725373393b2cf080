"""The SQL behind a queue's page. Every count is bounded: exact to `EXACT`, beyond that "more".

Each condition is one that an index of the items or slots answers in its order, so a count reads as many
entries as it counts, and never more than `EXACT` of them. The numbers of an hour come from the ids: they are
UUIDv7, so the items that came within an hour lie beside each other in the index (queue, id).
"""

from typing import Final

EXACT: Final = 10_000
LIMIT: Final = EXACT + 1

_WAITING = "i.state = 'waiting'"

QUEUES: Final = f"""
SELECT queue.id, waiting.n, waiting.oldest, leased.n, overdue.n, due.at
FROM unnest(%(queues)s::uuid[]) AS queue (id)
CROSS JOIN LATERAL (SELECT count(*) AS n, min(routed_at) AS oldest FROM (
    SELECT i.routed_at FROM reviews_reviewitem i WHERE i.queue_id = queue.id AND {_WAITING}
    ORDER BY i.sort_at LIMIT {LIMIT}) urgent) waiting
CROSS JOIN LATERAL (SELECT count(DISTINCT item_id) AS n FROM (
    SELECT item_id FROM reviews_slot s WHERE s.queue_id = queue.id AND s.leased_by_id IS NOT NULL
    AND s.leased_until > statement_timestamp() LIMIT {LIMIT}) held) leased
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
    SELECT FROM reviews_reviewitem i WHERE i.queue_id = queue.id AND {_WAITING}
    AND i.due_at < statement_timestamp() LIMIT {LIMIT}) late) overdue
LEFT JOIN LATERAL (SELECT i.due_at AS at FROM reviews_reviewitem i WHERE i.queue_id = queue.id AND {_WAITING}
    ORDER BY i.due_at LIMIT 1) due ON true
"""

NUMBERS: Final = f"""
SELECT
(SELECT count(*) FROM (SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s AND {_WAITING}
    AND i.due_at < %(now)s LIMIT {LIMIT}) a),
(SELECT count(*) FROM (SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s AND {_WAITING}
    AND i.due_at >= %(now)s AND i.due_at < %(now)s + interval '1 hour' LIMIT {LIMIT}) b),
(SELECT count(*) FROM (SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s
    AND i.decided_at >= %(now)s - interval '1 hour' LIMIT {LIMIT}) c),
(SELECT count(*) FROM (SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s
    AND i.decided_at >= %(midnight)s LIMIT {LIMIT}) d),
(SELECT count(*) FROM (SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s
    AND i.id >= reviews_first_id(%(now)s - interval '1 hour') LIMIT {LIMIT}) e),
(SELECT i.due_at FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s AND {_WAITING}
    ORDER BY i.due_at LIMIT 1)
"""

HOURS: Final = f"""
SELECT hour.start, arrived.n, decided.n
FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz, interval '1 hour') AS hour (start)
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
    SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s AND i.id >= reviews_first_id(hour.start)
    AND i.id < reviews_first_id(hour.start + interval '1 hour') LIMIT {LIMIT}) a) arrived
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
    SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s AND i.decided_at >= hour.start
    AND i.decided_at < hour.start + interval '1 hour' LIMIT {LIMIT}) d) decided
ORDER BY hour.start
"""

CLASSES_OF: Final = 1_000
"""Classes stand with the predictions: looked up for so many of the most urgent."""

# Of the most urgent that wait: how long they have, when they are due, and what they are.
URGENT: Final = f"""
WITH urgent AS MATERIALIZED (
    SELECT i.prediction_id, i.routed_at, i.due_at, i.reasons, i.model_id, i.sort_at FROM reviews_reviewitem i
    WHERE i.queue_id = %(queue)s AND {_WAITING} ORDER BY i.sort_at, i.id LIMIT {EXACT}
)
SELECT 'age', width_bucket(extract(epoch FROM %(now)s - routed_at)::float8, %(ages)s::float8[])::text,
    count(*)
FROM urgent GROUP BY 2
UNION ALL
SELECT 'due', width_bucket(extract(epoch FROM due_at - %(now)s)::float8, %(dues)s::float8[])::text, count(*)
FROM urgent GROUP BY 2
UNION ALL
SELECT 'reason', reason, count(*) FROM urgent, unnest(reasons) AS reason GROUP BY 2
UNION ALL
SELECT 'model', m.slug, count(*) FROM urgent JOIN registry_model m ON m.id = urgent.model_id GROUP BY 2
UNION ALL
SELECT 'class', class, count(*)
FROM (SELECT prediction_id FROM urgent ORDER BY sort_at LIMIT {CLASSES_OF}) AS foremost
JOIN reviews_prediction p ON p.id = foremost.prediction_id, unnest(p.classes) AS class GROUP BY 2
"""
