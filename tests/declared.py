"""Holds every event that the suite writes to the catalogue."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest


class UndeclaredEvent(AssertionError):
    """An event that is not as its row in the catalogue says."""


class Undeclared(list[str]):
    """What was wrong with the events of a test."""

    lets_through = False


@pytest.fixture(scope="session", autouse=True)
def undeclared() -> Iterator[Undeclared]:
    """Compares every event with `audit.trail.catalogue` where its bytes are made; answers what was wrong.

    A kind that begins with `test.` is a test's own and is let through.
    """
    from audit.trail import catalogue  # after Django is set up, as plugins are read before
    from audit.trail import services as trail

    wrong = Undeclared()
    event_bytes = trail.event_bytes

    def checked(**facts: Any) -> bytes:
        body = event_bytes(**facts)
        if wrong.lets_through or facts["kind"].startswith("test."):
            return body
        if faults := catalogue.faults(orjson.loads(body)):
            wrong.extend(faults)
            raise UndeclaredEvent("; ".join(faults))
        return body

    patch = pytest.MonkeyPatch()
    patch.setattr(trail, "event_bytes", checked)
    yield wrong
    patch.undo()


@pytest.fixture(autouse=True)
def events_are_declared(undeclared: Undeclared) -> Iterator[None]:
    """Also where the code under test swallowed the refusal: a task, a page."""
    yield
    found, undeclared[:] = [*undeclared], []
    assert found == [], "Add it to audit/trail/declared."


@pytest.fixture
def forging(undeclared: Undeclared) -> Iterator[None]:
    """For tests of what stands behind: they write events of real kinds that the product would not write."""
    undeclared.lets_through = True
    yield
    undeclared.lets_through = False
