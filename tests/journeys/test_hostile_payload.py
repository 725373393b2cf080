"""A payload made to run in a reviewer's browser does nothing but stand there."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.workplace import Bench, Workplace

pytestmark = pytest.mark.journey

EVIL = [
    "<script>alert('script')</script>",
    '"><img src=x onerror="alert(\'image\')">',
    "'><svg onload=alert('svg')>",
    "</textarea></select></table><iframe src=\"javascript:alert('frame')\"></iframe>",
    "{{constructor.constructor('alert(1)')()}}",
    "<a href=\"javascript:alert('link')\" id=workbench data-workbench>x</a>",
    "<form action=/review data-decide><input name=token></form>",
]


def test_runs_nowhere_on_the_way(page: Page, place: Workplace) -> None:
    dialogs: list[str] = []

    def note(dialog: object) -> None:
        dialogs.append(str(dialog))

    page.on("dialog", note)
    for evil in EVIL:
        place.post(
            1,
            input={evil: evil, "text": evil * 40, "deep": {evil: [evil]}},
            output={"label": evil, evil: evil},
            explanation={"features": [{"name": evil, "value": evil, "contribution": 1}]},
            scores={evil: 0.4},
            segment={"country": evil},
        )
    place.post(1)
    bench = Bench(page, place)

    for external_id, evil in zip(place.external_ids, EVIL, strict=False):
        bench.shows(external_id)
        expect(page.locator("[data-item]")).to_contain_text(evil)
        page.locator("[data-comment]").fill(evil)
        bench.press("Escape", "2", "a", "Enter")
        bench.saved(f"{external_id} changed to legitimate")
    bench.shows(place.external_ids[-1])
    page.reload()
    bench.shows(place.external_ids[-1])
    page.goto("/review")
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()

    assert dialogs == []
    assert len(page.locator("iframe").all()) == 0
