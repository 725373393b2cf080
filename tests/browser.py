"""A real browser: Debian's Chromium, driven by Playwright."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.live import LiveCopy

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),)
PATIENCE = 15_000
"""Milliseconds that a page may take on a busy machine."""


@pytest.fixture(scope="session")
def chromium_path(request: pytest.FixtureRequest) -> str:
    """Where the browser is; installs Debian's where that is allowed."""
    if found := _find():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        capture = request.config.pluginmanager.getplugin("capturemanager")
        assert capture is not None
        with capture.global_and_fixture_disabled():
            print("\nInstalling Debian's Chromium for the browser tests ...", flush=True)
            _install()
        if found := _find():
            return found
    message = "No Chromium for the browser tests: apt-get install chromium, or name one in CHROMIUM."
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def _find() -> str | None:
    if named := os.environ.get("CHROMIUM"):
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return found
    return next((str(place) for place in PLACES if place.exists()), None)


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
    ):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False, timeout=900)


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One browser for the run; each test gets a context of its own."""
    patch = pytest.MonkeyPatch()
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # Root (a container, mostly) cannot use Chromium's sandbox.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield launched
        launched.close()
    patch.undo()


@pytest.fixture
def context(browser: Browser, live: LiveCopy) -> Iterator[BrowserContext]:
    """A person's browser without cookies. No page in it may break the content policy or throw."""
    opened = browser.new_context(base_url=live.url, viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    opened.on("weberror", lambda error: complaints.append(str(error.error)))
    opened.on("console", lambda message: _note_violation(message, complaints))
    yield opened
    opened.close()
    assert complaints == []


def _note_violation(message: ConsoleMessage, complaints: list[str]) -> None:
    if "Content Security Policy" in message.text:
        complaints.append(message.text)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The first tab of that browser."""
    return context.new_page()


@pytest.fixture
def page_without_scripts(browser: Browser, live: LiveCopy) -> Iterator[Page]:
    """A tab in which JavaScript is switched off: every form has to work there, too."""
    opened = browser.new_context(base_url=live.url, java_script_enabled=False)
    opened.set_default_timeout(PATIENCE)
    yield opened.new_page()
    opened.close()
