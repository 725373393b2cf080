"""What goes wrong at a workbench all day: networks, sessions, second tabs, second thoughts."""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.journeys.workplace import Bench, Workplace, second_tab
from tests.live import LiveCopy

pytestmark = pytest.mark.journey


def end_leases(live: LiveCopy, place: Workplace) -> None:
    """What five minutes of absence do."""
    with live.database.as_owner() as owner:
        owner.execute(
            "UPDATE reviews_slot SET leased_until = clock_timestamp() - interval '1 ms' "
            "WHERE leased_by_id IS NOT NULL AND queue_id = (SELECT id FROM reviews_queue WHERE slug = %s)",
            [place.queue],
        )


def test_a_decision_made_without_a_network_is_kept_and_sent(
    bench: Bench, place: Workplace, context: BrowserContext
) -> None:
    context.set_offline(True)
    bench.press("y")
    bench.shows(place.external_ids[1])
    expect(bench.strip).to_contain_text("Not saved")
    bench.press("2", "a", "Enter")
    expect(bench.strip).to_contain_text("2 decisions")

    context.set_offline(False)

    bench.saved(f"{place.external_ids[1]} changed to legitimate")
    bench.shows(place.external_ids[2])
    assert place.answers() == [(place.external_ids[0], "fraud"), (place.external_ids[1], "legitimate")]


def test_a_decision_survives_a_reload_before_it_arrived(bench: Bench, place: Workplace, page: Page) -> None:
    page.route("**/decide?*", lambda route: route.abort())
    bench.press("y")
    expect(bench.strip).to_contain_text("Not saved")
    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks whether to leave
    page.unroute("**/decide?*")

    page.reload()

    bench.saved(f"{place.external_ids[0]} confirmed as fraud")
    bench.shows(place.external_ids[1])
    assert place.answers() == [(place.external_ids[0], "fraud")]


def test_a_server_that_is_down_for_a_moment_loses_nothing_and_doubles_nothing(
    bench: Bench, place: Workplace, page: Page
) -> None:
    answers = {"left": 2}

    def now_and_then(route: Route) -> None:
        if answers["left"] == 2:  # it arrives, and its answer is lost
            route.fetch()
            route.abort()
        elif answers["left"] == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, body="busy")
        else:
            route.continue_()
        answers["left"] -= 1

    page.route("**/decide?*", now_and_then)
    bench.press("y")
    bench.shows(place.external_ids[1])

    bench.saved(f"{place.external_ids[0]} confirmed as fraud")
    assert answers["left"] == -1
    assert place.answers() == [(place.external_ids[0], "fraud")]


def test_a_session_that_ended_keeps_the_decision_until_the_next_sign_in(
    bench: Bench, place: Workplace, page: Page, context: BrowserContext
) -> None:
    context.clear_cookies()
    bench.press("2", "a", "Enter")
    expect(bench.alerts).to_contain_text("Your session has ended.")
    expect(bench.strip).to_contain_text("Not saved")

    with context.expect_page() as opened:
        bench.alerts.get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.get_by_label("E-mail").fill(place.people[0])
    tab.get_by_label("Password").fill("correct horse battery")
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-workbench]")).to_be_visible()
    tab.close()
    page.bring_to_front()
    bench.alerts.get_by_role("button", name="Send now").click()

    bench.saved(f"{place.external_ids[0]} changed to legitimate")
    expect(bench.alerts).to_be_empty()


def test_undo_takes_a_decision_back_and_nobody_heard_of_it(
    bench: Bench, place: Workplace, page: Page
) -> None:
    bench.press("2", "a", "Enter")
    bench.saved("changed to legitimate")
    expect(bench.strip).to_contain_text("Undo")
    bench.next_is_loaded()

    bench.press("u")
    bench.shows(place.external_ids[0])
    assert bench.chosen() == ["legitimate"]
    expect(page.locator("[data-reasons] input:checked")).to_have_value("wrong_label")
    bench.press("1", "a", "Enter")
    bench.saved(f"{place.external_ids[0]} confirmed as fraud")
    bench.shows(place.external_ids[1])

    assert place.answers() == [(place.external_ids[0], "fraud")]


def test_undo_is_offered_for_ten_seconds(bench: Bench, page: Page) -> None:
    bench.press("y")
    bench.saved("confirmed as fraud")
    undo = bench.strip.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(undo).to_be_hidden(timeout=20_000)

    bench.press("u")

    expect(page.locator("#toasts")).to_contain_text("It is too late to undo this.")


def test_a_stale_tab_overwrites_nothing(
    bench: Bench, place: Workplace, page: Page, context: BrowserContext
) -> None:
    stale = second_tab(context, place)
    expect(stale.locator("[data-item] .wb-external")).to_have_text(place.external_ids[0])
    bench.press("y")
    bench.saved("confirmed as fraud")

    stale.bring_to_front()
    stale.keyboard.press("2")
    stale.keyboard.press("a")
    stale.keyboard.press("Enter")

    expect(stale.locator("[data-alerts]")).to_contain_text(f"{place.external_ids[0]} was not saved.")
    expect(stale.locator("[data-alerts]")).to_contain_text("Your answer is kept")
    assert place.answers() == [(place.external_ids[0], "fraud")]


def test_what_was_typed_is_back_after_a_reload(bench: Bench, page: Page) -> None:
    page.locator("[data-comment]").fill("half a sent")
    bench.press("Escape", "2", "b")

    page.reload()

    expect(page.locator("[data-comment]")).to_have_value("half a sent")
    assert bench.chosen() == ["legitimate"]
    expect(page.locator("[data-reasons] input:checked")).to_have_value("wrong_value")
    expect(page.locator(".wb-note")).to_contain_text("You were already working on this one")


def test_somebody_else_took_it_meanwhile(
    bench: Bench, place: Workplace, live: LiveCopy, page_without_scripts: Page
) -> None:
    end_leases(live, place)
    other = Bench(page_without_scripts, place, person=1, scripts=False)
    other.shows(place.external_ids[0])

    bench.press("2", "a", "Enter")

    expect(bench.alerts).to_contain_text(f"{place.external_ids[0]} was not saved.")
    expect(bench.alerts).to_contain_text("Take it again")
    page_without_scripts.get_by_role("button", name="Skip").click()
    page_without_scripts.get_by_label("Comment").fill("Not mine.")
    page_without_scripts.get_by_role("button", name="Skip").click()
    expect(page_without_scripts.get_by_text(f"{place.external_ids[0]} skipped.")).to_be_visible()
    bench.alerts.get_by_role("link", name="Take it again").click()
    bench.shows(place.external_ids[0])
    assert bench.chosen() == ["legitimate"]
    bench.press("Enter")
    bench.saved("changed to legitimate")


def test_a_decision_on_a_lease_that_ended_is_kept(bench: Bench, place: Workplace, live: LiveCopy) -> None:
    end_leases(live, place)

    bench.press("2", "a", "Enter")

    expect(bench.alerts).to_contain_text(f"{place.external_ids[0]} was not saved.")
    bench.alerts.get_by_role("link", name="Take it again").click()
    bench.shows(place.external_ids[0])
    assert bench.chosen() == ["legitimate"]
    bench.press("Enter")
    bench.saved("changed to legitimate")


def test_a_burst_of_keys_decides_every_item_once(bench: Bench, place: Workplace, page: Page) -> None:
    place.post(5)
    for external_id in place.external_ids:
        bench.shows(external_id)
        bench.press("y")

    expect(page.locator("[data-none]")).to_have_attribute("data-why", "empty")
    expect(bench.alerts).to_be_empty()
    assert place.answers() == [(external_id, "fraud") for external_id in place.external_ids]
