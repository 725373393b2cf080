"""The API of queues, claims and judgements: contract, refusals, who is told what."""

import datetime as dt
import uuid

import pytest
from rest_framework.test import APIClient

from governance.access.roles import Role
from reviews.queue.models import Draft, ReviewItem, Slot
from tests import factories
from tests.reviews.judging.deciding import expire
from tests.reviews.queue import making


@pytest.fixture
def model(db):
    return making.a_model()


@pytest.fixture
def queue(model):
    return making.inbox(model)


@pytest.fixture
def person(queue):
    return making.a_person(queue=queue)


@pytest.fixture
def api(person):
    return client(person)


@pytest.fixture
def boss(queue):
    return making.a_person(Role.QUEUE_MANAGER, queue=queue)


def client(person):
    made = APIClient()
    made.force_authenticate(person)
    return made


def claimed(api, queue):
    answer = api.post(f"/api/v1/queues/{queue.slug}/claim", {}, format="json")
    assert answer.status_code == 200
    return answer.json()


def sent(lease, **members):
    return {
        "token": lease["token"], "submission_id": str(uuid.uuid4()), "output": {"label": "fraud"}, **members
    }  # fmt: skip


def test_a_claim_brings_the_case_the_form_and_the_lease(api, queue, model):
    item = making.an_item(model)

    answer = claimed(api, queue)

    review = answer["review"]
    assert review["id"] == str(item.pk)
    assert review["queue"] == queue.slug
    assert review["prediction"]["input"] == {"amount": 1200.5}
    assert review["prediction"]["output"] == {"label": "fraud"}
    assert review["prediction"]["model"] == model.slug
    assert review["form"] == making.SCHEMA
    assert review["reason_codes"][0] == "wrong_label"
    assert review["routing_reasons"] == ["LOW_CONFIDENCE"]
    assert (review["draft"], review["resumed"]) == (None, False)
    assert set(answer["lease"]) == {"token", "expires_at"}


def test_says_why_there_is_nothing(api, queue):
    assert claimed(api, queue) == {"review": None, "why": "empty", "next_free_at": None}


def test_claims_the_most_urgent_over_all_my_queues(api, model):
    item = making.an_item(model)

    answer = api.post("/api/v1/claim", {}, format="json").json()

    assert answer["review"]["id"] == str(item.pk)
    named = api.post("/api/v1/claim", {"queues": ["nowhere"]}, format="json")
    assert named.status_code == 404


def test_judges_and_answers_as_the_contract_says(api, queue, model):
    making.an_item(model)
    given = claimed(api, queue)
    url = f"/api/v1/reviews/{given['review']['id']}/judgement"
    body = sent(given["lease"], output={"label": "ok"}, reasons=["wrong_label"], hold_seconds=10)

    first = api.post(url, body, format="json")
    again = api.post(url, body, format="json")
    other = api.post(url, {**body, "output": {"label": "fraud"}, "reasons": []}, format="json")

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["changed"] is True
    assert first.json()["diff"] == [{"op": "replace", "pointer": "/label", "from": "fraud", "to": "ok"}]
    assert first.json()["review"] == {"id": given["review"]["id"], "state": "held"}
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


def test_takes_a_judgement_back_within_its_hold(api, queue, model):
    making.an_item(model)
    given = claimed(api, queue)
    url = f"/api/v1/reviews/{given['review']['id']}"
    body = sent(given["lease"], hold_seconds=10)
    api.post(f"{url}/judgement", body, format="json")

    undone = api.post(f"{url}/undo", {"submission_id": body["submission_id"]}, format="json")

    assert undone.status_code == 200
    assert undone.json()["state"] == "leased"
    again = claimed(api, queue)
    assert again["review"]["resumed"]
    assert again["lease"]["token"] == undone.json()["lease"]["token"] > given["lease"]["token"]
    assert again["review"]["draft"]["output"] == {"label": "fraud"}


def test_a_lost_lease_answers_409_and_keeps_the_draft(api, queue, model, person):
    item = making.an_item(model)
    given = claimed(api, queue)
    expire(item)

    answer = api.post(f"/api/v1/reviews/{item.pk}/judgement", sent(given["lease"]), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "LEASE_LOST")
    assert Draft.objects.filter(item_id=item.pk, person_id=person.pk).exists()


def test_says_that_a_reason_is_required(api, queue, model):
    item = making.an_item(model)
    given = claimed(api, queue)

    answer = api.post(
        f"/api/v1/reviews/{item.pk}/judgement", sent(given["lease"], output={"label": "ok"}), format="json"
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "REASON_REQUIRED")
    assert answer.json()["errors"][0]["pointer"] == "/reasons"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/token", "/submission_id"}),
        ([], {"", "/token", "/submission_id"}),
        ({"token": True, "submission_id": "x"}, {"/token", "/submission_id"}),
        ({"token": 2**70, "submission_id": str(uuid.uuid4())}, {"/token"}),
    ],
)
def test_an_envelope_that_is_wrong_is_told_with_pointers_but_not_to_strangers(
    api, queue, model, body, pointers
):
    item = making.an_item(model)
    stranger = client(making.a_person(queue=making.inbox(making.a_model())))
    url = f"/api/v1/reviews/{item.pk}/judgement"

    answer = api.post(url, body, format="json")

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == pointers
    assert stranger.post(url, body, format="json").status_code == 404


ACTIONS = [
    ("post", "claim", {}),
    ("post", "heartbeat", {"token": 1}),
    ("post", "release", {"token": 1}),
    ("put", "draft", {"token": 1, "draft": {}}),
    ("post", "judgement", {"token": 1, "submission_id": str(uuid.uuid4()), "output": {"label": "ok"}}),
    ("post", "undo", {"submission_id": str(uuid.uuid4())}),
    ("post", "escalate", {"token": 1, "reason": "x"}),
    ("post", "reopen", {"reason": "x"}),
    ("post", "assign", {"person": None, "reason": "x"}),
    ("post", "unlock", {}),
]


@pytest.mark.parametrize(("method", "action", "body"), ACTIONS)
def test_a_stranger_is_told_the_same_as_about_a_missing_review(model, method, action, body):
    item = making.an_item(model)
    stranger = client(making.a_person(queue=making.inbox(making.a_model())))

    foreign = getattr(stranger, method)(f"/api/v1/reviews/{item.pk}/{action}", body, format="json")
    missing = getattr(stranger, method)(f"/api/v1/reviews/{uuid.uuid4()}/{action}", body, format="json")

    assert (foreign.status_code, foreign.json()) == (missing.status_code, missing.json())
    assert foreign.status_code == 404


@pytest.mark.parametrize(("method", "action", "body"), ACTIONS)
def test_an_auditor_sees_but_does_nothing(model, method, action, body):
    item = making.an_item(model)
    auditor = client(making.a_person(Role.AUDITOR))

    answer = getattr(auditor, method)(f"/api/v1/reviews/{item.pk}/{action}", body, format="json")

    assert answer.status_code == (409 if action == "reopen" else 403)
    assert auditor.get(f"/api/v1/reviews/{item.pk}").status_code == 200


@pytest.mark.parametrize("action", ["assign", "unlock"])
def test_a_reviewer_does_not_manage(api, model, action):
    item = making.an_item(model)

    answer = api.post(f"/api/v1/reviews/{item.pk}/{action}", {"person": None, "reason": ""}, format="json")

    assert answer.status_code == 403


def test_a_named_claim_says_who_was_faster(api, queue, model):
    item = making.an_item(model)
    claimed(client(making.a_person(queue=queue)), queue)

    answer = api.post(f"/api/v1/reviews/{item.pk}/claim", {}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "LEASED")


def test_a_heartbeat_prolongs_and_an_expired_lease_is_not_revived(api, queue, model):
    item = making.an_item(model)
    given = claimed(api, queue)
    url = f"/api/v1/reviews/{item.pk}/heartbeat"

    alive = api.post(url, {"token": given["lease"]["token"]}, format="json")
    expire(item)
    lost = api.post(url, {"token": given["lease"]["token"]}, format="json")

    assert alive.json()["expires_at"] > given["lease"]["expires_at"]
    assert (lost.status_code, lost.json()["code"]) == (409, "LEASE_LOST")


def test_drafts_come_back_to_their_writer_alone(api, queue, model):
    item = making.an_item(model)
    given = claimed(api, queue)
    draft = {"output": {"label": "ok"}, "note": "ünï"}
    put = api.put(
        f"/api/v1/reviews/{item.pk}/draft", {"token": given["lease"]["token"], "draft": draft}, format="json"
    )
    release = api.post(
        f"/api/v1/reviews/{item.pk}/release", {"token": given["lease"]["token"]}, format="json"
    )

    other = claimed(client(making.a_person(queue=queue)), queue)
    Slot.objects.update(leased_by=None, leased_until=None)

    assert (put.status_code, release.status_code) == (200, 200)
    assert other["review"]["draft"] is None
    assert claimed(api, queue)["review"]["draft"] == draft


def test_puts_off_until_a_date_within_a_week(api, queue, model):
    item = making.an_item(model)
    given = claimed(api, queue)
    url = f"/api/v1/reviews/{item.pk}/release"
    token = given["lease"]["token"]

    late = api.post(url, {"token": token, "snooze_until": "2126-01-01T00:00:00Z"}, format="json")
    odd = api.post(url, {"token": token, "snooze_until": "tomorrow"}, format="json")
    until = (making.now() + dt.timedelta(hours=2)).isoformat()
    good = api.post(url, {"token": token, "snooze_until": until}, format="json")

    assert (late.status_code, odd.status_code) == (422, 422)
    assert (good.status_code, good.json()["state"]) == (200, "snoozed")


def test_a_manager_assigns_unlocks_and_sees_names(api, queue, model, boss, person):
    item = making.an_item(model)
    claimed(api, queue)
    managing = client(boss)
    url = f"/api/v1/reviews/{item.pk}"

    refused = managing.post(f"{url}/assign", {"person": str(boss.pk), "reason": "leave"}, format="json")
    unlocked = managing.post(f"{url}/unlock", {}, format="json")
    again = managing.post(f"{url}/unlock", {}, format="json")
    assigned = managing.post(f"{url}/assign", {"person": boss.email, "reason": "leave"}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (409, "LEASED")
    assert (unlocked.status_code, unlocked.json()["state"]) == (200, "waiting")
    assert (again.status_code, again.json()["code"]) == (409, "NOT_LEASED")
    assert assigned.status_code == 200
    assert claimed(api, queue)["why"] == "not_eligible"
    assert claimed(managing, queue)["review"]["id"] == str(item.pk)
    assert managing.get(url).json()["holder"]["name"] == boss.name
    assert "name" not in api.get(url).json()["holder"]


def test_reopens_an_own_decision_once_and_keeps_the_outcome(api, queue, model):
    item = making.an_item(model)
    given = claimed(api, queue)
    api.post(f"/api/v1/reviews/{item.pk}/judgement", sent(given["lease"]), format="json")
    url = f"/api/v1/reviews/{item.pk}/reopen"

    blank = api.post(url, {}, format="json")
    good = api.post(url, {"reason": "looked again"}, format="json")
    again = api.post(url, {"reason": "looked again"}, format="json")

    assert blank.status_code == 422
    assert (good.status_code, good.json()["state"], good.json()["round"]) == (200, "waiting", 2)
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_OPEN")
    assert claimed(api, queue)["review"]["id"] == str(item.pk)


def test_lists_by_filter_in_pages(api, queue, model, person):
    items = [making.an_item(model) for _ in range(5)]
    given = claimed(api, queue)
    api.post(f"/api/v1/reviews/{given['review']['id']}/judgement", sent(given["lease"]), format="json")

    def ids(**filters):
        return [row["id"] for row in api.get("/api/v1/reviews", filters).json()["results"]]

    first = api.get("/api/v1/reviews", {"limit": 3}).json()
    second = api.get("/api/v1/reviews", {"limit": 3, "cursor": first["next"]}).json()
    assert [row["id"] for row in first["results"] + second["results"]] == [
        str(item.pk) for item in reversed(items)
    ]
    assert second["next"] is None
    assert len(ids(state="waiting")) == 4
    assert ids(state="decided") == [given["review"]["id"]]
    assert ids(reviewer="me") == ids(reviewer=str(person.pk)) == ids(reviewer=person.pseudonym)
    assert ids(changed="true") == []
    assert ids(changed="false", queue=queue.slug, model=model.slug) == [given["review"]["id"]]
    external = api.get(f"/api/v1/reviews/{items[0].pk}").json()["external_id"]
    assert ids(external_id=external) == [str(items[0].pk)]
    assert ids(decided_after="2020-01-01T00:00:00Z") == [given["review"]["id"]]
    assert ids(queue="nowhere") == []


@pytest.mark.parametrize(
    "filters",
    [{"state": "x"}, {"changed": "1"}, {"decided_after": "x"}, {"cursor": "x"}, {"queue__slug": "x"}],
)
def test_lists_refuse_what_they_do_not_know(api, filters):
    assert api.get("/api/v1/reviews", filters).status_code == 422


def test_lists_show_nothing_of_foreign_queues(model):
    making.an_item(model)
    stranger = client(making.a_person(queue=making.inbox(making.a_model())))

    assert stranger.get("/api/v1/reviews").json()["results"] == []
    assert [row["slug"] for row in stranger.get("/api/v1/queues").json()["results"]] != [
        making.inbox(model).slug
    ]
    assert stranger.get(f"/api/v1/queues/{making.inbox(model).slug}").status_code == 404


def test_counts_what_waits(api, queue, model):
    for _ in range(3):
        making.an_item(model, age=20_000)
    making.an_item(model)
    given = claimed(api, queue)

    counts = api.get(f"/api/v1/queues/{queue.slug}").json()

    assert (counts["waiting"], counts["leased"], counts["overdue"]) == (3, 1, 3)
    assert counts["next_free_at"] == given["lease"]["expires_at"]
    assert counts["oldest_at"] < counts["as_of"]


def test_makes_a_queue_whose_roles_hold_on_it_alone(model, boss):
    key, _ = factories.service_key("policies:write")
    maker = client(key)
    body = {"slug": "seniors", "name": "Seniors", "system": model.system.slug}

    made = maker.post("/api/v1/queues", body, format="json")
    again = maker.post("/api/v1/queues", body, format="json")

    assert (made.status_code, made["Location"]) == (201, "/api/v1/queues/seniors")
    assert (again.status_code, again.json()["code"]) == (409, "QUEUE_EXISTS")
    from reviews.queue.models import Queue

    senior = making.a_person(queue=Queue.objects.get(slug="seniors"))
    assert [row["slug"] for row in client(senior).get("/api/v1/queues").json()["results"]] == ["seniors"]
    assert client(senior).post("/api/v1/queues", body, format="json").status_code == 403


def test_a_key_claims_nothing(queue, model):
    making.an_item(model)
    key, _ = factories.service_key("predictions:write", "policies:write")

    answer = client(key).post(f"/api/v1/queues/{queue.slug}/claim", {}, format="json")

    assert answer.status_code == 403


def test_names_the_reason_codes_of_a_model(api, model):
    answer = api.get(f"/api/v1/models/{model.slug}/reason-codes").json()

    assert [row["code"] for row in answer["results"]] == [
        "wrong_label", "wrong_value", "missing_value", "not_in_input", "bad_input", "out_of_policy", "other"
    ]  # fmt: skip
    assert answer["results"][-1]["needs_comment"] is True
    assert api.get("/api/v1/models/nothing/reason-codes").status_code == 404


def test_a_hold_that_is_over_is_settled_by_whoever_looks(api, queue, model):
    from tests.reviews.judging.deciding import end_hold

    item = making.an_item(model)
    given = claimed(api, queue)
    api.post(f"/api/v1/reviews/{item.pk}/judgement", sent(given["lease"], hold_seconds=0.2), format="json")
    end_hold(ReviewItem.objects.get(pk=item.pk))

    assert api.get(f"/api/v1/reviews/{item.pk}").json()["state"] == "decided"
