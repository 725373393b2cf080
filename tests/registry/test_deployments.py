"""registry.deployments.services: what is live, through the gate only, and what was."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.refusals import NotPermitted
from audit.trail import services as trail
from audit.trail.actors import OPERATOR
from audit.trail.models import Event
from governance.access.roles import Role
from registry.catalog.models import Model, ModelVersion
from registry.deployments import selectors, services
from registry.deployments.errors import AlreadyLive, GateDenied, NothingToRollBackTo
from registry.deployments.models import Deployment
from tests.registry.factories import make_key, make_model, make_person, make_system, make_version
from tests.registry.gates import gate, no_gate

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture
def versions() -> list[ModelVersion]:
    model = make_model(slug="fraud-screen")
    return [make_version(model, f"{n}.0") for n in range(1, 4)]


def deploy(version: ModelVersion, where: str = "production", actor: Any = OPERATOR, **at: Any) -> Deployment:
    now = at.get("now", timezone.now())
    return services.deploy(version_id=version.pk, environment=where, actor=actor, now=now)


def rollback(model: Model, where: str = "production", actor: Any = OPERATOR) -> Deployment:
    return services.rollback(model_id=model.pk, environment=where, actor=actor, now=timezone.now())


def live(model: Model, where: str = "production") -> str | None:
    version = selectors.live_version(model.pk, where)
    return version.version if version else None


def kinds() -> list[str]:
    rows = Event.objects.filter(entity_type="deployment").order_by("seq")
    return list(rows.values_list("kind", flat=True))


def test_makes_a_version_live_and_ends_the_former(
    versions: list[ModelVersion], immediate: Callable[[], None]
) -> None:
    with gate() as asked:
        first = deploy(versions[0])
        second = deploy(versions[1])

    first.refresh_from_db()
    assert (first.number, second.number, second.fallback) == (1, 2, first)
    assert first.ended_at == second.deployed_at
    assert live(first.model) == "2.0"
    assert asked == ["1.0", "2.0"]
    assert kinds() == ["registry.deployment.made", "registry.deployment.ended", "registry.deployment.made"]
    immediate()


def test_environments_do_not_touch_each_other(versions: list[ModelVersion]) -> None:
    with gate():
        deploy(versions[0])
        deploy(versions[1], "staging")
    assert (live(versions[0].model), live(versions[0].model, "staging")) == ("1.0", "2.0")


def test_refuses_what_is_live_already(versions: list[ModelVersion]) -> None:
    with gate():
        deploy(versions[0])
        with pytest.raises(AlreadyLive):
            deploy(versions[0])


@pytest.mark.parametrize("says", ["deny", "crash", "perhaps"])
def test_nothing_goes_live_that_the_gate_does_not_let_through(
    versions: list[ModelVersion], says: str, immediate: Callable[[], None]
) -> None:
    with gate({"2.0": says}):
        deploy(versions[0])
        with pytest.raises(GateDenied) as denied:
            deploy(versions[1])

    code = {"deny": "NOT_SIGNED"}.get(says, "GATE_FAILED")
    assert [reason.code for reason in denied.value.reasons] == [code]
    assert live(versions[0].model) == "1.0"
    assert kinds() == ["registry.deployment.made"]
    immediate()


def test_nothing_goes_live_without_a_gate(versions: list[ModelVersion]) -> None:
    with no_gate(), pytest.raises(GateDenied) as denied:
        deploy(versions[0])
    assert denied.value.members["reasons"][0]["code"] == "GATE_MISSING"


def test_a_gate_whose_statement_fails_leaves_the_transaction_usable(
    versions: list[ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    monkeypatch.setattr("registry.deployments.hooks.gate", fails)
    with pytest.raises(GateDenied, match="could not answer"):
        deploy(versions[0])
    assert not Deployment.objects.exists()


def test_keeps_what_the_gate_warned_of(versions: list[ModelVersion]) -> None:
    with gate(otherwise="warn"):
        row = deploy(versions[0])
    assert (row.gate_decision, row.gate_reasons[0]["code"]) == ("warn", "NOT_SIGNED")


def test_rolls_back_to_the_last_version_that_is_still_valid(
    versions: list[ModelVersion], immediate: Callable[[], None]
) -> None:
    with gate():
        for version in versions:
            deploy(version)
    with gate({"2.0": "deny"}) as asked:
        row = rollback(versions[0].model)

    assert asked == ["2.0", "1.0"]
    assert (row.version.version, row.kind, row.fallback) == ("1.0", "rollback", None)
    assert kinds()[-2:] == ["registry.deployment.ended", "registry.deployment.rolled_back"]
    immediate()


def test_rolling_back_twice_never_goes_forward(versions: list[ModelVersion]) -> None:
    model = versions[0].model
    with gate():
        for version in versions:
            deploy(version)
        assert rollback(model).version.version == "2.0"
        assert rollback(model).version.version == "1.0"
        with pytest.raises(NothingToRollBackTo):
            rollback(model)
        deploy(versions[2])
        assert rollback(model).version.version == "1.0"


def test_refuses_a_rollback_when_every_earlier_version_is_denied(versions: list[ModelVersion]) -> None:
    with gate():
        for version in versions:
            deploy(version)
    with gate(otherwise="deny"), pytest.raises(GateDenied, match=r"2\.0 cannot go live again"):
        rollback(versions[0].model)
    assert live(versions[0].model) == "3.0"


def test_refuses_a_rollback_where_nothing_is_live(versions: list[ModelVersion]) -> None:
    with gate(), pytest.raises(NothingToRollBackTo):
        rollback(versions[0].model)


def test_says_what_was_live_at_any_time(versions: list[ModelVersion]) -> None:
    hour = dt.timedelta(hours=1)
    with gate():
        for n, version in enumerate(versions):
            deploy(version, now=NOON + n * hour)

    def at(moment: dt.datetime) -> list[str]:
        rows = Deployment.objects.filter(selectors.live_at(moment))
        return [row.version.version for row in rows]

    assert at(NOON - hour) == []
    assert at(NOON) == ["1.0"]
    assert at(NOON + hour) == ["2.0"]
    assert at(NOON + 9 * hour) == ["3.0"]


def test_who_waited_with_an_earlier_time_follows_all_the_same(versions: list[ModelVersion]) -> None:
    with gate():
        deploy(versions[0], now=NOON)
        late = deploy(versions[1], now=NOON - dt.timedelta(seconds=1))
    assert late.deployed_at == NOON


def test_refuses_who_may_not(versions: list[ModelVersion]) -> None:
    system = versions[0].model.system
    strangers = (
        make_person(Role.RISK_OFFICER, on=system),
        make_person(Role.MODEL_OWNER, on=make_system()),
        make_key("gate:read", on=[system])[0],
    )
    with gate():
        for actor in strangers:
            with pytest.raises(NotPermitted):
                deploy(versions[0], actor=actor)
            with pytest.raises(NotPermitted):
                rollback(versions[0].model, actor=actor)
        assert deploy(versions[0], actor=make_person(Role.MODEL_OWNER, on=system)).number == 1


def test_a_key_of_some_environments_deploys_there_alone(versions: list[ModelVersion]) -> None:
    key, _ = make_key("registry:write")
    key.environments = ["staging"]
    with gate():
        with pytest.raises(NotPermitted, match="other environments"):
            deploy(versions[0], actor=key)
        assert deploy(versions[0], "staging", key).deployed_by == f"key:{key.pk}"


@pytest.mark.parametrize("act", ["deploy", "rollback"])
def test_a_trail_that_cannot_be_written_leaves_everything_as_it_was(
    versions: list[ModelVersion], act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("disk full")

    with gate():
        deploy(versions[0])
        deploy(versions[1])
        monkeypatch.setattr(trail, "_write", fail)
        with pytest.raises(RuntimeError, match="disk full"), transaction.atomic():
            deploy(versions[2]) if act == "deploy" else rollback(versions[0].model)

    assert live(versions[0].model) == "2.0"
    assert Deployment.objects.count() == 2


COPY = (
    "INSERT INTO registry_deployment SELECT (jsonb_populate_record(d, jsonb_build_object("
    "'id', gen_random_uuid(), 'event_version', 1, 'ended_at', null, {}))).* "
    "FROM registry_deployment d WHERE number = 2"
)


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        ("registry_one_live_version", COPY.format("'number', 3")),
        ("registry_deployment_follows", COPY.format("'number', 2")),
        ("registry_deployment_follows", COPY.format("'number', 4")),
        ("registry_deployment_follows", COPY.format("'number', 1, 'environment_id', 'staging'")),
        (
            "registry_deployment_of_own_model",
            COPY.format(
                "'number', 1, 'environment_id', 'staging', 'fallback_id', null, 'version_id', "
                "(SELECT v.id FROM registry_modelversion v WHERE v.version = 'foreign')"
            ),
        ),
        (
            "registry_gate_let_it_through",
            COPY.format("'number', 1, 'environment_id', 'staging', 'fallback_id', null, "
            "'gate_decision', 'deny'"),
        ),
        (
            "registry_known_deployment_kind",
            COPY.format("'number', 1, 'environment_id', 'staging', 'fallback_id', null, 'kind', 'x'"),
        ),
        (
            "audit_event_is_missing",
            COPY.format("'number', 1, 'environment_id', 'staging', 'fallback_id', null")
            + "; SET CONSTRAINTS ALL IMMEDIATE",
        ),
        (
            "registry_deployment_stands",
            "UPDATE registry_deployment SET ended_at = NULL, event_version = event_version + 1 "
            "WHERE number = 1",
        ),
        (
            "registry_deployment_stands",
            "UPDATE registry_deployment SET deployed_by = 'me', event_version = event_version + 1 "
            "WHERE number = 2",
        ),
        (
            "registry_deployment_ends_after_it_began",
            "UPDATE registry_deployment SET ended_at = '2000-01-01', event_version = event_version + 1 "
            "WHERE number = 2",
        ),
        (
            "audit_event_is_missing",
            "UPDATE registry_deployment SET ended_at = clock_timestamp(), event_version = event_version + 1 "
            "WHERE number = 2; SET CONSTRAINTS ALL IMMEDIATE",
        ),
        ("audit_facts_are_only_added|permission denied", "DELETE FROM registry_deployment"),
    ],
)  # fmt: skip
def test_the_database_refuses(versions: list[ModelVersion], constraint: str, statement: str) -> None:
    make_version(make_model(), "foreign")
    with gate():
        deploy(versions[0])
        deploy(versions[1])
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
