"""Every address that is read: as many statements for a world of many things as for one of each.

The same world is asked twice, with one of everything and after each thing was copied more often than a page
is long. What asks the database once for each row fails here, whatever it shows.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.trail import sequencer
from config import health
from config.hall.routes import routes
from tests import sequencing
from tests.architecture import access_world, growing
from tests.architecture.access_table import PAGES, REST, Row
from tests.architecture.access_world import Caller, World

ROUTES = {route.name: route for route in routes()}
READ = {name: row for (name, method), row in {**REST, **PAGES}.items() if method == "GET"}
Counted = dict[tuple[str, str], tuple[int, list[str]]]
LOOKERS = ("almighty", "model_owner", "compliance_officer")
"""Who holds every role, and who holds one on one AI system; keys where only they may."""
ASKED = [
    (name, who)
    for name, row in sorted(READ.items())
    for who in [each for each in LOOKERS if each in row.may | {"almighty"}]
]


@pytest.fixture(scope="module")
def counted(django_db_setup: Any, django_db_blocker: Any) -> Iterator[tuple[Counted, Counted]]:
    """For each address its status and statements: with one of everything, and with many."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "KEPT_FOR", -1.0)  # else a slow machine looks twice and a fast one once
        world = access_world.build()
        with sequencing.as_sequencer():
            sequencer.integrate_all()
        few = _ask_all(world)
        with django_db_setup.as_owner() as owner:
            growing.grow(owner)
        cache.clear()
        many = _ask_all(world)
        yield few, many
        connection.close()
        cache.clear()
        django_db_setup.clean()


@pytest.mark.parametrize(("name", "who"), ASKED)
def test_asks_as_often_for_many_as_for_one(counted: tuple[Counted, Counted], name: str, who: str) -> None:
    (status, few), (status_of_many, many) = counted[0][name, who], counted[1][name, who]

    assert status == status_of_many
    more = sorted(set(many) - set(few))
    assert len(many) <= len(few), f"{len(few)} statements for one, {len(many)} for many\n" + "\n".join(more)


def _ask_all(world: World) -> Counted:
    return {(name, who): _ask(_caller(world, READ[name], who), name, world) for name, who in ASKED}


def _caller(world: World, row: Row, who: str) -> Caller:
    keys = sorted(name for name in row.may if name.startswith("key "))
    return world.callers[keys[0] if row.may and len(keys) == len(row.may) else who]


def _ask(caller: Caller, name: str, world: World) -> tuple[int, list[str]]:
    """Status and statements of the second time: what a process remembers is no matter of size.

    What reading leaves behind (an event that says so, a lease) is undone.
    """
    things = {key: str(thing) for key, thing in world.own.items()}
    address = ROUTES[name].prefix + READ[name].address.format(**things)
    for _ in range(2):
        connection.queries_log.clear()  # it is bounded
        with transaction.atomic(), CaptureQueriesContext(connection) as context:
            response = caller.ask("GET", address)
            if response.streaming:
                b"".join(response.streaming_content)
            transaction.set_rollback(True)
    return response.status_code, [_shape(query["sql"]) for query in context.captured_queries]


def _shape(sql: str) -> str:
    return sql if len(sql) < 700 else f"{sql[:200]} ... {sql[-480:]}"
