"""GET /gate/answers and the counter of answers: what the gate said, narrowed and counted."""

import csv
import datetime as dt
import io
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from audit.trail.models import Event
from governance.access.roles import Role
from governance.gate import known, statements
from governance.gate.models import GateAnswer
from registry.catalog.models import ModelVersion
from tests.governance.gate.conftest import Said
from tests.registry.factories import (
    Caller,
    caller,
    make_model,
    make_person,
    make_system,
    make_version,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions() -> dict[str, ModelVersion]:
    """Three versions of two models of two systems."""
    fraud, claims = make_model(make_system("payments"), "fraud"), make_model(make_system("health"), "claims")
    return {
        "fraud 1.0": make_version(fraud, "1.0"),
        "fraud 2.0": make_version(fraud, "2.0"),
        "claims 1.0": make_version(claims, "1.0"),
    }


@pytest.fixture
def asked(versions: dict[str, ModelVersion], said: Said) -> list[str]:
    """Ids of answers, the first one first: two that allow, a denial, one about nothing known."""
    pipeline = caller("gate:read")
    for model, version, environment in (
        ("fraud", "1.0", "production"),
        ("fraud", "2.0", "staging"),
        ("claims", "1.0", "production"),
        ("nothing", "1.0", "production"),
    ):
        if model == "claims":
            said.approval = None
            known._current = None
        ask(pipeline, model, version, environment)
    return [str(id_) for id_ in GateAnswer.objects.order_by("pk").values_list("pk", flat=True)]


def ask(it: Caller, model: str, version: str, environment: str) -> str:
    answer = it.post("/gate", {"model": model, "version": version, "environment": environment})
    assert answer.status_code == 200, answer.content
    return str(answer.json()["decision"])


def listed(it: Caller, **query: str) -> list[str]:
    answer = it.get(f"/gate/answers?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, [3, 2, 1, 0]),
        ({"model": "fraud"}, [1, 0]),
        ({"model": "fraud", "version": "2.0"}, [1]),
        ({"version": "1.0"}, [2, 0]),
        ({"environment": "production"}, [3, 2, 0]),
        ({"environment": "production", "decision": "allow"}, [0]),
        ({"decision": "deny"}, [3, 2]),
        ({"decision": "warn"}, []),
        ({"model": "no-such"}, []),
    ],
)
def test_gives_what_the_filter_says(asked: list[str], query: dict[str, str], wanted: list[int]) -> None:
    everywhere = signed_in(make_person(Role.AUDITOR))

    assert listed(everywhere, **query) == [asked[n] for n in wanted]


def test_times_bound_it_to_the_moment_of_the_answer(asked: list[str]) -> None:
    everywhere = signed_in(make_person(Role.AUDITOR))
    hour = dt.timedelta(hours=1)
    before, after = (timezone.now() - hour).isoformat(), (timezone.now() + hour).isoformat()

    assert len(listed(everywhere, after=before, before=after)) == 4
    assert listed(everywhere, before=before) == listed(everywhere, after=after) == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"decision": "perhaps"}, "/decision"), ({"after": "yesterday"}, "/after"), ({"colour": "red"}, "")],
)
def test_refuses_what_it_does_not_know(asked: list[str], query: dict[str, str], pointer: str) -> None:
    answer = signed_in(make_person(Role.AUDITOR)).get(f"/gate/answers?{urlencode(query)}")

    assert answer.status_code in (400, 422), answer.content
    assert pointer in answer.content.decode()


def test_shows_nobody_what_lies_beyond_their_reach(
    asked: list[str], versions: dict[str, ModelVersion]
) -> None:
    payments = versions["fraud 1.0"].model.system

    assert listed(signed_in(make_person(Role.REVIEWER, on=payments))) == [asked[1], asked[0]]
    assert listed(caller("gate:read", on=[payments])) == [asked[1], asked[0]]
    assert listed(caller("gate:read", on=[payments]), model="claims") == []
    assert listed(signed_in(make_person())) == []


def test_the_filter_holds_for_the_file_too_which_is_an_event(asked: list[str]) -> None:
    auditor = make_person(Role.AUDITOR)

    answer = signed_in(auditor).get("/gate/answers?format=csv&decision=deny&environment=production")

    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["id"] for row in rows] == [asked[3], asked[2]]
    assert {row["decision"] for row in rows} == {"deny"}
    assert Event.objects.get(kind="audit.list.downloaded").actor == auditor.audit_ref


def counted(decision: str, environment: str) -> float:
    labels = {"decision": decision, "environment": environment}
    return REGISTRY.get_sample_value("countersign_gate_answers_total", labels) or 0.0


def test_every_answer_that_was_kept_is_counted_by_decision_and_kind(
    versions: dict[str, ModelVersion], said: Said
) -> None:
    pipeline = caller("gate:read")
    pairs = (("allow", "production"), ("deny", "production"), ("deny", "unknown"))
    before = [counted(*each) for each in pairs]

    ask(pipeline, "fraud", "1.0", "production"), ask(pipeline, "fraud", "1.0", "production")
    ask(pipeline, "no-such", "1.0", "production")
    ask(pipeline, "fraud", "1.0", "a-name-of-my-own")

    assert [counted(*each) - was for each, was in zip(pairs, before, strict=True)] == [2, 1, 1]
    assert counted("deny", "a-name-of-my-own") == 0


def test_an_answer_that_was_not_kept_is_not_counted(
    versions: dict[str, ModelVersion], said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any, **__: Any) -> bool:
        return False

    monkeypatch.setattr(statements, "keep", lost)
    before = counted("allow", "production")

    answer = caller("gate:read").post(
        "/gate", {"model": "fraud", "version": "1.0", "environment": "production"}
    )

    assert answer.status_code == 503
    assert counted("allow", "production") == before
