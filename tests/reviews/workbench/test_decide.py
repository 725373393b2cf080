"""Deciding at the workbench: answer, confirm, cannot tell, escalate, skip."""

from collections.abc import Callable
from typing import Any

import pytest

from registry.catalog.models import Model
from reviews.queue.models import Draft, Judgement, Skip, Slot
from tests.reviews.judging import deciding
from tests.reviews.queue import making
from tests.reviews.workbench.working import ANSWER, Desk, state_of, text_of


@pytest.fixture
def item(desk: Desk, model: Model) -> dict[str, Any]:
    """What the desk works on; one more waits behind it."""
    making.an_item(model, age=60)
    making.an_item(model)
    return desk.item()


def test_takes_a_changed_answer_with_its_reason_and_shows_the_next_item(
    desk: Desk, item: dict[str, Any]
) -> None:
    answer = desk.decide(item, label="ok", reasons=["wrong_label"], comment="A gift.")

    judgement = Judgement.objects.get()
    assert (judgement.output, judgement.changed, judgement.via) == ('{"label":"ok"}', True, "page")
    assert (judgement.reasons, judgement.comment) == (["wrong_label"], "A gift.")
    assert str(judgement.submission_id) == item["submission_id"]
    assert answer.status_code == 200
    assert answer.context["saved"]["label"] == f"{item['external_id']} changed to ok"
    assert 8 <= answer.context["saved"]["undo_seconds"] <= 10
    assert answer.context["item"]["review_id"] != item["review_id"]
    page = text_of(answer)
    assert page.index('data-part="saved"') < page.index("Undo") < page.index('data-part="next"')
    assert state_of(item).state == "held"


def test_confirms_the_suggestion_whatever_the_fields_hold(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, "confirm", label="ok")

    judgement = Judgement.objects.get()
    assert (judgement.output, judgement.changed) == ('{"label":"fraud"}', False)
    assert answer.context["saved"]["label"] == f"{item['external_id']} confirmed as fraud"


def test_says_that_there_is_nothing_to_confirm(desk: Desk, model: Model) -> None:
    making.an_item(model, output=...)
    item = desk.item()
    assert not item["form"]["can_confirm"]

    answer = desk.decide(item, "confirm")

    assert answer.status_code == 422
    assert "There is no suggestion to confirm." in text_of(answer)


def test_passes_on_what_somebody_cannot_tell(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, "cannot_tell", comment="Too blurred.")

    judgement = Judgement.objects.get()
    assert (judgement.verdict, judgement.output, judgement.reasons) == ("cannot_tell", None, ["other"])
    assert "passed on: you could not tell" in answer.context["saved"]["label"]
    assert state_of(item).state == "waiting"
    assert answer.context["item"]["review_id"] != item["review_id"]


def test_escalates_with_the_labels_of_the_reasons(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, "escalate", reasons=["out_of_policy", "bad_input"])

    assert answer.context["saved"]["label"] == f"{item['external_id']} escalated"
    assert state_of(item).escalated_at is not None
    assert "Undo" not in text_of(answer).split('data-part="next"', 1)[0]


def test_skips_with_a_comment(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, "skip", comment="Needs a colleague.")

    assert Skip.objects.get().reason == "Needs a colleague."
    assert answer.context["saved"]["label"] == f"{item['external_id']} skipped"
    assert not Slot.objects.filter(item_id=item["review_id"], leased_by=desk.person).exists()


def test_puts_off_until_tomorrow(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, "skip", comment="The file comes tomorrow.", snooze_until="24")

    assert answer.context["saved"]["label"] == f"{item['external_id']} put off"
    assert state_of(item).state == "snoozed"


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("escalate", "Say why you escalate"),
        ("skip", "Say why you skip it"),
        ("cannot_tell", "Say why: give at least one reason"),
        ("confirm_not", "unknown action"),
    ],
)
def test_asks_again_what_it_needs_to_know(desk: Desk, item: dict[str, Any], action: str, said: str) -> None:
    answer = desk.decide(item, action)

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert Slot.objects.get(item_id=item["review_id"]).leased_by_id == desk.person.pk


def test_shows_the_form_again_with_everything_that_was_typed(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, label="ok", comment="I think so <b>")

    shown = answer.context["item"]
    assert answer.status_code == 422
    assert (shown["review_id"], shown["token"]) == (item["review_id"], item["token"])
    assert shown["form"]["reasons_error"] == "Say why: give at least one reason code."
    assert shown["form"]["comment"] == "I think so <b>"
    assert [each["chosen"] for each in shown["form"]["fields"][0]["choices"]] == [False, True]
    assert "I think so &lt;b&gt;" in text_of(answer)
    assert not Judgement.objects.exists()

    again = desk.decide(shown, label="ok", comment="I think so <b>", reasons=["wrong_label"])

    assert again.status_code == 200


def test_marks_the_field_that_was_left_empty(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item)

    assert answer.status_code == 422
    assert answer.context["item"]["form"]["fields"][0]["error"] == "Choose one for “label”."


def test_a_reason_that_needs_words_says_so_at_the_comment(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, label="ok", reasons=["other"])

    assert answer.status_code == 422
    assert "needs a comment" in answer.context["item"]["form"]["comment_error"]


def test_an_answer_that_was_sent_twice_is_taken_once(desk: Desk, item: dict[str, Any]) -> None:
    first = desk.decide(item, "confirm")
    # What the page holds by now is not offered as the next one.
    again = desk.decide(item, "confirm", hold=[first.context["item"]["review_id"]])

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.context["saved"]["label"] == first.context["saved"]["label"]
    assert Judgement.objects.count() == 1
    assert again.context["none"]["why"] in {"all_leased", "empty"}


def test_another_answer_under_the_same_id_is_refused(desk: Desk, item: dict[str, Any]) -> None:
    desk.decide(item, "confirm")

    answer = desk.decide(item, label="ok", reasons=["wrong_label"])

    assert answer.status_code == 409
    assert "IDEMPOTENCY_CONFLICT" in text_of(answer)
    assert Judgement.objects.get().output == '{"label":"fraud"}'


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("decide", {"label": "ok", "reasons": ["wrong_label"]}),
        ("decide", {}),
        ("confirm", {}),
        ("cannot_tell", {}),
        ("skip", {}),
        ("escalate", {}),
    ],
)
def test_a_lease_that_ended_is_told_and_everything_typed_is_kept(
    desk: Desk, plain: Desk, item: dict[str, Any], action: str, sent: dict[str, Any]
) -> None:
    deciding.expire(state_of(item))
    assert plain.client.get(f"/review/items/{item['review_id']}").status_code == 200

    answer = desk.decide(item, action, comment="Half a sent", **sent)

    assert answer.status_code == 409
    assert 'data-problem="LEASE_LOST"' in text_of(answer)
    assert "is kept as your draft" in text_of(answer)
    assert not Judgement.objects.exists()
    draft = Draft.objects.get(item_id=item["review_id"])
    assert (draft.person_id, "Half a sent" in draft.body) == (desk.person.pk, True)
    deciding.expire(state_of(item))
    back = desk.client.get(f"/review/items/{item['review_id']}").context["item"]
    assert back["form"]["comment"] == "Half a sent"
    assert [each["chosen"] for each in back["form"]["fields"][0]["choices"]] == [False, "label" in sent]


def test_a_stale_token_does_not_decide_for_its_own_person_either(desk: Desk, item: dict[str, Any]) -> None:
    deciding.expire(state_of(item))
    newer = desk.client.get(f"/review/items/{item['review_id']}").context["item"]

    assert desk.decide(item, "confirm").status_code == 409
    assert desk.decide(newer, "confirm").status_code == 200


def test_another_persons_item_cannot_be_decided(
    desk: Desk, plain: Desk, item: dict[str, Any], model: Model
) -> None:
    colleague = Desk(plain.person, plain.stream)
    assert colleague.decide(item, "confirm").status_code == 409

    stranger = Desk(making.a_person(system=making.a_system()), plain.stream)
    for url in item["urls"].values():
        assert stranger.post(url, token=item["token"]).status_code in {404, 405}
    assert not Judgement.objects.exists()


def test_without_scripts_goes_on_to_the_next_item_and_says_what_was_saved(plain: Desk, model: Model) -> None:
    for _ in range(2):
        making.an_item(model)
    item = plain.item()

    answer = plain.decide(item, label="fraud")

    assert (answer.status_code, answer["Location"].split("=")[0]) == (
        302, f"/review/queues/{plain.stream}?saved"
    )  # fmt: skip
    following = plain.client.get(answer["Location"])
    assert "confirmed as fraud" in text_of(following)
    assert following.context["item"]["review_id"] != item["review_id"]
    assert following.context["saved"]["undo_seconds"] >= 8


def test_without_scripts_says_that_something_was_skipped(plain: Desk, model: Model) -> None:
    making.an_item(model)
    item = plain.item()

    answer = plain.decide(item, "skip", comment="Later.")

    assert f"{item['external_id']} skipped." in text_of(plain.client.get(answer["Location"]))


def test_without_scripts_shows_the_page_again_with_everything_that_was_typed(
    plain: Desk, model: Model
) -> None:
    making.an_item(model)

    answer = plain.decide(plain.item(), label="ok", comment="A gift.")

    assert answer.status_code == 422
    page = text_of(answer)
    assert "<html" in page
    assert "A gift." in page
    assert "at least one reason" in page


def test_without_scripts_a_lost_lease_is_a_page_of_its_own(plain: Desk, desk: Desk, model: Model) -> None:
    making.an_item(model)
    item = plain.item()
    deciding.expire(state_of(item))
    desk.item()

    answer = plain.decide(item, label="ok", reasons=["wrong_label"])

    assert answer.status_code == 409
    assert "<html" in text_of(answer)
    assert "kept as your draft" in text_of(answer)


def test_names_of_the_answer_that_are_no_field_are_ignored(desk: Desk, item: dict[str, Any]) -> None:
    answer = desk.decide(item, **{ANSWER: "fraud", "answer/other": "x", "answer": "y"})

    assert answer.status_code == 200
    assert Judgement.objects.get().output == '{"label":"fraud"}'


def test_events_and_rows_agree(desk: Desk, item: dict[str, Any], immediate: Callable[[], None]) -> None:
    desk.decide(item, "confirm")
    desk.decide(desk.item(), "skip", comment="Later.")

    immediate()
