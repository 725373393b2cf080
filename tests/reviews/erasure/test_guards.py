"""The application's login takes content away by `reviews_erase` or not at all: raw SQL."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from reviews.erasure import matching, running
from reviews.erasure.models import Erasure
from reviews.erasure.states import ErasureState
from reviews.intake.models import Payload
from tests.reviews.erasure import erasing
from tests.reviews.erasure.erasing import Place

pytestmark = pytest.mark.usefixtures("forging")

Immediate = Callable[[], None]
ERASE = "SELECT reviews_erase(%s, %s, %s::uuid[])"


def sql(statement: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def running_erasure(place: Place) -> Erasure:
    erasure = Erasure.objects.get(pk=place.ask().json()["id"])
    running.begin(erasure.pk, now=timezone.now())
    erasure.refresh_from_db()
    return erasure


def event_of(erasure: Erasure, *ids: object, kind: str = running.KIND) -> UUID:
    details = {"predictions": [str(id_) for id_ in ids]}
    with transaction.atomic():
        return trail.record(kind=kind, actor=OPERATOR, entity=erasure, details=details, now=timezone.now())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reviews_payload",
        "DELETE FROM audit_opening",
        "DELETE FROM reviews_externalid",
        "UPDATE reviews_externalid SET digest = 'x'",
        "UPDATE reviews_skip SET reason = 'x'",
        "DELETE FROM reviews_skip",
    ],
)
def test_rows_with_content_stay(place: Place, statement: str) -> None:
    _, answered = place.judged()
    sql(
        "INSERT INTO reviews_skip (id, item_id, person_id, queue_id, reason, at) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        uuid4(), answered.item_id, place.reviewer.pk, uuid4(), "who", timezone.now(),
    )  # fmt: skip

    with pytest.raises(IntegrityError, match=r"reviews_kept_until_erased|audit_facts_are_only_added"):
        sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reviews_payload SET body = ''",
        "UPDATE reviews_judgement SET output = NULL, comment = '', erased_at = now()",
        "UPDATE audit_opening SET value = ''",
        "INSERT INTO reviews_erased VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now())",
        "DELETE FROM reviews_erased",
    ],
)
def test_what_nobody_was_granted(place: Place, statement: str) -> None:
    place.judged()

    with pytest.raises(ProgrammingError, match="permission denied"):
        sql(statement)


def test_no_content_goes_without_an_event(place: Place) -> None:
    posted = place.post()
    erasure = running_erasure(place)

    with pytest.raises(IntegrityError, match="reviews_erasure_needs_its_event"):
        sql(ERASE, erasure.pk, uuid4(), [posted["id"]])


def test_no_content_goes_with_an_event_of_another_kind(place: Place) -> None:
    posted = place.post()
    erasure = running_erasure(place)
    event = event_of(erasure, posted["id"], kind="reviews.erasure.held")

    with pytest.raises(IntegrityError, match="reviews_erasure_needs_its_event"):
        sql(ERASE, erasure.pk, event, [posted["id"]])


def test_the_event_names_what_goes(place: Place) -> None:
    named, unnamed = place.post(), place.post()
    erasure = running_erasure(place)
    event = event_of(erasure, named["id"])

    with pytest.raises(IntegrityError, match="reviews_erasure_is_about_others"):
        sql(ERASE, erasure.pk, event, [named["id"], unnamed["id"]])
    sql(ERASE, erasure.pk, event, [named["id"]])
    assert [str(each.pk) for each in Payload.objects.all()] == [unnamed["id"]]


def test_an_event_about_others_takes_nothing(place: Place) -> None:
    place.post()
    theirs = place.post("customer-78")
    erasure = running_erasure(place)
    event = event_of(erasure, theirs["id"])

    with pytest.raises(IntegrityError, match="reviews_erasure_is_about_others"):
        sql(ERASE, erasure.pk, event, [theirs["id"]])


def test_a_hold_keeps_it_also_from_raw_sql(place: Place) -> None:
    posted = place.post()
    erasure = running_erasure(place)
    held = erasing.as_client(place.officer).post(
        "/api/v1/legal-holds", {"system": place.posting.system.slug, "reason": "Court."}, format="json"
    )
    assert held.status_code == 201, held.content
    event = event_of(erasure, posted["id"])

    with pytest.raises(IntegrityError, match="reviews_legal_hold"):
        sql(ERASE, erasure.pk, event, [posted["id"]])


@pytest.mark.parametrize(
    "change",
    [
        "subject_hashes = '{}'",
        "before = now() + interval '1 day'",
        "ground = 'retention'",
        "system_id = NULL",
    ],
)
def test_what_an_erasure_is_about_stands(place: Place, change: str) -> None:
    place.post()
    erasure = Erasure.objects.get(pk=place.ask(system=place.posting.system.slug).json()["id"])

    with pytest.raises(IntegrityError, match="reviews_erasure_stands"):
        sql(
            f"UPDATE reviews_erasure SET event_version = event_version + 1, {change} WHERE id = %s",
            erasure.pk,
        )


def test_whom_it_is_about_is_kept_until_it_is_done(place: Place) -> None:
    place.post()
    erasure = running_erasure(place)

    with pytest.raises(IntegrityError, match="reviews_subject_is_needed"):
        sql("SELECT reviews_forget_subject('erasure', %s)", erasure.pk)


def test_retention_needs_its_rule_and_its_age(place: Place) -> None:
    posted = place.post()
    erasure = Erasure(
        ground="retention", system=place.posting.system, before=timezone.now(), reason="r",
        state=ErasureState.RUNNING, asked_by="clock", asked_at=timezone.now(),
    )  # fmt: skip
    with transaction.atomic():
        trail.record(
            kind="reviews.erasure.asked", actor=OPERATOR, entity=erasure, details={}, now=erasure.asked_at
        )
    event = event_of(erasure, posted["id"])

    assert matching.next_batch(erasure, 1) == []
    with pytest.raises(IntegrityError, match="reviews_erasure_is_about_others"):
        sql(ERASE, erasure.pk, event, [posted["id"]])


@pytest.mark.parametrize("days", [0, 30, 182])
def test_no_rule_is_below_the_floor(place: Place, days: int) -> None:
    with pytest.raises(IntegrityError, match="reviews_retention_has_a_floor"):
        sql(
            "INSERT INTO reviews_retentionrule (id, event_version, system_id, days, set_by, set_at) "
            "VALUES (%s, 1, %s, %s, 'x', now())",
            uuid4(), place.posting.system.pk, days,
        )  # fmt: skip


def test_an_event_of_an_earlier_transaction_is_spent(committed_db: object) -> None:
    place = erasing.a_place()
    posted = place.post()
    erasure = running_erasure(place)
    event = event_of(erasure, posted["id"])

    with pytest.raises(IntegrityError, match="reviews_erasure_needs_its_event"):
        sql(ERASE, erasure.pk, event, [posted["id"]])


def test_all_of_it_is_one_transaction(committed_db: object, monkeypatch: pytest.MonkeyPatch) -> None:
    place = erasing.a_place()
    posted, _ = place.judged()
    erasure = running_erasure(place)

    def fails(*args: object, **kwargs: object) -> UUID:
        raise DatabaseError("no event today")

    monkeypatch.setattr(trail, "record", fails)
    with pytest.raises(DatabaseError):
        running.step(erasure.pk, now=timezone.now())

    assert Payload.objects.filter(pk=posted["id"]).exists()
    read = place.posting.get(f"/predictions/{posted['id']}").json()
    assert erasing.SECRET in json.dumps(read)
