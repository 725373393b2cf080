"""GET /labels: labels in the order in which they became visible."""

import threading

import pytest
from django.db import connection, connections, transaction
from rest_framework.test import APIClient

from audit.trail import feeds
from audit.trail.models import Feed
from governance.access.roles import Role
from reviews.labels import services
from tests.reviews.erasure.erasing import erase
from tests.reviews.labels import making

MEMBERS = [
    "id", "prediction", "external_id", "model", "version", "output_schema_version", "input", "model_output",
    "label", "changed", "diff", "source", "judgements", "routing", "confidence", "scores", "segment",
    "propensity", "sample_weight", "decided_at", "supersedes", "withdrawn",
]  # fmt: skip


@pytest.fixture
def place(db):
    system = making.system()
    return making.model(system), making.queue(system), making.person(Role.REVIEWER, at=system)


def client_of(actor):
    client = APIClient()
    client.force_authenticate(actor, actor)
    return client


def read(actor, **parameters):
    answer = client_of(actor).get("/api/v1/labels", parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_label_has_the_members_of_the_contract(place):
    model, queue, reviewer = place
    posted = {
        "input": {"amount": 1200.5, "note": "=1+1\u2028", "id": 123456789012345678901234567890},
        "output": {"label": "fraud"},
        "confidence": 0.61,
        "scores": {"fraud": 0.61, "ok": 0.39},
        "segment": {"country": "DE"},
    }
    diff = [{"pointer": "/label", "before": "fraud", "after": "ok"}]
    judged = {"comment": "a “friend”", "diff": diff}
    label = making.label(
        model, queue, reviewer, {"label": "ok"}, posted=posted, changed=True, propensity=0.5, judged=judged
    )
    making.sequenced()

    (told,) = read(making.key())["results"]

    assert list(told) == MEMBERS
    assert told["id"] == str(label.id)
    assert told["prediction"] == str(label.prediction_id)
    assert (told["model"], told["version"], told["output_schema_version"]) == (model.slug, "1.0", 1)
    assert told["input"] == posted["input"]
    assert told["model_output"] == {"label": "fraud"}
    assert (told["label"], told["changed"], told["diff"]) == ({"label": "ok"}, True, diff)
    assert told["routing"] == {
        "policy": None,
        "policy_version": None,
        "reasons": ["LOW_CONFIDENCE"],
        "propensity": 0.5,
    }
    assert (told["confidence"], told["scores"], told["segment"]) == (
        0.61,
        posted["scores"],
        posted["segment"],
    )
    assert (told["propensity"], told["sample_weight"]) == (0.5, 2.0)
    assert (told["source"], told["supersedes"], told["withdrawn"]) == ("human", None, False)
    assert told["decided_at"].endswith("Z")
    (judgement,) = told["judgements"]
    assert judgement.pop("at").endswith("Z")
    assert judgement == {
        "reviewer": reviewer.pseudonym,
        "output": {"label": "ok"},
        "changed": True,
        "reasons": ["wrong_label"],
        "comment": "a “friend”",
        "shown": {"sha256": "0" * 64, "mode": "assisted", "suggestion": True},
        "seconds": 4.5,
        "via": "page",
    }


def test_tells_all_judgements_of_the_round_that_were_not_undone(place):
    model, queue, reviewer = place
    prediction = making.prediction(model)
    item = making.item(prediction, queue)
    puzzled, hasty = making.person(), making.person()
    making.judgement(item, puzzled, None, reasons=["bad_input"])
    at = item.routed_at
    making.judgement(item, hasty, {"label": "ok"}, n=2, undone_at=at, final_at=at)
    making.decide(prediction, item, reviewer)
    making.reopen(item)
    making.decide(prediction, item, making.person(), {"label": "ok"}, changed=True)
    making.sequenced()

    first, second = read(making.key())["results"]

    assert [told["reviewer"] for told in first["judgements"]] == [puzzled.pseudonym, reviewer.pseudonym]
    assert first["judgements"][0]["output"] is None
    assert len(second["judgements"]) == 1
    assert second["supersedes"] == first["id"]
    assert (first["sample_weight"], second["sample_weight"]) == (1.0, None)


def test_tells_withdrawn_and_erased_labels_without_content(place, django_db_setup):
    label, erased = making.label(*place), making.label(*place, posted={"subject": "x"})
    manager = making.person(Role.QUEUE_MANAGER)
    services.withdraw(label_id=label.id, reason="no", actor=manager, now=label.decided_at)
    erase(erased.prediction_id)
    making.sequenced()

    first, second, tombstone, other_tombstone = read(making.key())["results"]

    assert not first["withdrawn"]
    for told, what in ((second, erased), (tombstone, label), (other_tombstone, erased)):
        assert list(told) == MEMBERS
        assert told["withdrawn"]
        assert told["prediction"] == str(what.prediction_id)
        assert (told["input"], told["label"], told["judgements"]) == (None, None, [])
    assert tombstone["supersedes"] == str(label.id)


def test_goes_on_from_the_cursor_and_gives_one_when_empty(place):
    labels = [making.label(*place) for _ in range(5)]
    making.sequenced()
    key = making.key()

    first = read(key, limit=3)
    second = read(key, limit=3, after=first["cursor"])
    third = read(key, limit=3, after=second["cursor"])

    told = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert told == [str(label.id) for label in labels]
    assert third == {"results": [], "cursor": second["cursor"]}


def test_a_filter_moves_the_cursor_on_past_labels_of_other_models(place, monkeypatch):
    monkeypatch.setattr(feeds, "SCAN", 3)
    for _ in range(5):
        making.label(*place)
    rare = making.model(place[0].system)
    label = making.label(rare, place[1], place[2])
    making.sequenced()
    key = making.key()

    cursor, seen, calls = "", [], 0
    while not seen:
        page = read(key, model=rare.slug, after=cursor)
        cursor, seen, calls = page["cursor"], page["results"], calls + 1

    assert [row["id"] for row in seen] == [str(label.id)]
    assert calls == 2


def test_a_page_holds_fewer_labels_when_they_are_large(place, monkeypatch):
    monkeypatch.setattr("reviews.labels.selectors.LARGEST_PAGE", 3_000)
    for _ in range(4):
        making.label(*place, posted={"input": {"text": "x" * 1_000}})
    making.sequenced()
    key = making.key()

    cursor, sizes = "", []
    while page := read(key, after=cursor):
        if not page["results"]:
            break
        sizes.append(len(page["results"]))
        cursor = page["cursor"]

    assert sum(sizes) == 4
    assert max(sizes) < 4


def test_a_key_sees_the_labels_of_its_systems_alone(place):
    making.label(*place)
    other = making.system()
    own = making.label(making.model(other), making.queue(other), place[2])
    making.sequenced()
    key = making.key(systems=[other])

    page = read(key)
    foreign = client_of(key).get("/api/v1/labels", {"model": place[0].slug})
    missing = client_of(key).get("/api/v1/labels", {"model": "there-is-none"})

    assert [row["id"] for row in page["results"]] == [str(own.id)]
    assert foreign.status_code == missing.status_code == 404
    assert foreign.json() == missing.json()


def test_people_need_the_right_on_the_system(place):
    model, queue, reviewer = place
    making.label(*place)
    making.sequenced()

    assert len(read(making.person(Role.QUEUE_MANAGER, at=model.system))["results"]) == 1
    assert len(read(making.person(Role.QUEUE_MANAGER))["results"]) == 1
    for actor in (reviewer, making.person(Role.QUEUE_MANAGER, at=queue), making.key("outcomes:read")):
        assert client_of(actor).get("/api/v1/labels").status_code == 403
    elsewhere = making.person(Role.QUEUE_MANAGER, at=making.system())
    assert client_of(elsewhere).get("/api/v1/labels", {"model": model.slug}).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "after=nonsense", "wait=long", "page=2", "model=a&model=b", "after=MTow"],
)
def test_refuses_a_bad_query(place, query):
    assert client_of(making.key()).get(f"/api/v1/labels?{query}").status_code == 422


def test_withdrawing_over_rest(place):
    label = making.label(*place)
    manager = client_of(making.person(Role.QUEUE_MANAGER))

    empty = manager.post(f"/api/v1/labels/{label.id}/withdraw", {}, format="json")
    done = manager.post(f"/api/v1/labels/{label.id}/withdraw", {"reason": "no"}, format="json")
    again = manager.post(f"/api/v1/labels/{label.id}/withdraw", {"reason": "no"}, format="json")

    assert (empty.status_code, done.status_code, again.status_code) == (422, 200, 409)
    assert done.json()["supersedes"] == str(label.id)


def test_asks_the_database_a_fixed_number_of_times(place, django_assert_max_num_queries):
    for _ in range(20):
        making.label(*place)
    making.sequenced()
    client = client_of(making.key())

    with django_assert_max_num_queries(4):
        assert len(client.get("/api/v1/labels").json()["results"]) == 20


def test_a_transaction_that_commits_late_shows_up_later_and_is_never_skipped(committed_db):
    system = making.system()
    place = making.model(system), making.queue(system), making.person()
    key = making.key()
    written, may_commit = threading.Event(), threading.Event()
    late = []

    def slowly():
        try:
            with transaction.atomic():
                late.append(making.label(*place))  # its number is taken now ...
                written.set()
                may_commit.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slowly)
    thread.start()
    assert written.wait(20)
    early = making.label(*place)
    making.sequenced()
    first = read(key)
    may_commit.set()  # ... and becomes visible after a greater one was read
    thread.join(20)
    making.sequenced()
    second = read(key, after=first["cursor"])

    assert late[0].seq < early.seq
    assert [row["id"] for row in first["results"]] == [str(early.id)]
    assert [row["id"] for row in second["results"]] == [str(late[0].id)]
    assert feeds.size(Feed.LABELS) == 2
    connection.close()


def test_waits_for_a_label_that_comes_meanwhile(committed_db):
    system = making.system()
    place = making.model(system), making.queue(system), making.person()
    key = making.key()
    pages = []

    def wait():
        try:
            pages.append(read(key, wait=20))
        finally:
            connections.close_all()

    thread = threading.Thread(target=wait)
    thread.start()
    label = making.label(*place)
    making.sequenced()
    thread.join(20)

    assert [row["id"] for row in pages[0]["results"]] == [str(label.id)]


def test_answers_sooner_when_the_places_are_taken(committed_db, settings):
    settings.WAITING_PLACES = 0
    making.system()

    answer = client_of(making.key()).get("/api/v1/labels", {"wait": 20})

    assert (answer.status_code, answer["Retry-After"]) == (200, "1")
    assert answer.json()["results"] == []
