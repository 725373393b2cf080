"""Signing in, being locked out, and what every role finds in its navigation."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from governance.access.roles import Role
from tests import factories
from tests.journeys.workplace import Workplace, sign_in

pytestmark = pytest.mark.journey


def test_signs_in_and_lands_where_they_wanted_to_go(page: Page, place: Workplace) -> None:
    page.goto(place.address)
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("E-mail").fill(place.people[0].upper())
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator("[data-workbench]")).to_be_visible()
    page.locator("[data-menu] summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(place.address)
    expect(page.get_by_label("Password")).to_be_visible()


def test_ten_wrong_passwords_lock_the_account(page: Page, place: Workplace) -> None:
    page.goto("/sign-in")
    for _ in range(10):
        page.get_by_label("E-mail").fill(place.people[3])
        page.get_by_label("Password").fill("not the one")
        with page.expect_navigation():
            page.keyboard.press("Enter")

    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(place.people[3])
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_contain_text("locked")
    page.goto("/review")
    expect(page.get_by_label("Password")).to_be_visible()


looked_at: set[str] = set()


def serious_faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds, by rule, with the beginnings of the elements."""
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_every_page_in_the_navigation_opens_and_is_accessible(
    page: Page, staff: dict[str, str], role: str
) -> None:
    broken: list[str] = []

    def note(response: Response) -> None:
        if response.status >= 400:
            broken.append(f"{response.status} {response.url}")

    page.on("response", note)
    sign_in(page, staff[role])
    links = page.locator(".navigation a")
    addresses = [str(link.get_attribute("href")) for link in links.all()] + ["/profile"]
    assert addresses[0] == "/"

    for address in addresses:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if address == "/" or address not in looked_at:  # home is another page for every role
            looked_at.add(address)
            assert serious_faults(page) == [], address
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, address
    assert broken == []
