"""`?wait=` on the feed of events: an answer as soon as there is something to say."""

import threading
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.trail import sequencer
from audit.trail.actors import OPERATOR
from audit.trail.models import Feed
from governance.access import services
from tests import factories

pytestmark = pytest.mark.usefixtures("committed_db")


def test_waits_for_the_next_event(committed_db: Any) -> None:
    person = factories.person("auditor")
    _, secret = factories.token(person)
    sequencer.integrate_all()
    client = Client()
    cursor = client.get("/api/v1/audit/events", **factories.bearer(secret)).json()["cursor"]

    def later() -> None:
        time.sleep(0.4)
        try:
            services.create_person(
                email="late@example.org",
                name="",
                password=factories.PASSWORD,
                actor=OPERATOR,
                now=timezone.now(),
            )
            sequencer.integrate(Feed.EVENTS)
        finally:
            from django.db import connection

            connection.close()

    thread = threading.Thread(target=later)
    thread.start()
    began = time.monotonic()
    answer = client.get(f"/api/v1/audit/events?after={cursor}&wait=10", **factories.bearer(secret)).json()
    thread.join()

    assert [event["kind"] for event in answer["results"]] == ["access.person.created"]
    assert 0.3 < time.monotonic() - began < 5
