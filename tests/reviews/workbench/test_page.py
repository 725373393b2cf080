"""The workbench as a page, and the next item beside it."""

import datetime as dt
import re
from typing import Any

from django.test import Client
from django.utils import timezone

from governance.access.roles import Role
from registry.catalog.models import Model
from reviews.queue import services as queues
from reviews.queue.models import Queue, Slot
from tests.reviews.judging import deciding
from tests.reviews.queue import making
from tests.reviews.workbench.working import Desk, text_of


def same(response: Any) -> str:
    """The page without what differs between any two requests."""
    return re.sub(
        r"(csrfmiddlewaretoken. value=.|X-CSRFToken[^:]*: .|<code>)[0-9A-Za-z]{32,64}", "", text_of(response)
    )


def test_claims_the_most_urgent_item_and_shows_it_whole(desk: Desk, model: Model) -> None:
    making.an_item(model)
    first = making.an_item(model, age=60)

    response = desk.open()

    item, page = response.context["item"], text_of(response)
    assert (item["review_id"], item["resumed"]) == (str(first.pk), False)
    assert Slot.objects.get(item=first).leased_by_id == desk.person.pk
    assert item["token"] == Slot.objects.get(item=first).token
    assert "1200.5" in page
    assert "model suggests · 61 %" in page
    assert 'name="answer/label"' in page
    assert " checked" not in page.split("data-decide", 1)[1].split("</fieldset>", 1)[0]
    assert response["Cache-Control"] == "no-store"


def test_shows_the_leased_item_again_after_a_reload(desk: Desk, model: Model) -> None:
    making.an_item(model)
    making.an_item(model)

    first, again = desk.item(), desk.item()

    assert (again["review_id"], again["token"]) == (first["review_id"], first["token"])
    assert again["resumed"]
    assert again["submission_id"] != first["submission_id"]


def test_works_on_the_most_urgent_of_all_queues(model: Model) -> None:
    other = making.a_model()
    making.an_item(model)
    urgent = making.an_item(other, age=600)
    desk = Desk(making.a_person(), "all")

    response = desk.open()

    assert response.context["item"]["review_id"] == str(urgent.pk)
    assert response.context["session"] == {"done": 0, "total": 2}


def test_gives_one_more_item_beside_those_the_page_holds_and_no_third(desk: Desk, model: Model) -> None:
    for _ in range(3):
        making.an_item(model)
    first = desk.item()

    fragment = desk.next(first["review_id"])

    second = fragment.context["item"]
    assert second["review_id"] != first["review_id"]
    assert not second["resumed"]
    assert "<html" not in text_of(fragment)
    third = desk.next(first["review_id"], second["review_id"])
    assert (third.status_code, third.context["none"]["why"]) == (200, "all_leased")


def test_says_that_the_queue_is_empty(desk: Desk) -> None:
    response = desk.open()

    assert response.context["none"]["why"] == "empty"
    assert "Nothing waits here" in text_of(response)
    assert 'data-why="empty"' in text_of(desk.next())


def test_says_that_colleagues_hold_everything_and_until_when(desk: Desk, plain: Desk, model: Model) -> None:
    making.an_item(model)
    desk.item()

    response = plain.open()

    none = response.context["none"]
    assert none["why"] == "all_leased"
    assert none["next_free_at"] > timezone.now()
    assert "Nothing is free right now" in text_of(response)


def test_says_that_nothing_here_is_for_them(desk: Desk, model: Model) -> None:
    making.an_item(model, poster=desk.person)

    response = desk.open()

    assert response.context["none"]["why"] == "not_eligible"


def test_opens_a_named_item_and_says_who_keeps_it_otherwise(desk: Desk, plain: Desk, model: Model) -> None:
    item = making.an_item(model)
    address = f"/review/items/{item.pk}"

    assert plain.client.get(address).context["item"]["review_id"] == str(item.pk)

    refused = desk.client.get(address)
    assert refused.status_code == 409
    assert "Somebody else is working on this review" in text_of(refused)


def test_a_decided_item_cannot_be_opened_again(desk: Desk, plain: Desk, model: Model) -> None:
    item = making.an_item(model)
    shown = desk.item()
    desk.decide(shown, "confirm")

    assert plain.client.get(f"/review/items/{item.pk}").status_code == 409


def test_strangers_cannot_tell_an_item_or_queue_from_one_that_does_not_exist(
    model: Model, queue: Queue
) -> None:
    item = making.an_item(model)
    elsewhere = Desk(making.a_person(system=making.a_system()), queue.slug)
    for known, unknown in (
        (f"/review/items/{item.pk}", "/review/items/01900000-0000-7000-8000-000000000000"),
        (f"/review/queues/{queue.slug}", "/review/queues/no-such-queue"),
    ):
        foreign, missing = elsewhere.client.get(known), elsewhere.client.get(unknown)
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert same(foreign) == same(missing)


def test_a_manager_sees_the_queue_and_is_told_why_they_do_not_work_on_it(model: Model, queue: Queue) -> None:
    item = making.an_item(model)
    auditor = Desk(making.a_person(Role.AUDITOR), queue.slug)

    assert auditor.open().status_code == 403
    assert auditor.client.get(f"/review/items/{item.pk}").status_code == 403


def test_sends_whoever_is_not_signed_in_to_the_sign_in_page(queue: Queue) -> None:
    response = Client().get(f"/review/queues/{queue.slug}")

    assert (response.status_code, response["Location"]) == (302, f"/sign-in?next=/review/queues/{queue.slug}")


def test_tells_a_script_that_the_session_is_over(queue: Queue) -> None:
    response = Client().post(f"/review/queues/{queue.slug}/next", headers={"HX-Request": "true"})

    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/sign-in?next=")


def test_lists_the_persons_queues_with_what_waits(desk: Desk, model: Model, queue: Queue) -> None:
    for _ in range(3):
        making.an_item(model, age=60)
    making.an_item(making.a_model())
    desk.item()

    response = desk.client.get("/review")

    (row,) = response.context["queues"]
    assert (row["slug"], row["waiting"], row["leased"], row["mine"]) == (queue.slug, 2, 1, 1)
    assert "Go on" in text_of(response)


def test_counts_what_was_decided_today_and_what_waits(desk: Desk, model: Model) -> None:
    for _ in range(3):
        making.an_item(model)
    answer = desk.decide(desk.item(), "confirm")

    assert answer.context["session"] == {"done": 1, "total": 3}


def test_a_snoozed_item_does_not_count_as_waiting_for_others(desk: Desk, model: Model) -> None:
    making.an_item(model)
    item = desk.item()
    queues.release(
        item_id=deciding.ReviewItem.objects.get().pk,
        token=item["token"],
        actor=desk.person,
        reason="later",
        snooze_until=timezone.now() + dt.timedelta(hours=1),
        now=timezone.now(),
    )

    assert desk.open().context["none"]["why"] == "all_leased"
