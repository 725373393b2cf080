"""Somebody's data is erased: a hold is in the way, it is lifted, and then every page says what is gone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.journeys.test_auditing import verify
from tests.journeys.test_signing_in import serious_faults
from tests.journeys.workplace import Bench, Workplace, eventually
from tests.live import LiveCopy

pytestmark = pytest.mark.journey

SECRET = "Jane Doe of Elm Street"
LONG = 120_000
"""Milliseconds that a bundle, an export or an erasure may take on a busy machine."""
NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}


@dataclass
class Traces:
    """What there is about somebody: one prediction that waits, one that is decided, and copies of it."""

    subject: str
    waiting: str
    decided: str
    export: str
    file: str
    bundle: str
    saved: Path


@pytest.fixture
def officer(desk_of: Callable[[str], Page], staff: dict[str, str]) -> Page:
    return desk_of(staff["compliance_officer"])


@pytest.fixture
def auditor(desk_of: Callable[[str], Page], staff: dict[str, str]) -> Page:
    return desk_of(staff["auditor"])


@pytest.fixture
def traces(page: Page, auditor: Page, place: Workplace, tmp_path: Path) -> Traces:
    subject = f"customer-{factories.number()}"
    (decided,) = place.post(1, subject=subject, input={"amount": 12.5, "who": SECRET})
    bench = Bench(page, place)
    bench.shows(place.external_ids[0])
    bench.press("1")
    page.get_by_label("Comment").fill(SECRET)
    bench.press("Control+Enter")
    place.feed("labels", 1)
    (waiting,) = place.post(1, subject=subject, input={"amount": 7.5, "who": SECRET})
    export, file = _export(place)
    saved = tmp_path / "kept.zip"
    return Traces(subject, waiting, decided, export, file, _bundle_with_openings(auditor, saved), saved)


def test_a_hold_stops_it_and_then_every_page_says_what_is_gone(
    officer: Page, auditor: Page, page: Page, desk_of: Callable[[str], Page], staff: dict[str, str],
    place: Workplace, traces: Traces, live: LiveCopy, tmp_path: Path,
) -> None:  # fmt: skip
    _place_hold(officer, traces.subject)
    erasure = _ask(officer, traces.subject)
    expect(officer.get_by_role("region", name="Kept by legal holds")).to_contain_text("A court asked.")
    expect(officer.get_by_role("main")).to_contain_text("The rest goes by itself once this is lifted")
    assert place.prediction(traces.waiting)["status"] == "pending"
    _looks_right(officer)

    officer.get_by_role("main").get_by_role("link", name="Legal holds").click()
    _lift_hold(officer, traces.subject)
    officer.goto(erasure)
    expect(officer.locator(".page-head")).to_contain_text("done", timeout=LONG)
    expect(officer.get_by_role("region", name="What went")).to_contain_text("label withdrawn")
    expect(officer.get_by_role("main")).not_to_contain_text(traces.subject)
    receivers = officer.get_by_role("region", name="Who had received it")
    for words in ("Mina", "An export", "downloaded", "A bundle of the log"):
        expect(receivers).to_contain_text(words)
    number = eventually(lambda: _number(officer))
    _looks_right(officer)

    for desk, id_ in ((officer, traces.decided), (auditor, traces.waiting)):
        desk.goto(f"/predictions/{id_}")
        expect(desk.get_by_role("main")).to_contain_text(f"Erased by event {number} on")
        expect(desk.get_by_role("main")).not_to_contain_text(SECRET)
        _looks_right(desk)
    _reviews_say_so(page, place, place.prediction(traces.waiting)["review"]["id"], number)
    _copies_are_gone(auditor, desk_of(staff["queue_manager"]), traces, number)
    _event_is_found(auditor, number)
    _old_bundle_still_verifies(auditor, traces, live, number, tmp_path)


def test_how_long_it_is_kept_is_seen_before_it_is_said(officer: Page, place: Workplace) -> None:
    place.post(1)
    officer.goto(f"/systems/{place.model}")
    officer.get_by_role("link", name="Retention of content").click()
    days = officer.get_by_label("After how many days")

    days.fill("30")
    officer.get_by_role("button", name="Save").click()
    expect(officer.locator(".field__error")).to_contain_text("Six months is the least")
    expect(days).to_have_value("30")
    expect(officer.get_by_role("main")).to_contain_text("kept without end")
    _looks_right(officer)

    days.fill("200")
    officer.get_by_role("button", name="See what would go").click()
    expect(officer.locator("p[role=status]")).to_contain_text("no decided prediction is older than 200 days")
    expect(officer.locator("p[role=status]")).to_contain_text("Nothing is changed yet")
    _looks_right(officer)

    officer.get_by_role("button", name="Save").click()
    expect(officer.get_by_role("main")).to_contain_text("goes after 200 days")
    officer.goto(f"/systems/{place.model}")
    expect(officer.get_by_role("region", name="Retention")).to_contain_text("goes after 200 days")


def test_a_slip_costs_nothing_that_was_typed(officer: Page) -> None:
    officer.goto("/legal-holds")
    officer.get_by_label("Data subject").fill("somebody")
    officer.get_by_label("Only this AI system").fill("no-such-system")
    officer.get_by_label("Reason", exact=True).fill("A long story, \u201etyped\u201c with care \u2764.")
    officer.get_by_role("button", name="Hold it").click()
    expect(officer.get_by_role("alert")).to_contain_text("There is no such AI system")
    expect(officer.get_by_label("Reason", exact=True)).to_have_value(re.compile("typed.*with care"))
    _looks_right(officer)

    officer.goto("/erasures/_new")
    officer.get_by_label("Data subject").fill("nobody-has-this-name")
    officer.get_by_role("button", name="See what would go").click()
    expect(officer.get_by_role("main")).to_contain_text("Nothing is kept under this name")
    _looks_right(officer)


def _place_hold(page: Page, subject: str) -> None:
    page.goto("/legal-holds")
    page.get_by_label("Data subject").fill(subject)
    page.get_by_label("Reason", exact=True).fill("A court asked.")
    page.get_by_role("button", name="Hold it").click()
    expect(page.get_by_role("main")).to_contain_text("The hold is in force")
    _looks_right(page)


def _lift_hold(page: Page, subject: str) -> None:
    hold = page.get_by_role("listitem").filter(has_text=subject)
    hold.get_by_label("Why it is lifted").fill("   ")
    hold.get_by_role("button", name="Lift the hold").click()
    expect(hold.locator(".field__error")).to_be_visible()
    hold.get_by_label("Why it is lifted").fill("The case is closed.")
    hold.get_by_role("button", name="Lift the hold").click()
    expect(page.get_by_role("main")).to_contain_text("The hold is lifted")
    _looks_right(page)


def _ask(page: Page, subject: str) -> str:
    """Look at what would go, confirm it; the address of the erasure."""
    page.goto("/erasures")
    page.get_by_role("link", name="Erase somebody's data").click()
    page.get_by_label("Data subject").fill(subject)
    page.get_by_role("button", name="See what would go").click()
    goes = page.get_by_role("region", name="What goes")
    for words in ("2 predictions to lose", "1 label to be", "1 export holds", "bundle"):
        expect(goes).to_contain_text(re.compile(words.replace(" ", r"\s*")))
    expect(page.get_by_role("region", name="Who had received it")).to_contain_text("Mina")
    expect(page.get_by_role("region", name="Kept by legal holds")).to_contain_text("waits until it is lifted")
    _looks_right(page)
    page.get_by_label("The data subject once more").fill(subject)
    page.get_by_label("Reason", exact=True).fill("Asked by letter.")
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Erasure of")
    return page.url


def _number(page: Page) -> str:
    """The number of the event that took it, once it has one."""
    page.reload()
    found = re.search(r"Event ([\d,]+)", page.get_by_role("main").inner_text())
    return found[1].replace(",", "") if found else ""


def _reviews_say_so(reviewer: Page, place: Workplace, review: str, number: str) -> None:
    reviewer.goto(f"/review/items/{review}")
    expect(reviewer.get_by_role("main")).to_contain_text(f"erased by event {number}: nothing is left")
    _looks_right(reviewer)
    reviewer.goto("/decided")
    expect(reviewer.get_by_role("main")).to_contain_text(place.external_ids[0])
    expect(reviewer.get_by_role("main")).not_to_contain_text(SECRET)
    _looks_right(reviewer)


def _copies_are_gone(auditor: Page, manager: Page, traces: Traces, number: str) -> None:
    manager.goto(f"/exports/{traces.export}")
    expect(manager.get_by_role("main")).to_contain_text("data of a person that was erased")
    _looks_right(manager)
    assert manager.request.get(traces.file).status == 410
    assert "files of this export were deleted" in manager.request.get(traces.file).json()["detail"]
    auditor.goto(traces.bundle)
    expect(auditor.get_by_role("main")).to_contain_text("The file was deleted")
    expect(auditor.get_by_role("main")).to_contain_text("Every copy that was downloaded still verifies")
    _looks_right(auditor)


def _event_is_found(page: Page, number: str) -> None:
    """As the verifier calls it, in the box that is on every page."""
    page.get_by_role("searchbox").fill(f"event {number}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("erased the content of predictions")
    expect(page.get_by_role("main")).to_contain_text(f"event {number}")
    _looks_right(page)


def _old_bundle_still_verifies(page: Page, traces: Traces, live: LiveCopy, number: str, folder: Path) -> None:
    key = live.manage("audit_key", "show").stdout.split()[-1]
    assert "Proved:" in verify(traces.saved, key)
    newer = folder / "newer.zip"
    _bundle_with_openings(page, newer)
    assert f"erased by event {number}" in verify(newer, key).replace(",", "")


def _looks_right(page: Page) -> None:
    """Wide and narrow: nothing that axe calls serious, and nothing is cut off."""
    assert serious_faults(page) == []
    page.set_viewport_size(NARROW)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, page.url
    page.set_viewport_size(WIDE)


def _export(place: Workplace) -> tuple[str, str]:
    """An export over REST, downloaded; its id and the address of its file."""
    with place.service() as service:
        asked = service.post("/exports", json={"model": place.model, "format": "jsonl"})
        assert asked.status_code == 202, asked.text
        id_ = asked.json()["id"]

        def made() -> list[str]:
            found = service.get(f"/exports/{id_}").json()
            return [each["name"] for each in (found["manifest"] or {"files": []})["files"]]

        (name,) = eventually(made)
        answer = service.get(f"/exports/{id_}/files/{name}")
    assert SECRET in answer.text
    return id_, f"/api/v1/exports/{id_}/files/{name}"


def _bundle_with_openings(page: Page, path: Path) -> str:
    page.goto("/audit/bundles/new")
    page.get_by_label("Take openings along").check()
    page.get_by_role("button", name="Make the bundle").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=LONG)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(path)
    return page.url
