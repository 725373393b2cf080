"""The scene of the journeys, built once for a run."""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PATIENCE
from tests.journeys.workplace import Bench, Workplace, sign_in
from tests.live import LiveCopy

expect.set_options(timeout=PATIENCE)

KINDS = ["fraud"] * 28 + ["ticket"]


def _build(live: LiveCopy, call: str) -> object:
    done = live.manage("shell", "--no-imports", "-c", f"from tests.journeys import scene; scene.{call}")
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def workplaces(live: LiveCopy) -> dict[str, Iterator[Workplace]]:
    """Untouched workplaces by the kind of form. Every journey takes one for itself."""
    built = _build(live, f"build(*{KINDS!r})")
    assert isinstance(built, list)
    made = [
        (kind, Workplace(live.url, live.database, **each)) for kind, each in zip(KINDS, built, strict=True)
    ]
    return {kind: iter([each for of, each in made if of == kind]) for kind in set(KINDS)}


@pytest.fixture
def place(workplaces: dict[str, Iterator[Workplace]]) -> Workplace:
    """A workplace with one question of two choices."""
    return next(workplaces["fraud"])


@pytest.fixture
def ticket_place(workplaces: dict[str, Iterator[Workplace]]) -> Workplace:
    """A workplace whose form has several fields."""
    return next(workplaces["ticket"])


@pytest.fixture
def bench(page: Page, place: Workplace) -> Bench:
    """The first reviewer at the workbench, where three items wait and the next one is loaded."""
    place.post(3)
    bench = Bench(page, place)
    bench.next_is_loaded()
    return bench


@pytest.fixture(scope="session")
def staff(live: LiveCopy) -> dict[str, str]:
    """E-mail addresses of somebody of every role."""
    built = _build(live, "build_staff()")
    assert isinstance(built, dict)
    return built


@pytest.fixture
def desk_of(browser: Browser, live: LiveCopy) -> Iterator[Callable[[str], Page]]:
    """A browser of their own for everybody."""
    contexts = []

    def open_for(email: str) -> Page:
        context = browser.new_context(base_url=live.url, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        sign_in(page, email)
        return page

    yield open_for
    for context in contexts:
        context.close()
