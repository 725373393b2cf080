"""Predictions lie in partitions; the check at commit reads them there, as the application."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from reviews.intake import outcomes
from tests.reviews.intake.making import a_posting

pytestmark = pytest.mark.usefixtures("committed_db")


def test_a_prediction_may_change_twice_in_one_transaction() -> None:
    posted = a_posting().post().json()

    with transaction.atomic():
        prediction = outcomes.lock(posted["id"])
        for _ in range(2):
            trail.record(kind="test.noted", actor=OPERATOR, entity=prediction, details={}, now=timezone.now())

    assert outcomes.in_force(prediction) is not None
    assert prediction.event_version == 3


@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
def test_the_app_unmakes_nothing_in_a_single_partition(verb: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"{verb} reviews_prediction_default")
