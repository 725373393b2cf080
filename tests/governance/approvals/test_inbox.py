"""governance.approvals.inbox: what waits for whom is what the policies say, in few questions."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from audit.trail.actors import OPERATOR
from governance.access import services as access
from governance.approvals import inbox, policies
from governance.approvals.models import ApprovalRequest
from governance.approvals.selectors import requests_for
from governance.delegations import services as delegations
from tests import factories
from tests.governance.approvals.making import scene, sign

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


def can_sign(person: Any, request: ApprovalRequest, now: dt.datetime) -> bool:
    stage = inbox.stage_of(request)
    assert stage is not None
    counted = policies.counting(request)
    return (
        policies.why_not_sign(person, request, stage, now=now) is None
        and policies.why_signed_before(person, request, stage, counted) is None
    )


def test_agrees_with_the_policies_for_everybody_and_everything() -> None:
    now = timezone.now()
    here, there = scene(), scene()
    both = factories.person("risk_officer", "compliance_officer", name="Both")
    grouped = factories.person("risk_officer", name="Of the author's group")
    for person in (grouped, here.author):
        access.set_independence_group(person_id=person.pk, group="north", actor=OPERATOR, now=now)
    taker = factories.person(name="Taker")
    for giver in (here.risk, here.compliance, grouped):
        delegations.give(
            actor=factories.fresh(giver), to=taker, role=giver.assignments.get().role, system=None,
            begins_at=now - WEEK, ends_at=now + WEEK, reason="r", now=now,
        )  # fmt: skip
    here.request()
    here.request(environment="staging", now=now - WEEK)
    sign(there.request(), both)
    there.request(environment="development")
    people = [here.risk, here.compliance, here.owner, here.author, there.risk, both, grouped, taker]
    found = {}
    for person in map(factories.fresh, people):
        expected = {
            each.pk for each in requests_for(person) if each.state == "open" and can_sign(person, each, now)
        }
        found[person.name] = {each.pk for each in inbox.waiting_for(person, now=now)}
        assert found[person.name] == expected, person.name
    assert found["Taker"]
    assert found["Both"]
    assert len(found[grouped.name]) < len(found[here.compliance.name]) + 2


def test_asks_as_many_questions_for_many(django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        made = scene()
        for environment in ("production", "staging", "development"):
            made.request(environment=environment)
    signer = factories.fresh(factories.person("risk_officer"))

    with django_assert_max_num_queries(12):
        assert len(inbox.waiting_for(signer, now=timezone.now())) == 9
