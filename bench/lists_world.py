"""Inside Django: makes what `bench.lists` multiplies, and measures the lists. Run by `manage.py shell`."""

import datetime as dt
import json
import time
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.trail import sequencer
from audit.trail.actors import OPERATOR
from governance.access.models import Person
from governance.evidence import services as evidence
from governance.evidence.reading import NewEvidence
from governance.gate import services as gate
from governance.gate.reading import Question
from governance.suspensions import services as suspensions
from governance.waivers import services as waivers
from registry.deployments import services as deployments
from tests import factories
from tests.governance.approvals import making

BACKEND = "governance.access.backend.RoleBackend"
CALLS = 4
WARM = 1


def make() -> None:
    """One of each thing that grows; prints the first people who look, by role."""
    now = timezone.now()
    factories.person("administrator")
    made = making.scene()
    about: dict[str, Any] = {"system_id": made.system.pk, "model": made.model, "version": made.version}
    report = NewEvidence("test-report", "Test report", "metric", metric={"recall": 0.9})
    evidence.add(**about, said=report, actor=OPERATOR, now=now)
    made.approved()
    asked = Question(environment="production", model=made.model.slug, version=made.version.version)
    gate.answer(question=asked, actor=made.owner, now=now)
    deployments.deploy(version_id=made.version.pk, environment="production", actor=OPERATOR, now=now)
    waivers.propose(
        version_id=made.version.pk, environment="production", requirement="revalidation", reason="Soon.",
        until=now + dt.timedelta(days=30), actor=made.owner, now=now,
    )  # fmt: skip
    stopped = {"system_id": made.system.pk, "model_id": made.model.pk, "version_id": made.version.pk}
    row = suspensions.suspend(**stopped, actor=OPERATOR, reason="Odd.", now=now)
    people = {
        "everywhere": factories.person("compliance_officer", "risk_officer", "auditor"),
        "one system": factories.person("risk_officer", "auditor", at=made.system),
    }
    lookers = {name: str(person.pk) for name, person in people.items()}
    things = {"system": made.system.slug, "model": made.model.slug, "version": made.version.version}
    print(json.dumps({"lookers": lookers, "things": things, "suspension": str(row.pk)}))


def place() -> None:
    """Give the events of `make` their places; only the sequencer's login may."""
    sequencer.integrate_all()


def measure(lookers: dict[str, str], addresses: list[str]) -> None:
    """By looker and list: status, statements of a small and a large page, the fastest call in seconds."""
    found: dict[str, Any] = {}
    for name, pk in lookers.items():
        client = Client(headers={"host": "127.0.0.1"}, raise_request_exception=False)
        client.force_login(Person.objects.get(pk=pk), backend=BACKEND)
        for address in addresses:
            found[f"{name} {address}"] = _one(client, address)
    print(json.dumps(found))


def _one(client: Client, address: str) -> dict[str, Any]:
    larger = address.replace("limit=5", "limit=200")
    for _ in range(WARM):
        status = _ask(client, larger)[0]
    statements = []
    for each in (address, larger):
        with CaptureQueriesContext(connection) as context:
            _ask(client, each)
        statements.append(len(context.captured_queries))
    slowest = max(context.captured_queries, key=lambda query: float(query["time"]), default={"sql": ""})
    fastest = min(_ask(client, larger)[1] for _ in range(CALLS))
    return {
        "status": status,
        "statements": statements,
        "seconds": fastest,
        "slowest": slowest["sql"][:3000],
        "slowest_seconds": float(slowest.get("time", 0)),
    }


def _ask(client: Client, address: str) -> tuple[int, float]:
    begun = time.perf_counter()
    response: Any = client.get(address)
    if response.streaming:
        b"".join(response.streaming_content)
    return response.status_code, time.perf_counter() - begun
