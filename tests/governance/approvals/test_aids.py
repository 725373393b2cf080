"""Policies, evidence, waivers and delegations: nothing without its event, and what PostgreSQL refuses."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from audit.trail import services as trail
from governance.access.models import Person
from governance.approvals import drafting
from governance.approvals.defaults import built_in
from governance.approvals.models import ApprovalPolicy
from governance.delegations import services as delegations
from governance.delegations.models import Delegation
from governance.evidence import services as evidence
from governance.evidence.models import Evidence
from governance.evidence.reading import NewEvidence
from governance.waivers import services as waivers
from governance.waivers.models import Waiver
from tests import factories
from tests.governance.approvals.making import Scene, scene

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


@pytest.fixture
def made() -> Scene:
    return scene()


def draft(by: Person) -> ApprovalPolicy:
    return drafting.draft(
        risk_class="high_risk",
        environment="production",
        body=built_in("high_risk", "production"),
        actor=by,
        now=timezone.now(),
    )


def prove(made: Scene, **given: Any) -> Evidence:
    said = NewEvidence(item="test-report", title="T", kind="metric", metric={"recall": 0.9}, **given)
    return evidence.add(
        system_id=made.system.pk, model=made.model, version=made.version, said=said, actor=made.owner,
        now=timezone.now(),
    )  # fmt: skip


def propose(made: Scene) -> Waiver:
    now = timezone.now()
    return waivers.propose(
        version_id=made.version.pk, environment="production", requirement="revalidation", reason="r",
        until=now + WEEK, actor=made.risk, now=now,
    )  # fmt: skip


def lend(made: Scene) -> Delegation:
    now = timezone.now()
    return delegations.give(
        actor=made.risk, to=made.owner, role="risk_officer", system=made.system, begins_at=now,
        ends_at=now + WEEK, reason="r", now=now,
    )  # fmt: skip


MAKERS: dict[str, tuple[Callable[[Scene], models.Model], type[models.Model]]] = {
    "policy": (lambda made: draft(made.compliance), ApprovalPolicy),
    "evidence": (prove, Evidence),
    "waiver": (propose, Waiver),
    "delegation": (lend, Delegation),
}


@pytest.mark.parametrize("what", sorted(MAKERS))
def test_a_trail_that_cannot_be_written_makes_nothing(
    made: Scene, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    make, kind = MAKERS[what]
    monkeypatch.setattr(trail, "record", _fail)

    with pytest.raises(RuntimeError, match="disk full"):
        make(made)

    assert not kind._default_manager.exists()


@pytest.mark.parametrize(
    "what", ["publish", "discard", "change", "approve", "refuse", "end waiver", "end loan"]
)
def test_a_trail_that_cannot_be_written_changes_nothing(
    made: Scene, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    policy, waiver, loan = draft(made.compliance), propose(made), lend(made)
    other, now = factories.person("compliance_officer"), timezone.now()
    body = {**built_in("high_risk", "production"), "valid_days": 3}
    acts: dict[str, Callable[[], object]] = {
        "publish": lambda: drafting.publish(policy_id=policy.pk, actor=other, now=now),
        "discard": lambda: drafting.discard(policy_id=policy.pk, actor=other, now=now),
        "change": lambda: drafting.change(policy_id=policy.pk, body=body, actor=other, now=now),
        "approve": lambda: waivers.approve(waiver_id=waiver.pk, actor=other, now=now),
        "refuse": lambda: waivers.refuse(waiver_id=waiver.pk, actor=other, now=now),
        "end waiver": lambda: waivers.end(waiver_id=waiver.pk, actor=other, now=now),
        "end loan": lambda: delegations.end(delegation_id=loan.pk, actor=made.risk, now=now),
    }
    before = _all()
    monkeypatch.setattr(trail, "record", _fail)

    with pytest.raises(RuntimeError, match="disk full"):
        acts[what]()

    assert _all() == before


def test_a_policy_is_published_by_a_second_person_also_by_sql(made: Scene) -> None:
    policy = draft(made.compliance)
    statement = (
        "UPDATE governance_approvalpolicy SET state = 'published', published_by = %s, published_at = now(), "
        "event_version = event_version + 1 WHERE id = %s"
    )

    refused("governance_approval_policy_has_second_person", statement, made.compliance.audit_ref, policy.pk)


def test_what_was_published_stands(made: Scene) -> None:
    policy = draft(made.compliance)
    drafting.publish(policy_id=policy.pk, actor=factories.person("compliance_officer"), now=timezone.now())
    statement = (
        "UPDATE governance_approvalpolicy SET body = '{}', event_version = event_version + 1 WHERE id = %s"
    )

    refused("governance_approval_policy_stands", statement, policy.pk)


def test_evidence_stands(made: Scene) -> None:
    statement = "UPDATE governance_evidence SET title = 'x', event_version = event_version + 1 WHERE id = %s"

    refused("governance_evidence_stands", statement, prove(made).pk)


def test_nobody_approves_their_own_waiver_by_sql(made: Scene) -> None:
    statement = (
        "UPDATE governance_waiver SET state = 'approved', decided_by = created_by, decided_at = now(), "
        "event_version = event_version + 1 WHERE id = %s"
    )

    refused("governance_waiver_has_second_person", statement, propose(made).pk)


def test_a_waiver_is_not_stretched(made: Scene) -> None:
    statement = (
        "UPDATE governance_waiver SET until = until + interval '9 years', "
        "event_version = event_version + 1 WHERE id = %s"
    )

    refused("governance_waiver_stands", statement, propose(made).pk)


def test_a_delegation_is_not_stretched_nor_turned(made: Scene) -> None:
    loan = lend(made)
    for change in (
        "ends_at = ends_at + interval '9 years'",
        "role = 'compliance_officer'",
        "taker_id = giver_id",
    ):
        statement = (
            f"UPDATE governance_delegation SET {change}, event_version = event_version + 1 WHERE id = %s"
        )
        refused("governance_delegation", statement, loan.pk)


def test_a_newer_revision_follows_and_the_older_stays(made: Scene) -> None:
    first, second = prove(made), prove(made, note="again")

    assert (first.revision, second.revision) == (1, 2)
    assert Evidence.objects.count() == 2


def _fail(**_given: Any) -> None:
    raise RuntimeError("disk full")


def _all() -> list[Any]:
    kinds = (ApprovalPolicy, Waiver, Delegation)
    return [list(kind._default_manager.order_by("pk").values()) for kind in kinds]


def refused(name: str, statement: str, *parameters: Any) -> None:
    with pytest.raises(DatabaseError, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
