"""The SQL of judging that is on the hot path, and the rows it answers."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from audit.prepared import execute, pipelined
from reviews.intake import outcomes
from reviews.intake.models import Prediction
from reviews.intake.reading import read_json
from reviews.queue import claims, moves
from reviews.queue.models import Judgement, ReviewItem

_JUDGEMENT = Judgement._meta.concrete_fields

SITUATION = """
SELECT statement_timestamp(),
    s.id, s.n, s.token, s.leased_at, s.leased_until,
    (SELECT count(*) FROM reviews_slot o WHERE o.item_id = %(item)s AND o.open),
    y.body
FROM reviews_reviewitem i
LEFT JOIN reviews_payload y ON y.prediction_id = i.prediction_id
LEFT JOIN reviews_slot s ON s.item_id = i.id AND s.leased_by_id = %(person)s
WHERE i.id = %(item)s
"""
KNOWN = "SELECT id FROM reviews_judgement WHERE submission_id = %s"
INSERT_JUDGEMENT = f"""
INSERT INTO reviews_judgement ({", ".join(field.column for field in _JUDGEMENT if field.column)})
VALUES ({", ".join(["%s"] * len(_JUDGEMENT))})
"""
FREE_SLOT = """
WITH draft AS (DELETE FROM reviews_draft WHERE item_id = %(item)s AND person_id = %(person)s)
DELETE FROM reviews_slot WHERE id = %(slot)s
"""
CLOSE_SLOT = """
WITH draft AS (DELETE FROM reviews_draft WHERE item_id = %(item)s AND person_id = %(person)s)
UPDATE reviews_slot SET open = false, leased_by_id = NULL, leased_until = NULL, leased_at = NULL
WHERE id = %(slot)s
"""
TAKE_BACK = """
UPDATE reviews_slot SET open = true, leased_by_id = p.id,
    leased_at = CASE WHEN p.id IS NOT NULL THEN statement_timestamp() END,
    leased_until = CASE WHEN p.id IS NOT NULL
        THEN statement_timestamp() + make_interval(secs => %(lease)s) END,
    token = CASE WHEN p.id IS NOT NULL THEN nextval('reviews_lease_token') ELSE token END
FROM (SELECT %(person)s::uuid AS id) p
WHERE item_id = %(item)s AND n = %(n)s AND NOT open
RETURNING reviews_slot.id, n, token, leased_at, leased_until
"""
UNDO = """
UPDATE reviews_judgement SET undone_at = statement_timestamp()
WHERE id = %(judgement)s AND undone_at IS NULL AND final_at > statement_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a judgement is judged by, read once the item is locked. Without a lease, lease fields are None."""

    at: dt.datetime
    slot_id: int | None
    n: int | None
    token: int | None
    leased_at: dt.datetime | None
    leased_until: dt.datetime | None
    open_slots: int
    payload: dict[str, Any]
    prediction: Prediction

    def holds(self, token: int) -> bool:
        """Whether the person holds the lease of this token now, by the database's clock."""
        return self.token == token and self.leased_until is not None and self.leased_until > self.at


@dataclass(frozen=True, slots=True)
class Opening:
    """What a submission finds: the locked item, whether its id is known, and where the item stands."""

    item: ReviewItem | None
    known: UUID | None
    situation: Situation | None


def open_for(*, item_id: UUID, person_id: UUID, submission_id: UUID) -> Opening:
    """Lock the person, the item and its prediction, and read what a judgement is judged by. One round trip.

    Each statement sees what was committed before it began, so the later ones see the item as it was locked.
    """
    with pipelined():
        claims.lock_person(person_id)
        lock = moves.ask_lock(item_id)
        known = execute(KNOWN, [submission_id])
        here = execute(SITUATION, {"item": item_id, "person": person_id})
        predicted = outcomes.ask_lock_of(item_id)
        item, known_row, row = moves.locked(lock), known.fetchone(), here.fetchone()
        prediction = outcomes.locked(predicted)
    found = _situation(row, prediction) if row and prediction else None
    return Opening(item, known_row[0] if known_row else None, found)


def _situation(row: Any, prediction: Prediction) -> Situation:
    """An erased payload is an empty one."""
    payload: Any = read_json(row[7].encode()) if row[7] else {}
    return Situation(*(*row[:7], payload, prediction))


def insert(judgement: Judgement) -> None:
    """Write a judgement. Its constraints decide who was first."""
    # JSON columns are written as text: psycopg would otherwise need a wrapper for each.
    values = []
    for field in _JUDGEMENT:
        value = getattr(judgement, field.attname)
        values.append(orjson.dumps(value).decode() if field.get_internal_type() == "JSONField" else value)
    execute(INSERT_JUDGEMENT, values)
    judgement._state.adding = False
    judgement._state.db = "default"
