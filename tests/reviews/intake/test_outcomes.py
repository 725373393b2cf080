"""GET /outcomes: what services are told, in an order that nothing ever joins late."""

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from audit.trail import sequencer
from audit.trail.actors import OPERATOR
from governance.access.roles import Role
from reviews.intake import outcomes
from reviews.intake.models import Outcome, Status
from reviews.intake.services import cancel
from reviews.queue.models import ReviewItem
from tests.reviews.intake.making import a_key, a_posting, lines
from tests.reviews.intake.test_read import decide, token_of
from tests.reviews.judging import deciding
from tests.reviews.queue.making import a_person, now

pytestmark = pytest.mark.usefixtures("committed_db")


def sequence() -> None:
    while sequencer.integrate_all():
        pass


def test_tells_what_people_decided_and_not_what_the_post_was_answered() -> None:
    posting = a_posting()
    posting.post()
    body = posting.body(confidence=0.5, correlation={"order": 2**70})
    posted = posting.post(body).json()
    decide(posting, a_person())
    sequence()

    page = posting.get("/outcomes").json()

    (told,) = page["results"]
    decided_at = told.pop("decided_at")
    assert told == {
        "prediction": posted["id"],
        "external_id": body["external_id"],
        "model": posting.model.slug,
        "version": "1.0.0",
        "status": "final",
        "decision": "review",
        "outcome": {
            "version": 1,
            "output": {"label": "fraud"},
            "source": "human",
            "changed": True,
            "decided_at": decided_at,
        },
        "correlation": {"order": 2**70},
        "supersedes": None,
    }


def test_adds_the_immediate_accepts_when_asked() -> None:
    posting = a_posting()
    posted = posting.post().json()
    batch = lines(posting.post_lines(posting.body(), posting.body(confidence=0.2)))
    sequence()

    page = posting.get("/outcomes?include=model").json()

    assert [told["prediction"] for told in page["results"]] == [posted["id"], batch[0]["id"]]
    assert page["results"][0]["outcome"]["source"] == "model"
    assert posting.get("/outcomes").json()["results"] == []
    assert posting.get("/outcomes?include=other").status_code == 422


def test_goes_on_from_its_cursor_page_by_page() -> None:
    posting = a_posting()
    posted = [answer["id"] for answer in lines(posting.post_lines(*(posting.body() for _ in range(7))))]
    sequence()
    seen: list[str] = []
    cursor = ""

    for _ in range(4):
        page = posting.get(f"/outcomes?include=model&limit=2&after={cursor}").json()
        seen += [told["prediction"] for told in page["results"]]
        cursor = page["cursor"]

    assert seen == posted
    end = posting.get(f"/outcomes?include=model&after={cursor}").json()
    assert end == {"results": [], "cursor": cursor}


def test_gives_a_cursor_also_when_there_is_nothing() -> None:
    posting = a_posting()

    first = posting.get("/outcomes").json()
    posting.post(posting.body(confidence=0.5))
    decide(posting, a_person())
    sequence()

    assert first["results"] == []
    assert len(posting.get(f"/outcomes?after={first['cursor']}").json()["results"]) == 1


def test_nothing_is_skipped_that_commits_late() -> None:
    posting = a_posting()
    early, late = (posting.post(posting.body(confidence=0.5)).json()["id"] for _ in range(2))
    begun, go_on = threading.Event(), threading.Event()

    def conclude_slowly() -> None:
        with transaction.atomic():
            conclude(early)
            begun.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=conclude_slowly)
    thread.start()
    begun.wait(20)
    with transaction.atomic():
        conclude(late)
    sequence()
    before = posting.get("/outcomes").json()
    go_on.set()
    thread.join()
    sequence()
    after = posting.get(f"/outcomes?after={before['cursor']}").json()

    assert [told["prediction"] for told in before["results"]] == [late]
    assert [told["prediction"] for told in after["results"]] == [early]
    assert Outcome.objects.get(prediction_id=early).seq < Outcome.objects.get(prediction_id=late).seq


def conclude(prediction_id: Any) -> None:
    outcomes.conclude(
        prediction_id=prediction_id,
        judgement=None,
        status=Status.UNDECIDED,
        source=outcomes.NONE,
        actor=OPERATOR,
        now=now(),
    )


def test_tells_of_one_model_and_of_the_systems_within_reach() -> None:
    posting, other = a_posting(), a_posting()
    mine, theirs = posting.post().json()["id"], other.post().json()["id"]
    sequence()
    _, limited = a_key("outcomes:read", system_ids=[posting.system.pk])

    def told(query: str, **caller: Any) -> list[str]:
        response = posting.get(f"/outcomes?include=model{query}", **caller)
        return [each["prediction"] for each in response.json()["results"]]

    assert told("") == [mine, theirs]
    assert told(f"&model={other.model.slug}") == [theirs]
    assert told("", secret=limited) == [mine]
    foreign = posting.get(f"/outcomes?model={other.model.slug}", secret=limited)
    missing = posting.get("/outcomes?model=nobody", secret=limited)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_tells_a_key_of_its_environments_only() -> None:
    posting = a_posting()
    posting.post()
    staged = posting.post(posting.body(environment="staging")).json()["id"]
    sequence()
    _, limited = a_key("outcomes:read", environments=["staging"])

    page = posting.get("/outcomes?include=model", secret=limited).json()

    assert [told["prediction"] for told in page["results"]] == [staged]


def test_refuses_who_may_read_none_and_what_it_does_not_know() -> None:
    posting = a_posting()
    _, secret = a_key("predictions:write")
    person = token_of(a_person(Role.QUEUE_MANAGER))

    assert posting.get("/outcomes", secret=secret).status_code == 403
    assert posting.get("/outcomes", secret=person).status_code == 403
    for query in (
        "after=nonsense",
        "limit=0",
        "limit=501",
        "wait=x",
        "model_id=1",
        "status=final",
        "limit=1&limit=2",
    ):
        assert posting.get(f"/outcomes?{query}").status_code == 422, query


def test_waits_for_the_first_fact() -> None:
    posting = a_posting()
    posting.post(posting.body(confidence=0.5))
    cursor = posting.get("/outcomes").json()["cursor"]
    reviewer = a_person()

    def act() -> None:
        time.sleep(0.4)
        decide(posting, reviewer)
        sequence()
        connection.close()

    thread = threading.Thread(target=act)
    thread.start()
    began = time.monotonic()
    page = posting.get(f"/outcomes?after={cursor}&wait=20").json()
    took = time.monotonic() - began
    thread.join()

    assert len(page["results"]) == 1
    assert 0.3 < took < 10


def test_a_wait_ends_with_an_empty_page_and_a_cursor(settings: Any) -> None:
    posting = a_posting()

    waited = posting.get("/outcomes?wait=0.3")
    settings.WAITING_PLACES = 0
    turned_away = posting.get("/outcomes?wait=20")

    assert waited.json()["results"] == []
    assert "Retry-After" not in waited
    assert turned_away.json() == waited.json()
    assert turned_away["Retry-After"] == "1"


def test_a_later_round_tells_only_what_is_news() -> None:
    posting = a_posting(policy={"qa_rate": 1.0})
    posted = posting.post().json()
    reviewers = [a_person() for _ in range(3)]
    judge(posting, reviewers[0], "ok")
    same = posting.get(f"/predictions/{posted['id']}").json()
    posting.request("post", f"/api/v1/predictions/{posted['id']}/flag", b'{"reason": "wrong"}')
    judge(posting, reviewers[1], "fraud")
    sequence()

    (told,) = posting.get("/outcomes").json()["results"]
    answer = posting.get(f"/predictions/{posted['id']}").json()

    assert same["outcome"]["source"] == "model"
    assert (told["outcome"]["version"], told["supersedes"]) == (2, 1)
    assert told["outcome"]["output"] == {"label": "fraud"}
    assert [each["version"] for each in answer["outcomes"]] == [1, 2]
    assert answer["status"] == "final"
    assert answer["decision"] == "accept"


def judge(posting: Any, reviewer: Any, label: str) -> None:
    taken = deciding.claim(reviewer, posting.model)
    deciding.judge(taken, reviewer, output={"label": label}, reasons=[] if label == "ok" else ["wrong_label"])


def test_tells_of_what_was_withdrawn() -> None:
    posting = a_posting()
    posted = posting.post(posting.body(confidence=0.5)).json()

    cancel(prediction_id=posted["id"], reason="sent by mistake", actor=posting.key, now=now())
    sequence()

    (told,) = posting.get("/outcomes").json()["results"]
    assert (told["status"], told["outcome"]) == ("cancelled", None)
    assert ReviewItem.objects.get().state == "cancelled"
