"""Decided predictions, the way pages meet them, and people signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.access.models import Person
from governance.access.roles import Role
from registry.catalog.models import Model
from reviews.queue.models import ReviewItem
from reviews.queue.services import claim_named
from tests import factories
from tests.reviews.judging import deciding
from tests.reviews.queue import making


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="governance.access.backend.RoleBackend")
    return client


def at(role: Role, model: Model) -> Person:
    """Somebody with that role on the model's AI system, or everywhere where it is held only there."""
    everywhere = role in {Role.AUDITOR, Role.ADMINISTRATOR}
    return factories.person(role, at=None if everywhere else model.system)


def decide(item: ReviewItem, reviewer: Person, label: str = "ok", **said: Any) -> None:
    """The reviewer decides it, at once and for good. The suggestion is `fraud`."""
    taken = claim_named(item_id=item.pk, actor=reviewer, now=making.now())
    if label != "fraud":
        said.setdefault("reasons", ["wrong_label"])
    deciding.judge(taken, reviewer, output={"label": label}, **said)
    item.refresh_from_db()
    at_commit()


def at_commit() -> None:
    """What would be a transaction of its own has ended: its triggers speak."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def counted() -> Iterator[CaptureQueriesContext]:
    """How often the database is asked."""
    with CaptureQueriesContext(connection) as seen:
        yield seen
