"""Taking a decision back; heartbeats, drafts and giving items back."""

from typing import Any

import pytest

from registry.catalog.models import Model
from reviews.queue.models import Draft, Judgement, Slot
from reviews.workbench import acts
from tests.reviews.judging import deciding
from tests.reviews.queue import making
from tests.reviews.workbench.working import ANSWER, Desk, fresh_id, state_of, text_of


@pytest.fixture
def item(desk: Desk, model: Model) -> dict[str, Any]:
    making.an_item(model, age=60)
    return desk.item()


def undo(desk: Desk, item: dict[str, Any], submission_id: str = "") -> Any:
    url = f"/review/items/{item['review_id']}/undo"
    return desk.post(url, submission_id=submission_id or item["submission_id"])


def test_brings_the_item_back_with_the_answer_as_draft_and_a_new_submission(
    desk: Desk, item: dict[str, Any]
) -> None:
    desk.decide(item, label="ok", reasons=["wrong_label"], comment="A gift.")

    back = undo(desk, item).context["item"]

    assert back["review_id"] == item["review_id"]
    assert back["submission_id"] != item["submission_id"]
    assert back["token"] != item["token"]
    assert [each["chosen"] for each in back["form"]["fields"][0]["choices"]] == [False, True]
    assert [each["code"] for each in back["form"]["reason_codes"] if each["chosen"]] == ["wrong_label"]
    assert back["form"]["comment"] == "A gift."
    assert desk.decide(back, label="fraud").status_code == 200
    assert Judgement.objects.filter(undone_at=None).count() == 1


def test_sent_again_it_answers_the_same_item(desk: Desk, item: dict[str, Any]) -> None:
    desk.decide(item, "confirm")

    first, again = undo(desk, item), undo(desk, item)

    assert again.status_code == 200
    assert again.context["item"]["token"] == first.context["item"]["token"]


def test_comes_too_late_once_it_is_final(
    desk: Desk, item: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "HOLD_SECONDS", 0)
    desk.decide(item, "confirm")

    answer = undo(desk, item)

    assert answer.status_code == 409
    assert 'data-problem="TOO_LATE"' in text_of(answer)


def test_is_for_whoever_decided(desk: Desk, plain: Desk, item: dict[str, Any]) -> None:
    desk.decide(item, "confirm")

    assert undo(plain, item).status_code == 404
    assert undo(desk, item, fresh_id()).status_code == 404
    assert undo(desk, item, "no id").status_code == 404


def test_says_that_it_is_taken_back_although_two_others_are_held(
    desk: Desk, item: dict[str, Any], model: Model
) -> None:
    for _ in range(2):
        making.an_item(model)
    following = desk.decide(item, "confirm").context["item"]
    desk.next(following["review_id"])

    answer = undo(desk, item)

    assert answer.status_code == 409
    assert "taken back and the review waits again" in text_of(answer)
    assert Judgement.objects.get().undone_at is not None


def test_without_scripts_opens_the_item_again(plain: Desk, model: Model) -> None:
    making.an_item(model)
    item = plain.item()
    plain.decide(item, "confirm")

    answer = undo(plain, item)

    assert (answer.status_code, answer["Location"]) == (302, f"/review/items/{item['review_id']}")
    assert plain.client.get(answer["Location"]).context["item"]["review_id"] == item["review_id"]


def test_a_heartbeat_prolongs_the_lease(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.post(item["urls"]["heartbeat"], token=item["token"])

    assert 290 <= answer.json()["seconds"] <= 300


@pytest.mark.parametrize("token", ["", "0", "-1", "x", "9" * 40, "\u0661"])
def test_a_heartbeat_without_the_token_is_told_that_the_lease_is_lost(
    desk: Desk, item: dict[str, Any], token: str
) -> None:
    assert desk.post(item["urls"]["heartbeat"], token=token).status_code == 409


def test_a_heartbeat_does_not_revive_a_lease_that_ended(desk: Desk, item: dict[str, Any]) -> None:
    deciding.expire(state_of(item))

    assert desk.post(item["urls"]["heartbeat"], token=item["token"]).status_code == 409


def test_a_draft_comes_back_as_it_was_typed(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.post(
        item["urls"]["draft"],
        token=item["token"],
        comment="half a\r\nsent  ",
        reasons=["other", "no such reason"],
        **{ANSWER: "no such choice"},
    )

    assert answer.status_code == 204
    back = desk.item()["form"]
    assert back["comment"] == "half a\r\nsent  "
    assert [each["code"] for each in back["reason_codes"] if each["chosen"]] == ["other"]
    assert desk.item()["draft_saved_at"] is not None


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("schema", "typed"),
    [
        ({"type": "number"}, "12,5 or so"),
        ({"type": "integer", "minimum": 1}, "0.5"),
        ({"type": "string", "maxLength": 3}, "longer than that"),
        ({"type": "string", "format": "date"}, "tomorrow"),
        ({"type": "object"}, '{"half": '),
        ({"type": "array", "items": {"type": "number"}}, "1\r\ntwo"),
    ],
)
def test_what_is_no_answer_yet_comes_back_as_typed(schema: dict[str, Any], typed: str) -> None:
    model = making.a_model(schema={"type": "object", "properties": {"value": schema}, "required": ["value"]})
    making.an_item(model, output={"value": 3})
    queue = making.inbox(model)
    desk = Desk(making.a_person(queue=queue), queue.slug)
    item = desk.item()

    assert desk.post(item["urls"]["draft"], token=item["token"], **{"answer/value": typed}).status_code == 204
    (field,) = desk.item()["form"]["fields"]
    assert (field["value"], field["error"]) == (typed, "")

    refused = desk.decide(item, reasons=["wrong_value"], **{"answer/value": typed})
    assert refused.status_code == 422
    (field,) = refused.context["item"]["form"]["fields"]
    assert field["value"] == typed
    assert field["error"]


def test_a_draft_is_kept_although_the_lease_is_lost(desk: Desk, item: dict[str, Any]) -> None:
    deciding.expire(state_of(item))

    answer = desk.post(item["urls"]["draft"], token=item["token"], comment="half")

    assert answer.status_code == 409
    assert "half" in Draft.objects.get().body


def test_nobody_sees_the_draft_of_somebody_else(desk: Desk, plain: Desk, item: dict[str, Any]) -> None:
    desk.post(item["urls"]["draft"], token=item["token"], comment="a secret doubt")
    deciding.expire(state_of(item))

    assert "a secret doubt" not in text_of(plain.open())


def test_a_page_that_closes_gives_its_next_item_back(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.post(item["urls"]["release"], token=item["token"])

    assert answer.status_code == 204
    assert Slot.objects.get().leased_by_id is None
    assert not Draft.objects.exists()


def test_a_pause_gives_the_item_back_and_keeps_what_was_typed(plain: Desk, model: Model) -> None:
    making.an_item(model)
    item = plain.item()

    answer = plain.post(
        item["urls"]["release"], token=item["token"], action="pause", comment="half", **{ANSWER: "ok"}
    )

    assert (answer.status_code, answer["Location"]) == (302, "/review")
    assert Slot.objects.get().leased_by_id is None
    back = plain.item()
    assert (back["form"]["comment"], back["form"]["fields"][0]["choices"][1]["chosen"]) == ("half", True)


def test_a_pause_with_nothing_typed_leaves_no_draft(plain: Desk, model: Model) -> None:
    making.an_item(model)
    item = plain.item()

    plain.post(item["urls"]["release"], token=item["token"], action="pause", comment="  ")

    assert not Draft.objects.exists()


def test_a_pause_after_the_lease_ended_is_a_pause_all_the_same(plain: Desk, model: Model) -> None:
    making.an_item(model)
    item = plain.item()
    deciding.expire(state_of(item))

    answer = plain.post(item["urls"]["release"], token=item["token"], action="pause", comment="half")

    assert answer.status_code == 302
    assert "half" in Draft.objects.get().body


def test_the_strip_offers_no_undo_of_what_is_final(
    plain: Desk, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "HOLD_SECONDS", 0)
    making.an_item(model)
    where = plain.decide(plain.item(), "confirm")["Location"]

    saved = plain.client.get(where).context["saved"]

    assert saved["undo_seconds"] == 0
    assert plain.client.get(where.split("=")[0] + "=nonsense").context["saved"] is None
