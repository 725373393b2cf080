"""What every test stands on: real PostgreSQL with the real roles, nothing but loopback, no lost checks."""

import contextlib
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from config import health
from governance.access import remembering
from governance.gate import known as gate_known
from reviews.intake import catalogue as intake_catalogue
from reviews.queue import selectors as queue_selectors
from tests import sequencing
from tests.servers import TestDatabase, open_server

pytest_plugins = ["tests.live", "tests.browser", "tests.declared"]

# A busy machine is no defect of the code: examples are judged by what they find, not by how long they take.
hypothesis_settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """A test that reaches for the world fails instead of depending on it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise PermissionError(f"the suite may reach loopback only, not {address[0]}")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def database_server() -> Iterator[Any]:
    """The PostgreSQL that the environment names, else one of our own for this run."""
    with open_server(Path(settings.VAR_DIR)) as server:
        yield server


@pytest.fixture(scope="session")
def django_db_setup(database_server: Any, django_db_blocker: Any) -> Iterator[TestDatabase]:
    """A database of this run, migrated as its owner; tests then run as the application's login."""
    with database_server.fresh_database() as database:
        for alias, role in (("default", "app"), ("admin", "migrator")):
            connections[alias].settings_dict.update(database.settings(role))
        with django_db_blocker.unblock():
            database.migrate()
            connections["admin"].close()
        yield database  # blocked again: a test that names no database fixture would leave its rows behind
        with django_db_blocker.unblock():
            for connection in connections.all():
                connection.close()


@pytest.fixture
def committed_db(django_db_setup: TestDatabase, django_db_blocker: Any) -> Iterator[TestDatabase]:
    """For tests that commit: triggers at commit, two connections, `on_commit`.

    Afterwards the owner empties every table, lifting the guards against TRUNCATE for that moment only,
    and puts back the rows that the migrations made.
    """
    with django_db_blocker.unblock():
        connections["default"].ensure_connection()
        yield django_db_setup
        for connection in connections.all(initialized_only=True):
            connection.close()
        cache.clear()
        django_db_setup.clean()


@pytest.fixture(autouse=True)
def sequencing_as_the_sequencer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that gives facts their places itself, or signs, takes the sequencer's role for that moment."""
    sequencing.patch(monkeypatch)


@pytest.fixture
def immediate() -> Callable[[], None]:
    """Call it to make deferred constraints and triggers speak now rather than at the end of the test."""

    def check() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    return check


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """What a process remembers (each with its bound in the product) must not answer for another test."""
    yield
    cache.clear()
    intake_catalogue._current = gate_known._current = None
    health._last = (-health.KEPT_FOR, health.Report())
    remembering._remembered.clear()
    queue_selectors._counted.clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that commit (races, triggers, feeds) are those in which servers differ, unless they say so."""
    for item in items:
        commits = "committed_db" in getattr(item, "fixturenames", ())
        if commits and item.get_closest_marker("any_server") is None:
            item.add_marker(pytest.mark.services)


def pytest_report_header() -> str:
    server = "DATABASE_ADMIN_URL" if os.environ.get("DATABASE_URL") else "its own, embedded"
    broker = "REDIS_URL" if os.environ.get("REDIS_URL") else "embedded"
    return f"countersign: PostgreSQL: {server}; broker: {broker}"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if "TEST_VAR_DIR" not in os.environ:
        import shutil

        with contextlib.suppress(OSError):
            shutil.rmtree(settings.VAR_DIR)
