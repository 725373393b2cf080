"""Every address, every method, everybody: what `access_table.py` says, and nothing else.

A new route without a row fails. Whoever holds nothing on a system learns nothing about it: the answer about a
foreign thing is the answer about a missing one, byte for byte.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from django.db import transaction

from config.hall.routes import METHODS, Route, routes
from tests.architecture import access_world
from tests.architecture.access_table import EVERY_KEY, OTHERS, PAGES, REST, Row
from tests.architecture.access_world import Caller, World

ROUTES = {route.name: route for route in routes()}
TABLE = {**PAGES, **REST}
ABOUT_A_THING = [key for key, row in TABLE.items() if row.is_about_a_thing]
STRANGERS = ("anonymous", "inactive", "expired key")


class Answer(NamedTuple):
    """What is looked at of a response, read before everything that the request changed is undone."""

    status: int
    text: str
    sent_to: str
    to_sign_in: bool


Answered = Callable[[str, str, str], Answer]
"""By name of the route, method and name of the caller."""


@pytest.fixture(scope="module")
def world(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    """Made once; what a request changes is undone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield access_world.build()
        transaction.set_rollback(True)


def test_every_route_has_its_row() -> None:
    named = {name for name, _ in TABLE}
    unnamed = [route.path for route in routes() if not route.name]

    assert unnamed == []
    assert set(ROUTES) - named == set(), "Add them to access_table.py, with who may ask."
    assert named - set(ROUTES) == set(), "The table speaks of routes that are gone."


@pytest.mark.parametrize("name", sorted(name for name, route in ROUTES.items() if route.is_rest))
def test_every_method_of_the_interface_has_its_row(name: str) -> None:
    assert set(ROUTES[name].methods) == {method for row, method in TABLE if row == name}


@pytest.fixture(scope="module")
def answered(world: World) -> Answered:
    """What a caller is answered about what there is; asked once for all tests, as nothing of it stays."""

    @cache
    def answer_to(name: str, method: str, who: str) -> Answer:
        return ask(world, world.callers[who], TABLE[name, method], ROUTES[name], method)

    return answer_to


@pytest.mark.parametrize(("name", "method"), sorted(TABLE), ids=lambda value: str(value))
def test_only_those_who_may(world: World, answered: Answered, name: str, method: str) -> None:
    row, route = TABLE[name, method], ROUTES[name]
    wrong = []
    for caller in world.callers.values():
        if caller.name == "almighty":
            continue
        answer = answered(name, method, caller.name)
        if mistake := mistake_in(row, route, caller, answer):
            wrong.append(f"{caller.name}: {answer.status}, {mistake}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "method"), sorted(ABOUT_A_THING), ids=lambda value: str(value))
def test_foreign_is_as_good_as_missing(world: World, answered: Answered, name: str, method: str) -> None:
    row, route = TABLE[name, method], ROUTES[name]
    different = []
    for caller in world.callers.values():
        if caller.name not in OTHERS | {"other key", "no role"} | row.blind or caller.name in row.may:
            continue
        foreign = answered(name, method, caller.name)
        missing = ask(world, caller, row, route, method, missing=True)
        if plain(foreign) != plain(missing):
            different.append(f"{caller.name}: {foreign.status} and {missing.status}")

    assert not different, "\n".join(different)


@pytest.mark.parametrize("name", sorted({name for name, _ in TABLE}))
def test_takes_no_method_that_has_no_row(world: World, name: str) -> None:
    route = ROUTES[name]
    known = {method for row, method in TABLE if row == name}
    row = TABLE[name, sorted(known)[0]]
    taken = []
    for method in (each.upper() for each in METHODS):
        if method not in known:
            caller = world.callers["anonymous" if "anonymous" in row.may else "almighty"]
            answer = ask(world, caller, row, route, method)
            if answer.status not in (405, 403):
                taken.append(f"{method}: {answer.status}")

    assert not taken, "\n".join(taken)


def test_a_list_shows_nothing_of_elsewhere(world: World, answered: Answered) -> None:
    elsewhere = OTHERS - {"second queue"} | {"other key", "no role", "anonymous", "inactive"}
    lists = [
        (name, method)
        for (name, method), row in TABLE.items()
        if method == "GET" and not row.is_about_a_thing and not name.startswith("hall")
    ]
    shown = [
        f"{name} to {who}"
        for name, method in lists
        for who in elsewhere & set(world.callers)
        if re.search(r"\bown-(model|system)", answered(name, method, who).text)
    ]

    assert not shown, "\n".join(shown)


def mistake_in(row: Row, route: Route, caller: Caller, answer: Answer) -> str:
    """What is wrong with this answer to this caller; empty if nothing is."""
    status = answer.status
    if status >= 500:
        return "crashed"
    if caller.name in row.may:
        through = status in row.answers or (status not in (401, 403, 404) and not answer.to_sign_in)
        return "" if through else "should be let through"
    if caller.name in STRANGERS or (caller.is_key and not route.is_rest):
        asked = status == 401 if route.is_rest else answer.to_sign_in
        return "" if asked else "should be asked who they are"
    if caller.name in row.anywhere:
        return "" if status < 400 or status in (409, 422) else "should be let through"
    if caller.name in row.blind:
        return "" if status == 404 else "should not learn that it is there"
    if caller.name in OTHERS | {"other key", "no role"}:
        return "" if status in (403, 404) else "should learn nothing"
    return "" if status == 403 else "should be refused"


def ask(
    world: World, caller: Caller, row: Row, route: Route, method: str, *, missing: bool = False
) -> Answer:
    """One request, and everything it changed undone."""
    things = {name: str(thing) for name, thing in world.own.items()}
    if missing:
        things |= {name: str(thing) for name, thing in world.missing.items()}
    address = row.address.format(**things)
    body = row.body
    if isinstance(body, dict):
        body = {k: v.format(**things) if isinstance(v, str) and "{" in v else v for k, v in body.items()}
    with transaction.atomic():
        try:
            response = caller.ask(method, route.prefix + address, body, form=not route.is_rest)
            body_of = response.streaming_content if response.streaming else [response.content]
            sent_to = response.get("Location", "")
            signs_in = (sent_to or response.get("HX-Redirect", "")).startswith("/sign-in")
            return Answer(
                response.status_code,
                b"".join(body_of).decode(),
                sent_to,
                signs_in and response.status_code in (302, 401),
            )
        finally:
            transaction.set_rollback(True)


def plain(answer: Answer) -> tuple[int, str]:
    """An answer without what differs between any two: ids of requests, tokens of forms."""
    if answer.to_sign_in:
        return answer.status, "to sign in"
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"', "", answer.text)
    text = re.sub(r"<code>[0-9a-f]{32}</code>", "", text)
    return answer.status, text + answer.sent_to


def test_the_table_names_callers_that_there_are(world: World) -> None:
    named = set().union(*(row.may | row.blind | row.anywhere for row in TABLE.values()))

    assert named - set(world.callers) - EVERY_KEY == set()
