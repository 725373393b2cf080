"""One prediction per model and external id, whoever sends it how often."""

import dataclasses
import json
import threading
from typing import Any

import pytest
from django.db import connection

from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access import credentials
from reviews.intake import bulk, catalogue, evidence, statements
from reviews.intake.models import Prediction
from reviews.routing import services as routing
from tests import factories
from tests.reviews.intake.making import a_key, a_posting, counts, lines, publish
from tests.reviews.queue.making import now

pytestmark = pytest.mark.usefixtures("committed_db")


def test_answers_the_same_content_with_the_stored_prediction() -> None:
    posting = a_posting()
    body = posting.body(confidence=0.5)
    first = posting.post(body)

    again = posting.post(dict(reversed(body.items())) | {"usage": {"cost": 1}, "training_use": True})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert "Location" not in again


def test_knows_the_same_number_in_another_spelling() -> None:
    posting = a_posting()
    text = json.dumps(posting.body(input={"n": 1, "x": 0.5}))

    first = posting.post(text.encode())
    again = posting.post(text.replace('"n": 1', '"n": 1.0').replace("0.5", "5e-1").encode())

    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]


def test_refuses_other_content_under_the_same_name() -> None:
    posting = a_posting()
    body = posting.body()
    posting.post(body)

    response = posting.post(body | {"confidence": 0.96})

    assert response.status_code == 409
    assert response.json()["code"] == "EXTERNAL_ID_CONFLICT"


def test_is_unique_for_all_callers_and_only_within_a_model() -> None:
    posting, other = a_posting(), a_posting()
    body = posting.body()
    _, second = a_key()
    first = posting.post(body).json()

    assert posting.post(body, secret=second).json()["id"] == first["id"]
    assert posting.post(body | {"model": other.model.slug}).status_code == 201


def test_two_hundred_at_once_are_one_prediction_with_one_answer() -> None:
    posting = a_posting()
    posting.post()
    body = posting.body(confidence=0.3)
    found: list[tuple[int, bytes]] = []

    def send(times: int) -> None:
        for _ in range(times):
            response = posting.post(body)
            found.append((response.status_code, response.content))
        connection.close()

    threads = [threading.Thread(target=send, args=(10,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(status for status, _ in found) == [200] * 199 + [201]
    assert len({answer for _, answer in found}) == 1
    assert Prediction.objects.count() == 2


def test_single_posts_and_a_batch_at_once_agree() -> None:
    posting = a_posting()
    bodies = [posting.body() for _ in range(40)]
    ids: dict[str, set[str]] = {}

    def note(answer: dict[str, Any]) -> None:
        ids.setdefault(answer["external_id"], set()).add(answer["id"])

    def one_by_one() -> None:
        for body in bodies:
            note(posting.post(body).json())
        connection.close()

    def together() -> None:
        for _ in range(5):
            for answer in lines(posting.post_lines(*bodies)):
                note(answer)
        connection.close()

    threads = [threading.Thread(target=act) for act in (one_by_one, together, one_by_one, together)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 40
    assert all(len(each) == 1 for each in ids.values())


@pytest.mark.parametrize("confidence", [0.97, 0.1])
def test_a_trail_that_cannot_be_written_leaves_nothing(
    confidence: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting = a_posting()
    written = evidence.event_row

    def broken(**facts: Any) -> tuple[Any, ...]:
        return (*written(**facts)[:-1], b"x" * 70_000)  # more than a leaf of the log may have

    monkeypatch.setattr(evidence, "event_row", broken)
    single = posting.post(posting.body(confidence=confidence))
    batch = posting.post_lines(posting.body(confidence=confidence))

    assert single.status_code == batch.status_code == 500
    assert not any(counts().values())


def test_a_prediction_without_its_event_cannot_be_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    posting = a_posting()
    monkeypatch.setattr(bulk._Batch, "events", lambda self: iter(()))
    monkeypatch.setattr(
        statements,
        "STORE_ACCEPTED",
        statements.STORE_ACCEPTED.replace("%(b1)b FROM taken", "%(b1)b FROM taken WHERE false"),
    )

    assert posting.post().status_code == 500
    assert posting.post_lines(posting.body()).status_code == 500
    assert not any(counts().values())


def test_a_key_that_is_revoked_between_two_posts_posts_no_more() -> None:
    posting = a_posting()
    assert posting.post().status_code == 201

    credentials.revoke_key(key_id=posting.key.pk, actor=OPERATOR, now=now())

    for response in (
        posting.post(),
        posting.post_lines(posting.body()),
        posting.post_lines(b"{bad"),
        posting.post(b"{bad"),
        posting.post(posting.body(model="nobody")),
        posting.get("/predictions?model=x&external_id=y"),
        posting.get("/outcomes"),
    ):
        assert response.status_code == 401
        assert response.json()["code"] == "NOT_AUTHENTICATED"
        assert response["WWW-Authenticate"].startswith("Bearer")
    assert Prediction.objects.count() == 1


def test_a_key_that_was_rotated_works_until_its_overlap_ends() -> None:
    posting = a_posting()
    posting.post()

    _, successor = credentials.rotate_key(key_id=posting.key.pk, actor=OPERATOR, now=now())

    assert posting.post().status_code == 201
    assert posting.post(secret=successor).status_code == 201


def test_a_process_that_knows_an_older_catalogue_judges_again() -> None:
    posting = a_posting()
    posting.post()
    stale = catalogue.current()
    publish(posting.model, posting.queue, threshold=0.99)
    posting.post()
    assert catalogue.current() is not stale

    catalogue._current = stale  # what another process would still hold
    single = posting.post().json()
    catalogue._current = stale
    (line,) = lines(posting.post_lines(posting.body()))

    assert single["routing"]["policy_version"] == 2
    assert line["reasons"] == ["LOW_CONFIDENCE"]


def test_a_refusal_is_not_believed_of_an_older_catalogue() -> None:
    posting = a_posting()
    posting.post()
    elsewhere = factories.system("elsewhere")
    stale = catalogue.current()
    known = stale._models[posting.model.slug]

    def forgotten() -> None:  # a process that still holds what stood before a restore
        stale._models[posting.model.slug] = dataclasses.replace(known, system_id=elsewhere.pk)
        catalogue._current = dataclasses.replace(stale, epoch="0.0")

    forgotten()
    single = posting.post()
    forgotten()
    (line,) = lines(posting.post_lines(posting.body()))

    assert single.status_code == 201
    assert line["status"] == "final"


def test_an_epoch_that_comes_again_is_not_taken_for_the_same(db: None) -> None:
    posting = a_posting()
    posting.post()
    before = catalogue.current().epoch

    with connection.cursor() as cursor:  # as a restore would: the number stands, its writer is another
        cursor.execute("UPDATE registry_epoch SET n = n")

    posting.post()
    assert catalogue.current().epoch != before


def test_gives_up_on_a_registry_that_changes_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    posting = a_posting()
    posting.post()
    drafted = routing.draft(
        model_id=posting.model.pk,
        actor=OPERATOR,
        body={"queue": posting.queue.slug, "threshold": 0.9},
        now=now(),
    )
    stale = catalogue.current()
    routing.publish(policy_id=drafted.pk, actor=OPERATOR, now=now())
    monkeypatch.setattr(catalogue, "renewed", lambda _: stale)
    monkeypatch.setattr(catalogue, "current", lambda: stale)

    for response in (posting.post(), posting.post_lines(posting.body())):
        assert response.status_code == 503
        assert response["Retry-After"] == "1"
    assert Prediction.objects.count() == 1


def test_a_post_under_an_idempotency_key_is_answered_again() -> None:
    posting = a_posting()
    body = posting.body()

    first, again = (posting.post(body, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2))
    other = posting.post(posting.body(), HTTP_IDEMPOTENCY_KEY="once")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    assert Event.objects.filter(kind=evidence.ROUTED).count() == 1


def test_a_post_makes_one_round_trip(django_assert_num_queries: Any) -> None:
    posting = a_posting()
    posting.post()
    asked: list[str] = []
    execute = statements.execute

    def counted(statement: str, parameters: Any = None) -> Any:
        asked.append(statement)
        return execute(statement, parameters)

    statements.execute = counted  # type: ignore[assignment]
    try:
        with django_assert_num_queries(0):
            assert posting.post().status_code == 201
    finally:
        statements.execute = execute
    assert len(asked) == 1
    assert trail.INSERT_EVENT not in asked
