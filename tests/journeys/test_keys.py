"""The keyboard of the workbench: what each key does, and when it does nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.workplace import Bench, Workplace

pytestmark = pytest.mark.journey


def test_keys_rest_while_somebody_types_or_reads_the_sheet(
    bench: Bench, place: Workplace, page: Page
) -> None:
    page.locator("[data-comment]").focus()
    page.keyboard.type("yes, 2 cases; see u")
    expect(page.locator("[data-comment]")).to_have_value("yes, 2 cases; see u")
    bench.shows(place.external_ids[0])
    assert bench.chosen() == []

    bench.press("Escape", "?")
    expect(page.get_by_role("dialog", name="Keys of the workbench")).to_be_visible()
    bench.press("y", "2")
    bench.shows(place.external_ids[0])
    assert bench.chosen() == []
    bench.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    bench.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("y")
    bench.shows(place.external_ids[0])


def test_y_does_not_confirm_what_was_changed(bench: Bench, place: Workplace, page: Page) -> None:
    bench.press("2", "y")

    expect(page.locator("[data-form-errors]")).to_contain_text("You have changed the suggestion.")
    bench.shows(place.external_ids[0])


def test_escalate_asks_why_and_sends_with_ctrl_enter(bench: Bench, place: Workplace, page: Page) -> None:
    bench.press("e")
    expect(page.locator("[data-comment]")).to_be_focused()
    expect(page.locator("[data-comment-error]")).to_contain_text("Say why this goes to somebody else")
    page.keyboard.type("Looks like a ring.")
    bench.press("Control+Enter")

    bench.shows(place.external_ids[1])
    bench.saved(f"{place.external_ids[0]} escalated")
    bench.press("u")
    expect(page.locator("#toasts")).to_contain_text("A skip or an escalation is not undone.")


def test_pause_gives_everything_back(bench: Bench, place: Workplace, page: Page) -> None:
    bench.press("p")

    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=f"Start with {place.name}")).to_be_visible()


def test_keys_can_be_switched_off(page: Page, place: Workplace) -> None:
    place.post(2)
    bench = Bench(page, place, person=2)
    bench.next_is_loaded()
    page.goto("/profile")
    page.get_by_label("Keys", exact=False).first.uncheck()
    page.get_by_role("button", name="Save").first.click()
    page.goto(place.address)
    bench.next_is_loaded()

    bench.press("2", "y", "s")

    bench.shows(place.external_ids[0])
    assert bench.chosen() == []
    page.get_by_text("legitimate").click()
    page.get_by_label("Wrong label").check()
    page.get_by_role("button", name="Decide and next").click()
    bench.shows(place.external_ids[1])


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)
def test_is_accessible_and_nothing_overflows(page: Page, place: Workplace, width: int, scheme: str) -> None:
    place.post(1, explanation={"features": [{"name": "amount", "value": 1200.5, "contribution": 0.4}]})
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] - one of its literals
    bench = Bench(page, place)
    bench.press("2", "Enter")
    expect(page.locator("[data-reasons-error]")).to_contain_text("reason")

    found = Axe().run(page)

    serious = [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
    assert serious == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
