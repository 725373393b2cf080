"""A workplace as journeys use it: a service that posts and reads over REST, and a person in a browser."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests import factories
from tests.servers import TestDatabase

PATIENCE_S = 40


@dataclass
class Workplace:
    """One AI system of a live copy with its model, queue, service key and reviewers."""

    url: str
    database: TestDatabase
    model: str
    queue: str
    name: str
    key: str
    people: list[str]
    """Reviewers, the same at all workplaces: two for all journeys, one to change, one to lock out."""
    external_ids: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The workbench of the queue."""
        return f"/review/queues/{self.queue}"

    def service(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {self.key}"}, timeout=60
        )

    def post(self, count: int = 1, **members: Any) -> list[str]:
        """Predictions that the model is not sure about; answers their ids."""
        made = []
        with self.service() as service:
            for _ in range(count):
                external_id = f"{self.queue}-{factories.number()}"
                body = {
                    "model": self.model,
                    "version": "1.0",
                    "external_id": external_id,
                    "input": {"amount": 1200.5, "merchant": "Northwind"},
                    "output": {"label": "fraud"},
                    "confidence": 0.61,
                } | members
                answer = service.post("/predictions", json=body)
                assert (answer.status_code, answer.json()["decision"]) == (201, "review"), answer.text
                self.external_ids.append(external_id)
                made.append(answer.json()["id"])
        return made

    def prediction(self, id_: str, *, wait: int = 0) -> dict[str, Any]:
        with self.service() as service:
            found: dict[str, Any] = service.get(f"/predictions/{id_}", params={"wait": wait}).json()
        return found

    def answers(self) -> list[tuple[str, str]]:
        """External id and label of every answer that stands, held or final, in the order of time."""
        with self.database.as_owner() as owner:
            return owner.execute(
                """
                SELECT p.external_id, j.output::json->>'label' FROM reviews_judgement j
                JOIN reviews_reviewitem i ON i.id = j.item_id
                JOIN reviews_prediction p ON p.id = i.prediction_id
                JOIN reviews_queue q ON q.id = i.queue_id AND q.slug = %s
                WHERE j.undone_at IS NULL ORDER BY j.at
                """,
                [self.queue],
            ).fetchall()

    def waiting_for(self, id_: str) -> "Future[dict[str, Any]]":
        """A service that holds a connection open until somebody has decided."""
        pool = ThreadPoolExecutor(1)
        waiting = pool.submit(self.prediction, id_, wait=30)
        pool.shutdown(wait=False)
        return waiting

    def feed(self, name: str, count: int) -> list[dict[str, Any]]:
        """The first page of `outcomes` or `labels`, once it holds so many."""
        with self.service() as service:

            def read() -> list[dict[str, Any]]:
                answer = service.get(f"/{name}", params={"model": self.model})
                assert answer.status_code == 200, answer.text
                entries: list[dict[str, Any]] = answer.json()["results"]
                return entries if len(entries) >= count else []

            return eventually(read)


def eventually(look: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """What `look` answers once that is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found


def sign_in(page: Page, email: str, *, go_to: str = "") -> None:
    page.goto(f"/sign-in?next={go_to}" if go_to else "/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password")).to_have_count(0)


class Bench:
    """The workbench in a tab, as a person sees it."""

    def __init__(self, page: Page, place: Workplace, *, person: int = 0, scripts: bool = True) -> None:
        self.page = page
        self.place = place
        sign_in(page, place.people[person], go_to=place.address)
        expect(page.locator("[data-workbench]" + "[data-ready]" * scripts)).to_be_visible()

    @property
    def external_id(self) -> Locator:
        return self.page.locator("[data-item] .wb-external")

    @property
    def strip(self) -> Locator:
        return self.page.locator("[data-slot=saved]")

    @property
    def alerts(self) -> Locator:
        return self.page.locator("[data-alerts]")

    def shows(self, external_id: str) -> None:
        expect(self.external_id).to_have_text(external_id)

    def next_is_loaded(self) -> None:
        expect(self.page.locator("[data-next-words]")).to_have_text("Next item is loaded.")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self, words: str) -> None:
        expect(self.strip).to_contain_text(words)
        expect(self.strip.locator(".pill")).to_have_text("Saved")

    def chosen(self) -> list[str]:
        return [each.input_value() for each in self.page.locator("[data-item] .choice__input:checked").all()]


def second_tab(context: BrowserContext, place: Workplace) -> Page:
    page = context.new_page()
    page.goto(place.address)
    return page
