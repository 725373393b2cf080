"""Somebody signed in at the workbench, and what they do there: one line each."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.test import Client

from governance.access.models import Person
from reviews.queue.models import ReviewItem

PASSWORD = "correct horse battery staple"
"""Of everybody whom `making` makes."""
ANSWER = "answer/label"
"""The name under which the form of `making.SCHEMA` posts its one member."""


class Desk:
    """A person's browser. `htmx`: with scripts, so that fragments are asked for."""

    def __init__(self, person: Person, stream: str, *, htmx: bool = True) -> None:
        self.person = person
        self.stream = stream
        self.client = Client()
        signed_in = self.client.post("/sign-in", {"login": person.email, "password": PASSWORD})
        assert signed_in.status_code == 302, signed_in.content
        self.headers = {"HX-Request": "true"} if htmx else {}

    def open(self) -> HttpResponse:
        """The workbench as a page: claims, or goes on with what is leased."""
        return self.client.get(f"/review/queues/{self.stream}")

    def item(self) -> dict[str, Any]:
        """The item that the workbench shows."""
        shown = self.open()
        assert shown.status_code == 200, shown.content
        return shown.context["item"]

    def post(self, url: str, **fields: Any) -> HttpResponse:
        return self.client.post(url, fields, headers=self.headers)

    def decide(self, item: dict[str, Any], action: str = "decide", **fields: Any) -> HttpResponse:
        """Send the item's form. `label` is the answer; other fields by their names."""
        sent = {"token": item["token"], "submission_id": item["submission_id"], "action": action}
        if label := fields.pop("label", None):
            sent[ANSWER] = label
        return self.post(item["urls"]["decide"], **{**sent, **fields})

    def next(self, *hold: Any) -> HttpResponse:
        return self.post(f"/review/queues/{self.stream}/next", hold=[str(each) for each in hold])


def state_of(item: dict[str, Any]) -> ReviewItem:
    return ReviewItem.objects.get(pk=UUID(item["review_id"]))


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def fresh_id() -> str:
    return str(uuid4())
