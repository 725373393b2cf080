"""The SQL of claims; `claims.py` says how it works and why. Parameters have names."""

from reviews.queue.models import ReviewItem

_ITEM_COLUMNS = [field.column for field in ReviewItem._meta.concrete_fields]

_FREE = "(s.leased_by_id IS NULL OR s.leased_until <= statement_timestamp())"
# OFFSET 0 keeps these from becoming joins over everything that the person is kept from.
# An array is made once per statement; a test per row would walk all leases there are.
_NOT_HELD_TWICE = """(s.leased_by_id = %(person)s OR s.item_id <> ALL (ARRAY(
    SELECT o.item_id FROM reviews_slot o WHERE o.queue_id = %(queue)s AND o.leased_by_id = %(person)s)))"""
_MINE = """s.poster_person_id IS DISTINCT FROM %(person)s
    AND (s.assigned_to_id IS NULL OR s.assigned_to_id = %(person)s)"""
_NOT_EXCLUDED = """NOT EXISTS (SELECT FROM reviews_exclusion e
    WHERE e.item_id = s.item_id AND e.person_id = %(person)s OFFSET 0)"""
_NOT_KEPT_FROM = _NOT_EXCLUDED.replace("OFFSET 0", "AND e.why <> 'skipped' OFFSET 0")

_LOCKED = f"""
    AND {_FREE} AND {_NOT_HELD_TWICE} AND i.state = 'waiting'
    ORDER BY s.sort_at, s.id LIMIT 1 FOR NO KEY UPDATE OF s, i SKIP LOCKED"""
_SLOTS = "SELECT s.id, s.sort_at FROM reviews_slot s JOIN reviews_reviewitem i ON i.id = s.item_id"
_LANE_1 = "s.queue_id = %(queue)s AND s.lane = 1 AND s.open"

_TAKE = f"""
taken AS (
    UPDATE reviews_slot s SET leased_by_id = %(person)s, leased_at = statement_timestamp(),
        leased_until = statement_timestamp() + make_interval(secs => %(lease)s),
        token = nextval('reviews_lease_token')
    FROM pick WHERE s.id = pick.id
    RETURNING s.id, s.n, s.item_id, s.token, s.leased_at, s.leased_until
), told AS (
    UPDATE reviews_reviewitem i SET event_version = event_version + 1
    FROM taken WHERE i.id = taken.item_id
    RETURNING {", ".join(f"i.{column}" for column in _ITEM_COLUMNS)}
)
"""
_ANSWER = f"""
    taken.id, taken.n, taken.token, taken.leased_at, taken.leased_until,
    {", ".join(f"told.{column}" for column in _ITEM_COLUMNS)}
"""

CLAIM = f"""
WITH ends AS MATERIALIZED (
    -- The last slot of the window at the head of lane 1; no row if the window holds all of it.
    SELECT s.sort_at, s.id FROM reviews_slot s WHERE {_LANE_1}
    ORDER BY s.sort_at, s.id OFFSET %(window)s - 1 LIMIT 1
), near AS MATERIALIZED (
    {_SLOTS}
    WHERE {_LANE_1}
    AND (s.sort_at, s.id) <= (coalesce((SELECT sort_at FROM ends), 'infinity'),
                              coalesce((SELECT id FROM ends), {2**62}))
    AND {_MINE} AND {_NOT_EXCLUDED} {_LOCKED}
), assigned AS MATERIALIZED (
    {_SLOTS}
    WHERE s.assigned_to_id = %(person)s AND s.queue_id = %(queue)s AND s.open
    AND {_MINE} AND {_NOT_EXCLUDED} {_LOCKED}
), began AS MATERIALIZED (
    -- Only if the window gave nothing and is not all: where the last claim stopped, or the window's end.
    SELECT CASE WHEN (c.sort_at, c.slot_id) > (ends.sort_at, ends.id) THEN c.sort_at ELSE ends.sort_at
            END AS sort_at,
        CASE WHEN (c.sort_at, c.slot_id) > (ends.sort_at, ends.id) THEN c.slot_id ELSE ends.id END AS id
    FROM ends LEFT JOIN reviews_claimcursor c ON c.person_id = %(person)s AND c.queue_id = %(queue)s
    WHERE NOT EXISTS (SELECT FROM near)
), stops AS MATERIALIZED (
    SELECT s.sort_at, s.id FROM reviews_slot s
    WHERE (SELECT true FROM began) AND {_LANE_1}
    AND (s.sort_at, s.id) > ((SELECT sort_at FROM began), (SELECT id FROM began))
    ORDER BY s.sort_at, s.id OFFSET %(window)s - 1 LIMIT 1
), far AS MATERIALIZED (
    {_SLOTS}
    WHERE (SELECT true FROM began) AND {_LANE_1}
    AND (s.sort_at, s.id) > ((SELECT sort_at FROM began), (SELECT id FROM began))
    AND (s.sort_at, s.id) <= (coalesce((SELECT sort_at FROM stops), 'infinity'),
                              coalesce((SELECT id FROM stops), {2**62}))
    AND {_MINE} AND {_NOT_EXCLUDED} {_LOCKED}
), kept AS MATERIALIZED (
    SELECT id, sort_at FROM (
        SELECT * FROM near UNION ALL SELECT * FROM assigned UNION ALL SELECT * FROM far) found
    ORDER BY sort_at, id LIMIT 1
), plain AS MATERIALIZED (
    {_SLOTS}
    WHERE s.queue_id = %(queue)s AND s.lane = 0 AND s.open
    AND (s.sort_at, s.id) < (coalesce((SELECT sort_at FROM kept), 'infinity'),
                             coalesce((SELECT id FROM kept), 0))
    {_LOCKED}
), pick AS MATERIALIZED (
    SELECT id FROM plain UNION ALL SELECT id FROM kept WHERE NOT EXISTS (SELECT FROM plain)
), moved AS (
    INSERT INTO reviews_claimcursor (person_id, queue_id, sort_at, slot_id)
    SELECT %(person)s, %(queue)s, coalesce((SELECT sort_at FROM stops), to_timestamp(0)),
        coalesce((SELECT id FROM stops), 0)
    FROM began
    ON CONFLICT (person_id, queue_id) DO UPDATE SET sort_at = excluded.sort_at, slot_id = excluded.slot_id
), {_TAKE}
SELECT EXISTS (SELECT FROM stops), EXISTS (SELECT FROM began), {_ANSWER}
FROM (SELECT) one LEFT JOIN taken ON true LEFT JOIN told ON true
"""

CLAIM_SKIPPED = f"""
WITH pick AS MATERIALIZED (
    {_SLOTS} JOIN reviews_exclusion x ON x.item_id = s.item_id AND x.person_id = %(person)s
    WHERE x.why = 'skipped' AND s.queue_id = %(queue)s AND s.open AND {_MINE} {_LOCKED}
), {_TAKE}
SELECT {_ANSWER} FROM taken JOIN told ON true
"""

CLAIM_NAMED = f"""
WITH pick AS MATERIALIZED (
    {_SLOTS}
    WHERE s.item_id = %(item)s AND s.open AND {_MINE} AND {_NOT_KEPT_FROM}
    {_LOCKED.replace(" SKIP LOCKED", "")}
), {_TAKE}
SELECT {_ANSWER} FROM taken JOIN told ON true
"""

OWN_LEASES = f"""
SELECT s.id, s.n, s.token, s.leased_at, s.leased_until, {", ".join(f"i.{column}" for column in _ITEM_COLUMNS)}
FROM reviews_slot s JOIN reviews_reviewitem i ON i.id = s.item_id
WHERE s.leased_by_id = %(person)s AND s.leased_until > statement_timestamp() AND s.queue_id = ANY (%(queues)s)
ORDER BY s.leased_at, s.id
"""

RENEW = """
UPDATE reviews_slot SET leased_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE item_id = %(item)s AND leased_by_id = %(person)s AND token = %(token)s
    AND leased_until > statement_timestamp()
RETURNING leased_until
"""

HEADS = f"""
SELECT q.id FROM unnest(%(queues)s::uuid[]) q (id)
LEFT JOIN LATERAL (
    SELECT s.sort_at FROM reviews_slot s WHERE s.queue_id = q.id AND s.lane = 0 AND s.open AND {_FREE}
    ORDER BY s.sort_at, s.id LIMIT 1) plain ON true
LEFT JOIN LATERAL (
    SELECT s.sort_at FROM (
        SELECT * FROM reviews_slot s WHERE s.queue_id = q.id AND s.lane = 1 AND s.open
        ORDER BY s.sort_at, s.id LIMIT %(window)s) s
    WHERE {_FREE} AND {_MINE} AND {_NOT_EXCLUDED}
    ORDER BY s.sort_at, s.id LIMIT 1) kept ON true
ORDER BY least(plain.sort_at, kept.sort_at) NULLS LAST, q.id
"""

LEFT = f"""
SELECT
    EXISTS (SELECT FROM reviews_slot s WHERE s.queue_id = %(queue)s AND s.open)
        OR EXISTS (SELECT FROM reviews_reviewitem i WHERE i.queue_id = %(queue)s AND i.state = 'snoozed'),
    EXISTS (SELECT FROM reviews_slot s WHERE s.queue_id = %(queue)s AND s.open AND {_FREE} AND s.lane = 0
        AND {_NOT_HELD_TWICE})
        OR EXISTS (SELECT FROM reviews_slot s WHERE s.queue_id = %(queue)s AND s.open AND {_FREE}
        AND s.lane = 1 AND {_MINE} AND {_NOT_KEPT_FROM} AND {_NOT_HELD_TWICE}),
    least(
        (SELECT s.leased_until FROM reviews_slot s
         WHERE s.queue_id = %(queue)s AND s.open AND s.leased_by_id IS NOT NULL
            AND s.leased_until > statement_timestamp() AND {_MINE} AND {_NOT_KEPT_FROM}
         ORDER BY s.leased_until LIMIT 1),
        (SELECT i.snoozed_until FROM reviews_reviewitem i JOIN reviews_slot s ON s.item_id = i.id
         WHERE i.queue_id = %(queue)s AND i.state = 'snoozed' AND {_MINE} AND {_NOT_KEPT_FROM}
         ORDER BY i.snoozed_until LIMIT 1))
"""
