"""A reviewer works a queue to the end; the service gets the human outcome, the pipeline the labels."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.workplace import Bench, Workplace

pytestmark = pytest.mark.journey

MOST_MS = 300
"""Waiting between a decision and the next item in view."""


def test_by_keyboard_and_the_service_hears_of_it(page: Page, place: Workplace) -> None:
    first, second, third, fourth = place.post(4)
    answers = [place.waiting_for(first), place.waiting_for(second)]
    bench = Bench(page, place)
    bench.shows(place.external_ids[0])
    bench.next_is_loaded()

    bench.press("Enter")
    expect(page.locator("[data-field-error]")).to_have_text("Nothing is chosen yet. Choose an answer first.")
    bench.press("y")
    bench.shows(place.external_ids[1])
    assert float(page.get_attribute("[data-workbench]", "data-swap-ms") or "") < MOST_MS
    bench.saved(f"{place.external_ids[0]} confirmed as fraud")

    bench.press("2", "Enter")
    expect(page.locator("[data-reasons-error]")).to_contain_text("choose at least one reason")
    bench.shows(place.external_ids[1])
    bench.press("a", "Enter")
    bench.shows(place.external_ids[2])
    bench.saved("changed to legitimate")

    bench.next_is_loaded()
    bench.press("s")
    page.keyboard.type("cannot see it, yes or no")
    bench.press("Control+Enter")
    bench.shows(place.external_ids[3])
    bench.saved("skipped")
    bench.press("1", "Enter")
    bench.saved(f"{place.external_ids[3]} confirmed as fraud")
    bench.shows(place.external_ids[2])  # skipped, and nothing else is left
    bench.press("g", "c")
    bench.saved("you could not tell")
    expect(page.locator("[data-none]")).to_have_attribute("data-why", "not_eligible")
    expect(page.locator("[data-progress-words]")).to_have_text("4 of 5 today")

    told = [answer.result(60) for answer in answers]
    assert [each["status"] for each in told] == ["final", "final"]
    assert [each["outcome"]["output"] for each in told] == [{"label": "fraud"}, {"label": "legitimate"}]
    assert [(each["outcome"]["source"], each["outcome"]["changed"]) for each in told] == [
        ("human", False),
        ("human", True),
    ]
    outcomes = {each["prediction"]: each for each in place.feed("outcomes", 3)}
    assert set(outcomes) == {first, second, fourth}
    assert place.prediction(third)["status"] == "pending"
    labels = {each["prediction"]: each for each in place.feed("labels", 3)}
    assert (labels[second]["label"], labels[second]["changed"]) == ({"label": "legitimate"}, True)
    assert labels[second]["judgements"][0]["reasons"] == ["wrong_label"]
    assert labels[second]["judgements"][0]["via"] == "page"


def test_without_scripts(page_without_scripts: Page, place: Workplace) -> None:
    page = page_without_scripts
    first, second, third = place.post(3)
    bench = Bench(page, place, scripts=False)
    bench.shows(place.external_ids[0])

    page.get_by_role("button", name="Decide and next").click()  # the browser itself wants a choice
    bench.shows(place.external_ids[0])
    page.get_by_text("legitimate").click()
    page.get_by_label("Comment").fill("Long clean history.")
    page.get_by_role("button", name="Decide and next").click()
    expect(page.locator("[data-reasons-error]")).to_contain_text("at least one reason")
    expect(page.get_by_label("Comment")).to_have_value("Long clean history.")
    assert bench.chosen() == ["legitimate"]
    page.get_by_label("Wrong label").check()
    page.get_by_role("button", name="Decide and next").click()
    bench.shows(place.external_ids[1])
    bench.saved("changed to legitimate")

    page.get_by_role("button", name="Undo").click()
    bench.shows(place.external_ids[0])
    assert bench.chosen() == ["legitimate"]
    expect(page.get_by_label("Comment")).to_have_value("Long clean history.")
    page.get_by_role("button", name="Decide and next").click()
    bench.saved("changed to legitimate")

    bench.shows(place.external_ids[1])
    page.get_by_role("button", name="confirm the suggestion").click()
    bench.saved("confirmed as fraud")
    bench.shows(place.external_ids[2])
    page.get_by_role("button", name="Escalate").click()
    expect(page.locator("[data-reasons-error]")).to_contain_text("Say why you escalate")
    page.get_by_label("Comment").fill("Half a thought")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    page.get_by_role("link", name=f"Start with {place.name}").click()
    expect(page.get_by_label("Comment")).to_have_value("Half a thought")
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_text(f"{place.external_ids[2]} skipped.")).to_be_visible()

    outcomes = {each["prediction"]: each["outcome"]["output"] for each in place.feed("outcomes", 2)}
    assert outcomes == {first: {"label": "legitimate"}, second: {"label": "fraud"}}
    assert place.prediction(third)["status"] == "pending"


def test_a_form_of_several_fields_by_keyboard(page: Page, ticket_place: Workplace) -> None:
    place = ticket_place
    suggestion = {
        "topic": "refund", "urgent": False, "summary": "Wants money", "amount": 12.5, "tags": ["angry"],
    }  # fmt: skip
    made = place.post(2, output=suggestion, input={"text": "I have waited for three weeks. " * 9})
    bench = Bench(page, place)
    bench.next_is_loaded()
    expect(page.get_by_label("Summary")).to_have_value("Wants money")

    bench.press("2", "1", "0")  # delivery, urgent; then the tags have the keys, and none applies
    assert bench.chosen() == ["delivery", "true", ""]
    page.get_by_label("Summary").fill("Parcel is late, 1 2 y s e")
    expect(page.locator("[data-changed]:visible")).to_have_count(1)
    page.get_by_label("Amount").fill("-3")
    bench.press("Escape", "a", "Control+Enter")
    expect(page.locator(".field__error:visible").first).to_be_visible()
    bench.shows(place.external_ids[0])
    page.get_by_label("Amount").fill("14.25")
    bench.press("Control+Enter")
    bench.shows(place.external_ids[1])

    decided = place.prediction(made[0], wait=30)
    assert decided["outcome"]["output"] == {
        "topic": "delivery",
        "urgent": True,
        "summary": "Parcel is late, 1 2 y s e",
        "amount": 14.25,
        "tags": [],
    }
