"""GET /predictions: what each caller may see, and waiting for what people decide."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from audit.ids import uuid7
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access import credentials
from governance.access.models import Person
from governance.access.roles import Role
from registry.systems import services as systems
from reviews.intake import openings
from reviews.intake.models import Prediction
from tests.reviews.intake.making import Posting, a_key, a_posting
from tests.reviews.judging import deciding
from tests.reviews.queue.making import a_person, now

pytestmark = pytest.mark.usefixtures("committed_db")

CONTENT = {"input", "output", "confidence", "scores", "explanation"}


def token_of(person: Person) -> str:
    return credentials.create_token(person_id=person.pk, name="t", actor=person, now=now())[1]


def decide(posting: Posting, reviewer: Person, label: str = "fraud") -> None:
    """Somebody judges what waits, for good."""
    taken = deciding.claim(reviewer, posting.model)
    deciding.judge(taken, reviewer, output={"label": label}, reasons=["wrong_label"])


def test_gives_the_key_that_posted_it_everything() -> None:
    posting = a_posting()
    body = posting.body(confidence=0.5, scores={"ok": 0.5}, correlation={"any": [1]}, segment={"c": "DE"})
    posted = posting.post(body).json()

    response = posting.get(f"/predictions/{posted['id']}")

    answer = response.json()
    for name in ("input", "output", "confidence", "scores", "correlation", "segment", "version", "model"):
        assert answer[name] == body[name]
    assert {name: answer[name] for name in posted} == posted
    assert answer["outcomes"] == answer["judgements"] == []
    assert response["Cache-Control"] == "private, no-cache"


def test_finds_it_by_its_name() -> None:
    posting = a_posting()
    body = posting.body()
    posted = posting.post(body).json()

    found = posting.get(f"/predictions?model={posting.model.slug}&external_id={body['external_id']}")

    assert found.json()["id"] == posted["id"]
    for query in ("model=nobody&external_id=x", f"model={posting.model.slug}&external_id=x"):
        assert posting.get(f"/predictions?{query}").status_code == 404
    assert posting.get("/predictions?model=x").status_code == 422
    assert posting.get("/predictions?model=x&external_id=y&version__gt=1").status_code == 422


def test_a_foreign_prediction_is_like_a_missing_one() -> None:
    posting, other = a_posting(), a_posting()
    body = other.body()
    foreign = other.post(body).json()["id"]
    _, secret = a_key(system_ids=[posting.system.pk])
    reviewer = token_of(a_person(Role.REVIEWER, system=posting.system))

    for caller in (secret, reviewer):
        answers = [posting.get(f"/predictions/{id_}", secret=caller) for id_ in (foreign, uuid7())] + [
            posting.get(f"/predictions?model={model}&external_id={body['external_id']}", secret=caller)
            for model in (other.model.slug, "nobody")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1


def test_asks_strangers_who_they_are() -> None:
    assert Client().get(f"/api/v1/predictions/{uuid7()}").status_code == 401
    assert Client().post("/api/v1/predictions", b"{}", content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    ("role", "shares", "sees"),
    [
        (Role.REVIEWER, False, True),
        (Role.ADJUDICATOR, False, True),
        (Role.QUEUE_MANAGER, False, True),
        (Role.MODEL_OWNER, False, False),
        (Role.MODEL_OWNER, True, True),
        (Role.COMPLIANCE_OFFICER, False, False),
        (Role.COMPLIANCE_OFFICER, True, True),
        (Role.RISK_OFFICER, True, False),
        (Role.AUDITOR, True, False),
    ],
)
def test_shows_a_person_the_payload_as_their_role_allows(role: Role, shares: bool, sees: bool) -> None:
    posting = a_posting()
    if shares:
        systems.change(
            system_id=posting.system.pk, actor=OPERATOR, changes={"shares_payloads": True}, now=now()
        )
    posted = posting.post(posting.body(confidence=0.5)).json()
    person = a_person(role, system=posting.system)

    answer = posting.get(f"/predictions/{posted['id']}", secret=token_of(person)).json()

    assert answer["status"] == "pending"
    assert CONTENT.issubset(answer) == sees
    assert CONTENT.isdisjoint(answer) != sees
    assert Event.objects.filter(kind=openings.KIND, actor=person.audit_ref).count() == int(sees)


def test_shows_a_reviewer_nothing_that_is_not_theirs_to_review() -> None:
    posting = a_posting()
    reviewer = a_person(Role.REVIEWER, queue=posting.queue)
    token = token_of(reviewer)
    accepted = posting.post().json()["id"]
    waiting = posting.post(posting.body(confidence=0.5)).json()["id"]

    outside = posting.get(f"/predictions/{accepted}", secret=token)
    before = posting.get(f"/predictions/{waiting}", secret=token).json()
    decide(posting, reviewer)
    after = posting.get(f"/predictions/{waiting}", secret=token).json()

    assert outside.status_code == 404  # it is in no queue
    assert before["input"]
    assert "judgements" not in before
    assert "input" not in after


def test_keeps_a_prediction_from_the_person_behind_the_key() -> None:
    owner = a_person(Role.REVIEWER)
    posting = a_posting(owner=owner)
    posted = posting.post(posting.body(confidence=0.5)).json()

    answer = posting.get(f"/predictions/{posted['id']}", secret=token_of(owner)).json()

    assert "input" not in answer
    assert Prediction.objects.get().poster_person_id == owner.pk
    assert deciding.claim(owner, posting.model).why == "not_eligible"


def test_tells_a_key_of_another_scope_only_what_came_out() -> None:
    posting = a_posting()
    posted = posting.post().json()
    _, reads = a_key("outcomes:read")
    _, nothing = a_key("webhooks:write")

    answer = posting.get(f"/predictions/{posted['id']}", secret=reads).json()

    assert CONTENT.isdisjoint(answer)
    assert answer["outcome"]["output"] == {"label": "ok"}
    assert posting.get(f"/predictions/{posted['id']}", secret=nothing).status_code == 403


def test_tells_what_a_person_decided_under_their_pseudonym() -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5)).json()
    reviewer = a_person()
    decide(posting, reviewer)

    answer = posting.get(f"/predictions/{posted['id']}").json()

    assert answer["status"] == "final"
    assert answer["decision"] == "review"
    assert answer["review"]["state"] == "decided"
    assert answer["outcome"] | {"decided_at": None} == {
        "version": 1,
        "output": {"label": "fraud"},
        "source": "human",
        "changed": True,
        "decided_at": None,
    }
    assert [each["output"] for each in answer["outcomes"]] == [{"label": "fraud"}]
    assert [each["reviewer"] for each in answer["judgements"]] == [reviewer.pseudonym]
    assert reviewer.name not in str(answer)
    assert posting.post(posting.body(confidence=0.5, external_id=posted["external_id"])).json()["outcome"]


def test_says_nothing_of_a_judgement_that_may_be_taken_back() -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5)).json()
    reviewer = a_person()
    deciding.judge(
        deciding.claim(reviewer, posting.model), reviewer, hold_seconds=30, reasons=["wrong_label"]
    )

    answer = posting.get(f"/predictions/{posted['id']}").json()

    assert answer["status"] == "pending"
    assert answer["review"]["state"] == "held"
    assert answer["outcome"] is None
    assert answer["outcomes"] == answer["judgements"] == []


def test_says_leased_while_somebody_works_on_it() -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5)).json()
    deciding.claim(a_person(), posting.model)

    assert posting.get(f"/predictions/{posted['id']}").json()["review"]["state"] == "leased"


def test_answers_not_modified_until_something_changes() -> None:
    posting = a_posting()
    path = f"/predictions/{posting.post(posting.body(confidence=0.5)).json()['id']}"
    etag = posting.get(path)["ETag"]

    same = posting.get(path, HTTP_IF_NONE_MATCH=f'"other", {etag}')
    decide(posting, a_person())
    changed = posting.get(path, HTTP_IF_NONE_MATCH=etag)

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def later(seconds: float, act: Any) -> threading.Thread:
    def run() -> None:
        time.sleep(seconds)
        act()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_waits_until_a_person_has_decided() -> None:
    posting = a_posting()
    path = f"/predictions/{posting.post(posting.body(confidence=0.5)).json()['id']}?wait=20"
    reviewer = a_person()
    thread = later(0.5, lambda: decide(posting, reviewer))

    began = time.monotonic()
    answer = posting.get(path)
    took = time.monotonic() - began
    thread.join()

    assert answer.json()["outcome"]["output"] == {"label": "fraud"}
    assert 0.4 < took < 10
    assert "Retry-After" not in answer


def test_answers_at_once_what_is_not_pending() -> None:
    posting = a_posting()
    path = f"/predictions/{posting.post().json()['id']}?wait=20"
    began = time.monotonic()

    assert posting.get(path).json()["status"] == "final"
    assert time.monotonic() - began < 5


def test_answers_with_what_there_is_when_the_time_is_over() -> None:
    posting = a_posting()
    path = f"/predictions/{posting.post(posting.body(confidence=0.5)).json()['id']}"

    answer = posting.get(f"{path}?wait=0.3")

    assert answer.json()["status"] == "pending"
    assert "Retry-After" not in answer
    for bad in ("-1", "nan", "inf", "soon", ""):
        assert posting.get(f"{path}?wait={bad}").status_code == 422


def test_answers_at_once_when_all_places_are_taken(settings: Any) -> None:
    settings.WAITING_PLACES = 0
    posting = a_posting()
    path = f"/predictions/{posting.post(posting.body(confidence=0.5)).json()['id']}?wait=20"

    answer = posting.get(path)

    assert answer.json()["status"] == "pending"
    assert answer["Retry-After"] == "1"
