"""Hostile payloads and words: whatever they are, they become text on the page."""

from html.parser import HTMLParser
from typing import Any

import pytest

from registry.catalog.models import Model
from tests.reviews.queue import making
from tests.reviews.workbench.working import Desk, text_of

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title></style></script><script>alert(1)</script>",
    "{{ 7|add:7 }}{% load static %}",
    "javascript:alert(1)",
    "\u202emoc.elpmaxe",
    "<!--",
    "]]>",
]
PLACED = "".join(EVIL)


class Tags(HTMLParser):
    """What the browser would make of a page: elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def check(self) -> None:
        for tag, attributes in self.found:
            assert tag != "img" or (attributes.get("src") or "").startswith(
                ("data:image/png;base64,", "/static/")
            )
            assert tag != "script" or (attributes.get("src") or "").startswith("/static/")
            assert not any(name.startswith("on") or name == "style" for name in attributes), attributes
            for name in ("href", "action", "formaction"):
                assert (attributes.get(name) or "/").startswith(("/", "#"))


def desk_for(schema: Any, **item: Any) -> Desk:
    model = making.a_model(schema=schema)
    making.an_item(model, **item)
    queue = making.inbox(model)
    return Desk(making.a_person(queue=queue), queue.slug)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [
        {PLACED: PLACED, "nested": {PLACED: [PLACED]}},
        {"text": PLACED * 3, PLACED: 1},
        {PLACED: [[0, 1, 2, 3]] * 4},
        {"list": [PLACED], "object": {PLACED: None}},
    ],
)
def test_an_input_is_text(value: Any) -> None:
    desk = desk_for(None, input=value)

    page = text_of(desk.open())

    Tags(page).check()
    assert "alert(1)" in page
    assert "{{ 7|add:7 }}" in page


@pytest.mark.django_db
def test_a_suggestion_its_scores_and_an_explanation_are_text() -> None:
    schema = {
        "type": "object",
        "title": PLACED,
        "properties": {
            "label": {"enum": [*EVIL, "ok"], "title": PLACED, "description": PLACED},
            PLACED: {"type": "string", "title": PLACED},
            "deep": {"type": "object", "properties": {PLACED: {"type": "array"}}},
            "number": {"type": "number", "maximum": 3},
        },
        "required": ["label", PLACED],
    }
    desk = desk_for(schema, output={"label": EVIL[0], PLACED: PLACED, "deep": {PLACED: [PLACED]}})

    Tags(text_of(desk.open())).check()
    item = desk.item()
    answer = desk.decide(
        item, label=EVIL[1], comment=PLACED, reasons=[EVIL[0]], **{f"answer/{PLACED}": PLACED}
    )
    assert answer.status_code == 422
    Tags(text_of(answer)).check()
    assert "alert(1)" in text_of(answer)


@pytest.mark.django_db
def test_names_of_people_and_queues_are_text(model: Model) -> None:
    making.an_item(model)
    queue = making.inbox(model)
    desk = Desk(making.a_person(queue=queue), queue.slug)

    response = desk.client.get("/review", {"q": PLACED})
    Tags(text_of(response)).check()
    for address in (f"/review/queues/{EVIL[0]}", "/review/queues/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"):
        missing = desk.client.get(address)
        assert missing.status_code == 404
        Tags(text_of(missing)).check()


@pytest.mark.django_db
@pytest.mark.parametrize("label", [*EVIL, "\x00", "x" * 100_000, ""])
def test_what_a_form_can_send_never_breaks_the_page(model: Model, label: str) -> None:
    making.an_item(model)
    queue = making.inbox(model)
    desk = Desk(making.a_person(queue=queue), queue.slug)
    item = desk.item()

    answer = desk.client.post(
        item["urls"]["decide"],
        {
            "token": item["token"],
            "submission_id": label,
            "action": "decide",
            "answer/label": label,
            "reasons": [label, label],
            "comment": label,
            "snooze_until": label,
            "hold": [label],
        },
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 422, answer.content[:500]
    Tags(text_of(answer)).check()


@pytest.mark.django_db
def test_a_comment_with_nul_is_told_and_a_draft_of_it_is_no_error(model: Model) -> None:
    making.an_item(model)
    queue = making.inbox(model)
    desk = Desk(making.a_person(queue=queue), queue.slug)
    item = desk.item()

    assert desk.post(item["urls"]["draft"], token=item["token"], comment="a\x00b").status_code == 204
    for action in ("decide", "confirm", "cannot_tell", "skip", "escalate"):
        answer = desk.decide(item, action, label="ok", reasons=["wrong_label"], comment="a\x00b")
        assert answer.status_code == 422, action
