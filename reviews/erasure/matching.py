"""Which predictions an erasure is about: the SQL that finds them while they still have their content.

`reviews_erase` judges each of them again; here is only the search.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from reviews.erasure.models import Erasure
from reviews.erasure.states import Ground
from reviews.queue.states import OPEN

_FROM = """
FROM reviews_payload y
JOIN reviews_prediction p ON p.id = y.prediction_id
JOIN registry_model m ON m.id = p.model_id
WHERE p.routed_at < %(before)s
    AND (%(model)s::uuid IS NULL OR p.model_id = %(model)s)
    AND (%(system)s::uuid IS NULL OR m.system_id = %(system)s)
"""
_OF_SUBJECT = _FROM + " AND y.subject_hash = ANY (%(hashes)s::bytea[])"
_PAST_RETENTION = (
    _FROM
    + """ AND p.status <> 'pending' AND EXISTS (
        SELECT FROM reviews_retentionrule r WHERE r.system_id = m.system_id
            AND p.routed_at < now() - make_interval(days => r.days))"""
)
_FREE = " AND NOT EXISTS (SELECT FROM reviews_holds_on(p.id))"


class Meant(NamedTuple):
    """A search: a SELECT of (prediction_id, at) with its parameters; `at` is when the content went."""

    statement: str
    parameters: dict[str, Any]


def meant(erasure: Erasure) -> Meant:
    """What it is still about, held or not. `at` is now."""
    return Meant(f"SELECT p.id AS prediction_id, now() AS at {_where(erasure)}", _parameters(erasure))


def erased_by(erasure: Erasure) -> Meant:
    """What it has taken away so far."""
    statement = "SELECT prediction_id, at FROM reviews_erased WHERE erasure_id = %(erasure)s"
    return Meant(statement, {"erasure": erasure.pk})


def count(erasure: Erasure) -> int:
    """How many predictions it is still about."""
    return int(_rows(f"SELECT count(*) {_where(erasure)}", _parameters(erasure))[0][0])


def next_batch(erasure: Erasure, limit: int) -> list[UUID]:
    """The next predictions that no hold keeps, in the order in which everybody locks them."""
    statement = f"SELECT p.id {_where(erasure)} {_FREE} ORDER BY p.id LIMIT %(limit)s"
    return [row[0] for row in _rows(statement, {**_parameters(erasure), "limit": limit})]


def holds_on(erasure: Erasure) -> list[UUID]:
    """The holds that keep any of what it is still about."""
    statement = (
        f"SELECT DISTINCT h FROM (SELECT p.id {_where(erasure)}) x, reviews_holds_on(x.id) h ORDER BY h"
    )
    return [row[0] for row in _rows(statement, _parameters(erasure))]


def ids(found: Meant) -> list[UUID]:
    """The predictions of a search."""
    return [row[0] for row in _rows(f"SELECT prediction_id FROM ({found.statement}) f", found.parameters)]


def items_of(prediction_ids: Sequence[UUID]) -> list[UUID]:
    """The reviews of predictions."""
    statement = "SELECT id FROM reviews_reviewitem WHERE prediction_id = ANY (%(ids)s::uuid[])"
    return [row[0] for row in _rows(statement, {"ids": list(prediction_ids)})]


def counted(erasure: Erasure, *, pending: str) -> dict[str, int]:
    """What ends and goes with the predictions it is still about."""
    row = _rows(
        f"""
        WITH meant AS MATERIALIZED (SELECT p.id, p.status {_where(erasure)}), item AS (
            SELECT i.id, i.state FROM meant JOIN reviews_reviewitem i ON i.prediction_id = meant.id)
        SELECT (SELECT count(*) FROM meant WHERE status = %(pending)s),
            (SELECT count(*) FROM item WHERE state = ANY (%(open)s)),
            (SELECT count(*) FROM meant WHERE (SELECT NOT withdrawn FROM reviews_label l
                WHERE l.prediction_id = meant.id ORDER BY version DESC LIMIT 1)),
            (SELECT count(*) FROM item JOIN reviews_judgement j ON j.item_id = item.id)
        """,
        {**_parameters(erasure), "pending": pending, "open": sorted(OPEN)},
    )[0]
    return dict(zip(("pending", "open_reviews", "labels", "judgements"), row, strict=True))


def with_content(ids: Sequence[UUID]) -> list[UUID]:
    """Those of the predictions, which are locked, whose content is still there."""
    statement = "SELECT prediction_id FROM reviews_payload WHERE prediction_id = ANY (%(ids)s::uuid[])"
    found = {row[0] for row in _rows(statement, {"ids": list(ids)})}
    return [id_ for id_ in ids if id_ in found]


def _where(erasure: Erasure) -> str:
    return _OF_SUBJECT if erasure.ground == Ground.REQUEST else _PAST_RETENTION


def _parameters(erasure: Erasure) -> dict[str, Any]:
    return {
        "before": erasure.before,
        "model": erasure.model_id,
        "system": erasure.system_id,
        "hashes": [bytes(each) for each in erasure.subject_hashes or ()],
    }


def _rows(statement: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
