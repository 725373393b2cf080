"""Claiming and judging in one line each."""

import uuid
from typing import Any

from django.db import connection

from governance.access.models import Person
from registry.catalog.models import Model
from reviews.judging import services
from reviews.judging.submission import Submission
from reviews.queue import services as queue_services
from reviews.queue.models import Judgement, ReviewItem
from tests.reviews.queue import making


def claim(person: Person, model: Model, *, hold: Any = ()) -> Any:
    return queue_services.claim(queue_ids=[making.inbox(model).pk], actor=person, hold=hold, now=making.now())


def submission(taken: Any, *, output: Any = None, id_: uuid.UUID | None = None, **sent: Any) -> Submission:
    return Submission(
        submission_id=id_ or uuid.uuid4(),
        token=taken.lease.token,
        output={"label": "fraud"} if output is None else output,
        **sent,
    )


def judge(taken: Any, person: Person, *, via: str = "api", **sent: Any) -> Judgement:
    return services.judge(
        item_id=taken.item.pk, submission=submission(taken, **sent), actor=person, via=via, now=making.now()
    )


def expire(item: ReviewItem) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_slot SET leased_until = clock_timestamp() - interval '1 ms' WHERE item_id = %s",
            [item.pk],
        )


def end_hold(item: ReviewItem) -> None:
    """Wait until the hold of an item is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_sleep(greatest(0, extract(epoch FROM held_until - clock_timestamp())) + 0.01)
            FROM reviews_reviewitem WHERE id = %s
            """,
            [item.pk],
        )
